import { setTimeout as sleep } from 'node:timers/promises';
import { type Deployment, type Host, loadDeployment } from '../deployment.ts';
import { EXIT, UserError } from '../exit-codes.ts';
import { openConnection } from '../run/connection.ts';
import { writeSshConfig } from '../run/ssh-config.ts';
import { CHECK_GROUPS } from '../validation/check.ts';
import { FORMATS } from '../validation/finding-formats.ts';
import {
  type FailOn,
  type FindingsStyle,
  findingLine,
  hostTable,
  summaryJson,
  summaryLine,
} from '../validation/findings.ts';
import { planValidation, type ValidateOptions, type Validation } from '../validation/validate.ts';
import { limitedTo } from './deploy-command.ts';
import { existingSecrets } from './existing-secrets.ts';
import type { Terminal } from './listeners.ts';
import type { Given, Option } from './options.ts';

/** The options of `scripts/validate.mjs`. */
export const VALIDATE_OPTIONS = {
  profile: { value: 'FILE', help: 'the profile' },
  limit: { value: 'HOST,…', help: 'ask these hosts of the profile only' },
  only: {
    value: 'GROUP,…',
    help: `ask these groups or ids of checks only; the groups are ${CHECK_GROUPS.join(', ')}`,
  },
  relay: {
    help: 'also prove a relay of every service through the public URL, with simulated ones: no stake, no charge',
  },
  json: { help: 'one JSON object a line on standard output, and nothing else there' },
  junit: { help: 'JUnit XML on standard output instead of a table' },
  tap: { help: 'TAP on standard output instead of a table' },
  markdown: { help: 'a Markdown table on standard output' },
  alert: { help: 'send a test alert to whoever is told of alerts, and see whether it is accepted' },
  watch: { value: 'SECONDS', help: 'ask again until nothing fails, for at most so long' },
  'fail-on': { value: 'VERDICT', help: 'what counts as not ready: fail (the default) or warn' },
  verbose: { help: 'also show what was seen where a check passes, and how long each took' },
  help: { help: 'this text' },
} as const satisfies Record<string, Option>;

/**
 * Validates a deployment and prints what was found.
 * @returns the exit code: 0 ready; 1 not ready; 2 could not tell
 * @throws UserError or ProfileError with exit code 2 for wrong options, a wrong profile, or secrets that are missing
 */
export async function runValidate(
  given: Given<typeof VALIDATE_OPTIONS>,
  terminal: Terminal,
): Promise<number> {
  if (given.profile === undefined)
    throw new UserError('Give --profile FILE. See --help.', EXIT.usage);
  const { format, failOn, watchSeconds } = readOptions(given);
  const deployment = loadDeployment(given.profile);
  const hosts = limitedTo(deployment, given.limit);
  if (given.alert) refuseInVain(deployment, hosts, watchSeconds);
  const only = given.only?.split(',').map((word) => word.trim());
  const secrets = existingSecrets(deployment);
  const sshConfig = writeSshConfig(deployment);
  const style = { colour: terminal.colour && format === 'table', verbose: terminal.verbose };
  const names = hosts.map(({ name }) => name).join(', ');
  const relayed = deployment.group('relay_relayers').some((relayer) => hosts.includes(relayer));
  const relayWanted = only?.some((word) => /^relay(\.|$)/.test(word)) === true;
  const ask = planValidation({
    deployment,
    secrets,
    hosts,
    failOn,
    ...(given.alert && { alert: true }),
    relay: given.relay === true || (relayWanted && relayed),
    ...(only && { only: given.alert ? [...only, 'monitoring.alert-path'] : only }),
    open: (host) => openConnection(host, sshConfig),
    ...(watchSeconds === 0 && listenerOf(format, style, terminal)),
  });
  if (format !== 'json') terminal.err(`${deployment.name}: asking ${names}; nothing is changed\n`);
  const found = await untilReady(ask, watchSeconds, (early) =>
    terminal.err(summaryLine(early.answer, early.counts, early.milliseconds, style.colour)),
  );
  const { findings, answer, counts, milliseconds } = found;
  if (watchSeconds > 0) {
    const told = listenerOf(format, style, terminal);
    for (const finding of findings) told.onFinding?.(finding);
    for (const [host, mine] of Map.groupBy(findings, (one) => one.host)) told.onHost?.(host, mine);
  }
  if (format === 'json') terminal.out(summaryJson(answer, counts, milliseconds));
  else if (format === 'table')
    terminal.out(summaryLine(answer, counts, milliseconds, style.colour));
  else terminal.out(FORMATS[format](findings, milliseconds, failOn));
  return found.exitCode;
}

type Format = 'table' | 'json' | keyof typeof FORMATS;

function readOptions(given: Given<typeof VALIDATE_OPTIONS>): {
  format: Format;
  failOn: FailOn;
  watchSeconds: number;
} {
  const formats = (['json', 'junit', 'tap', 'markdown'] as const).filter((name) => given[name]);
  if (formats.length > 1) {
    throw new UserError(`--${formats.join(' and --')}: give one of them`, EXIT.usage);
  }
  const failOn = given['fail-on'] ?? 'fail';
  if (failOn !== 'fail' && failOn !== 'warn') {
    throw new UserError(`--fail-on ${failOn}: expected fail or warn`, EXIT.usage);
  }
  const watchSeconds = Number(given.watch ?? 0);
  if (!Number.isInteger(watchSeconds) || watchSeconds < 0) {
    throw new UserError(`--watch ${given.watch}: expected a number of seconds`, EXIT.usage);
  }
  return { format: formats[0] ?? 'table', failOn, watchSeconds };
}

/** Throws UserError when a test alert could reach nobody, or would be sent again and again. */
function refuseInVain(
  { profile, group }: Pick<Deployment, 'profile' | 'group'>,
  hosts: readonly Host[],
  watchSeconds: number,
): void {
  const why =
    profile.monitoring.alerts.length === 0
      ? 'nobody is told of alerts; monitoring.alerts in the profile says who is'
      : !group('monitoring_hosts').some((monitor) => hosts.includes(monitor))
        ? 'none of these hosts is in monitoring_hosts'
        : watchSeconds > 0
          ? 'with --watch, people would be told again and again'
          : undefined;
  if (why !== undefined) throw new UserError(`--alert: ${why}`, EXIT.usage);
}

const PAUSE_MILLISECONDS = 3000;

/** Asks again until the deployment is ready or the time is over, telling after each time but the last. */
async function untilReady(
  ask: () => Promise<Validation>,
  seconds: number,
  tell: (early: Validation) => void,
): Promise<Validation> {
  const deadline = performance.now() + seconds * 1000;
  for (;;) {
    const found = await ask();
    if (found.exitCode === EXIT.done) return found;
    if (performance.now() + PAUSE_MILLISECONDS > deadline) return found;
    tell(found);
    await sleep(PAUSE_MILLISECONDS);
  }
}

/** Tells findings as they come, in the formats that allow for it. */
function listenerOf(
  format: Format,
  style: FindingsStyle,
  terminal: Terminal,
): Pick<ValidateOptions, 'onFinding' | 'onHost'> {
  if (format === 'json') return { onFinding: (finding) => terminal.out(findingLine(finding)) };
  if (format !== 'table') return {};
  return { onHost: (host, findings) => terminal.out(`${hostTable(host, findings, style)}\n`) };
}
