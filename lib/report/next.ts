import { quote } from '../shell.ts';
import { shortPath } from '../short-path.ts';
import type { ReportInput } from './input.ts';
import { blocks, commands } from './markdown.ts';
import { ssh } from './tunnel.ts';

/** The commands that come next. */
export function next({ deployment }: ReportInput): string {
  const { profilePath, hosts } = deployment;
  if (profilePath === undefined) return '';
  const profile = quote(shortPath(profilePath));
  const cli = deployment.group('pocket_cli_hosts');
  return blocks(
    '## Next commands',
    'See what a change of the profile would do, then do it:',
    commands(
      `scripts/deploy.mjs --profile ${profile} --dry-run`,
      `scripts/deploy.mjs --profile ${profile}`,
    ),
    'Ask whether everything works, and write this report anew:',
    commands(`scripts/report.mjs --profile ${profile} --validate`),
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
  );
}
