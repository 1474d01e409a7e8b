import { rolesOf } from '../membership.ts';
import { ROLE_NEEDS, type RoleName } from '../roles.ts';
import type { Path } from '../tree.ts';
import type { Rule } from './rule.ts';

/** An `order` of the operator's own names every role that is needed, once, each after what it needs. */
export const orderIsPossible: Rule = (profile, report) => {
  if (!profile.order) return;
  const placed = new Map<RoleName, { stage: number; path: Path }>();
  profile.order.forEach((stage, index) => {
    const roles = typeof stage === 'string' ? [stage] : stage;
    roles.forEach((role, position) => {
      const path = typeof stage === 'string' ? ['order', index] : ['order', index, position];
      if (placed.has(role)) report(path, `"${role}" is listed twice`);
      else placed.set(role, { stage: index, path });
    });
  });
  const needed = new Set(Object.keys(profile.hosts).flatMap((host) => rolesOf(profile, host)));
  for (const role of needed) {
    const own = placed.get(role);
    if (!own) {
      report(['order'], `"${role}" is missing, although a host needs it`);
      continue;
    }
    for (const need of ROLE_NEEDS[role]) {
      const other = placed.get(need);
      if (needed.has(need) && other && other.stage >= own.stage) {
        report(own.path, `"${role}" must come in a later stage than "${need}"`);
      }
    }
  }
};
