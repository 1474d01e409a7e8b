import { quote } from '../shell.ts';
import { shortPath } from '../short-path.ts';
import type { ReportInput } from './input.ts';
import { blocks, commands } from './markdown.ts';
import { fromReport, script } from './place.ts';
import { ssh } from './tunnel.ts';

/** The commands that come next. */
export function next({ deployment }: ReportInput): string {
  const { profilePath, hosts } = deployment;
  const { relay_public_domain: relays, relayminer } = deployment.profile;
  if (profilePath === undefined) return '';
  const profile = quote(shortPath(profilePath));
  const cli = deployment.group('pocket_cli_hosts');
  return blocks(
    '## Next commands',
    'See what a change of the profile would do, then do it:',
    commands(
      `${script('deploy')} --profile ${profile} --dry-run`,
      `${script('deploy')} --profile ${profile}`,
    ),
    'Ask whether everything works, and write this report anew:',
    commands(`${script('report')} --profile ${profile} --validate`),
    ...(relays !== undefined && relayminer?.simulation.enabled
      ? [
          'Before you stake: prove a relay of every service from end to end, through the public URL, without a stake and without a charge:',
          commands(`${script('validate')} --profile ${profile} --relay`),
        ]
      : []),
    ...(cli.length > 0
      ? [
          'Ask the chain with pocketd, which has no wallet there:',
          commands(
            ...cli.map((host) =>
              host.local ? 'pocketd status' : ssh(deployment, host).concat(' pocketd status'),
            ),
          ),
        ]
      : []),
    hosts.some(({ local }) => !local) ? 'Log in to a host:' : '',
    hosts.some(({ local }) => !local)
      ? commands(...hosts.filter(({ local }) => !local).map((host) => ssh(deployment, host)))
      : '',
    `How to restore a backup, upgrade an image, add or take away a host, and rotate a secret is in [docs/operations.md](${fromReport(deployment, 'docs/operations.md')}).`,
  );
}
