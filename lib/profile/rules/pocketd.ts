import { membersOf } from '../membership.ts';
import { pocketdChecksums } from '../pocketd-releases.ts';
import type { Rule } from './rule.ts';

/** What is downloaded can be told from something else: its sha256 is known, or the profile says it. */
export const pocketdIsPinned: Rule = (profile, report) => {
  const hosts = membersOf(profile, 'pocket_cli_hosts');
  if (hosts.length === 0) return;
  const known = pocketdChecksums(profile.pocketd);
  const missing = `missing: the sha256 of ${profile.pocketd.version} is not known here, see release_checksum of that release`;
  if (!known.amd64 && !known.arm64) report(['pocketd', 'sha256'], missing);
  else {
    for (const name of hosts) {
      const host = profile.hosts[name];
      const architecture = typeof host === 'object' ? host.architecture : undefined;
      if (!architecture || known[architecture]) continue;
      report(['pocketd', 'sha256', architecture], `${missing}; hosts.${name} is ${architecture}`);
      break;
    }
  }
};
