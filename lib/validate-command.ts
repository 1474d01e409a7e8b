import { openConnection } from './connection.ts';
import { limitedTo } from './deploy-command.ts';
import { loadDeployment } from './deployment.ts';
import { EXIT, UserError } from './exit-codes.ts';
import { findingLine, hostTable, summaryJson, summaryLine } from './findings.ts';
import type { Terminal } from './listeners.ts';
import type { Given, Option } from './options.ts';
import { loadSecrets } from './secrets.ts';
import { writeSshConfig } from './ssh-config.ts';
import { validate } from './validate.ts';

/** The options of `scripts/validate.mjs`. */
export const VALIDATE_OPTIONS = {
  profile: { value: 'FILE', help: 'the manifest' },
  limit: { value: 'HOST,…', help: 'ask these hosts of the profile only' },
  only: { value: 'GROUP,…', help: 'ask these groups or ids of checks only' },
  json: { help: 'one JSON object a line on standard output, and nothing else there' },
  verbose: { help: 'also show what was seen where a check passes' },
  help: { help: 'this text' },
} as const satisfies Record<string, Option>;

/**
 * Validates a deployment and prints what was found.
 * @returns the exit code: 0 nothing failed, 5 something did, 4 no host could be reached
 * @throws UserError or ProfileError with exit code 2 for wrong options, a wrong profile, or secrets that are missing
 */
export async function runValidate(
  given: Given<typeof VALIDATE_OPTIONS>,
  terminal: Terminal,
): Promise<number> {
  if (given.profile === undefined)
    throw new UserError('Give --profile FILE. See --help.', EXIT.usage);
  const deployment = loadDeployment(given.profile);
  const hosts = limitedTo(deployment, given.limit);
  const secrets = existingSecrets(deployment);
  const sshConfig = writeSshConfig(deployment);
  const style = { colour: terminal.colour && !given.json, verbose: terminal.verbose };
  if (!given.json) {
    const names = hosts.map(({ name }) => name).join(', ');
    terminal.err(`${deployment.name}: asking ${names}; nothing is changed\n`);
  }
  const { counts, milliseconds, exitCode } = await validate({
    deployment,
    secrets,
    hosts,
    ...(given.only !== undefined && { only: given.only.split(',').map((word) => word.trim()) }),
    open: (host) => openConnection(host, sshConfig),
    ...(given.json
      ? { onFinding: (finding) => terminal.out(findingLine(finding)) }
      : { onHost: (name, findings) => terminal.out(`${hostTable(name, findings, style)}\n`) }),
  });
  terminal.out(
    given.json
      ? summaryJson(counts, milliseconds)
      : summaryLine(counts, milliseconds, style.colour),
  );
  return exitCode;
}

/** The secrets in use. Validation makes none up: with new ones it would ask for a deployment that does not exist. */
function existingSecrets(
  deployment: ReturnType<typeof loadDeployment>,
): ReturnType<typeof loadSecrets> {
  try {
    return loadSecrets(deployment, { create: false });
  } catch (error) {
    throw new UserError((error as Error).message, EXIT.usage);
  }
}
