import { membersOf } from '../membership.ts';
import type { Rule } from './rule.ts';

/** Provider and Middleman of one profile go together: each with a key of its own, and one idea of the least stake. */
export const applicationsFit: Rule = (profile, report) => {
  const { provider, middleman, secrets } = profile;
  const both = (['provider_hosts', 'middleman_hosts'] as const).every(
    (group) => membersOf(profile, group).length > 0,
  );
  if (!both) return;
  const key = secrets.middleman_app_identity;
  if (key !== undefined && key === secrets.app_identity) {
    const expected = 'is app_identity too: Provider and Middleman need keys of their own';
    report(['secrets', 'middleman_app_identity'], expected);
  }
  const buffer = middleman?.minimum_stake_buffer_upokt;
  if (provider && buffer !== undefined && buffer !== provider.minimum_stake_buffer_upokt) {
    report(
      ['middleman', 'minimum_stake_buffer_upokt'],
      `expected provider.minimum_stake_buffer_upokt, ${provider.minimum_stake_buffer_upokt}: a Middleman drops Providers that ask for more than it does`,
    );
  }
};
