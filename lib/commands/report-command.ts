import { type Deployment, loadDeployment } from '../deployment.ts';
import { EXIT, UserError } from '../exit-codes.ts';
import { writeReport } from '../report/write.ts';
import { openConnection } from '../run/connection.ts';
import { writeSshConfig } from '../run/ssh-config.ts';
import type { Secrets } from '../secrets/secrets.ts';
import { shortPath } from '../short-path.ts';
import { hostTable, summaryLine } from '../validation/findings.ts';
import { type Validation, validate } from '../validation/validate.ts';
import { existingSecrets } from './existing-secrets.ts';
import type { Terminal } from './listeners.ts';
import type { Given, Option } from './options.ts';

/** The options of `scripts/report.mjs`. */
export const REPORT_OPTIONS = {
  profile: { value: 'FILE', help: 'the profile' },
  validate: { help: 'ask the hosts first, and report what was found' },
  help: { help: 'this text' },
} as const satisfies Record<string, Option>;

/**
 * Writes the report of a profile and prints the paths of what it wrote.
 * @returns the exit code: 0, or with `--validate` that of validation
 * @throws UserError or ProfileError with exit code 2 for a wrong profile or secrets that are missing
 */
export async function runReport(
  given: Given<typeof REPORT_OPTIONS>,
  terminal: Terminal,
): Promise<number> {
  if (given.profile === undefined)
    throw new UserError('Give --profile FILE. See --help.', EXIT.usage);
  const deployment = loadDeployment(given.profile);
  const secrets = existingSecrets(deployment);
  const found = given.validate ? await ask(deployment, secrets, terminal) : undefined;
  const paths = writeReport({
    deployment,
    secrets,
    ...(found && { findings: found.findings }),
  });
  terminal.out(paths.map((path) => `${shortPath(path)}\n`).join(''));
  return found?.exitCode ?? EXIT.done;
}

/** Validates, and tells on the way what did not pass. */
async function ask(
  deployment: Deployment,
  secrets: Secrets,
  terminal: Terminal,
): Promise<Validation> {
  const sshConfig = writeSshConfig(deployment);
  const style = { colour: terminal.colour, verbose: terminal.verbose };
  const found = await validate({
    deployment,
    secrets,
    open: (host) => openConnection(host, sshConfig),
    onHost: (host, findings) => {
      const open = findings.filter(({ verdict }) => verdict !== 'pass');
      if (open.length > 0) terminal.err(hostTable(host, open, style));
    },
  });
  terminal.err(summaryLine(found.answer, found.counts, found.milliseconds, style.colour));
  return found;
}
