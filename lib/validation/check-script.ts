import { unescape as percentDecoded } from 'node:querystring';
import { ownText } from '../own-files.ts';
import type { SecretValue } from '../run/compile.ts';
import { quote } from '../shell.ts';
import type { Check, ProbeResult } from './check.ts';

const prelude = ownText('lib/validation/check-prelude.bash');
/** Long enough for a command in a container on a host of two cores that has just started everything. */
const DEFAULT_SECONDS = 20;
/** What the script itself keeps; a host that tells more is not believed more. */
const LONGEST_OUTPUT = 65_536;
const LONGEST_ERRORS = 2048;

/** The checks of one host as one script. */
export interface CheckScript {
  /** What runs on the host, without any secret; {@link checkHeader} goes before it. */
  text: string;
  /** The checks that each probe answers, by the probe's index. */
  probes: readonly (readonly Check[])[];
}

/**
 * Compiles the checks of one host to one script, which asks them side by side. Checks with the same probe are asked
 * once. Nothing runs before the last line has arrived.
 * @throws TypeError when a secret stands in a probe, since shell can end up in process lists.
 */
export function compileChecks(
  title: string,
  checks: readonly Check[],
  secrets: readonly SecretValue[],
): CheckScript {
  const byProbe = Map.groupBy(checks, (check) => `${secondsOf(check)} ${check.probe.text}`);
  // The longest come first: all of them together then take hardly longer than the longest.
  const probes = [...byProbe.values()].sort((a, b) => secondsOf(b[0]!) - secondsOf(a[0]!));
  const functions = probes.map(([check], index) => {
    const leaked = secrets.find(({ value }) => check!.probe.text.includes(value));
    if (leaked) throw new TypeError(`${check!.id}: the secret ${leaked.name} stands in the probe`);
    return `probe_${index}() {\n${check!.probe.text}\n}`;
  });
  const limits = probes.map(([check]) => secondsOf(check!));
  const lists = functions.some((body) => body.includes('$(container ')) ? 'list_containers\n' : '';
  const text = `# ${title}\n${prelude}\n${functions.join('\n')}\n${lists}main ${limits.join(' ')}\n`;
  return { text, probes };
}

/** What goes before a script that is sent: the nonce of its lines, and those secrets that its probes use. */
export function checkHeader(
  script: CheckScript,
  nonce: string,
  secrets: readonly SecretValue[],
): string {
  const named = new Set(script.probes.flat().flatMap((check) => check.secrets ?? []));
  const used = secrets.filter(
    ({ name }) => named.has(name) || script.text.includes(`@{secret:${name}}`),
  );
  return [
    `NONCE=${quote(nonce)}`,
    ...used.map(({ name, value }) => `${name}=${quote(value)}`),
    `secret_names=${quote(used.map(({ name }) => name).join(' '))}`,
    '',
  ].join('\n');
}

/** One line of a script: the answer of a probe, or the end. */
export type CheckLine = { index: number; result: ProbeResult } | 'end';

/** Reads a line of a script; `undefined` for what is not of its making, such as the noise of a login. */
export function readCheckLine(line: string, nonce: string): CheckLine | undefined {
  const [mark, index, status, milliseconds, output, errors] = line.split(' ');
  if (mark !== nonce) return undefined;
  if (index === 'end') return 'end';
  const code = Number(status);
  const said = decoded(errors).slice(0, LONGEST_ERRORS);
  const why = whyNotRun(code);
  return {
    index: /^\d+$/.test(index ?? '') ? Number(index) : -1,
    result: {
      ran: why === undefined,
      status: code,
      output: decoded(output).slice(0, LONGEST_OUTPUT),
      errors: why === undefined ? said : said.trim() || why,
      milliseconds: /^\d{1,9}$/.test(milliseconds ?? '') ? Number(milliseconds) : 0,
    },
  };
}

/** What `encoded` of the script has made of a text. */
function decoded(text = ''): string {
  return text.startsWith('%')
    ? percentDecoded(text.slice(1))
    : Buffer.from(text, 'base64').toString();
}

/** The result of a probe about which the script told nothing. */
export function unanswered(reason: string): ProbeResult {
  return { ran: false, status: -1, output: '', errors: reason, milliseconds: 0 };
}

/** The statuses with which bash and `timeout` tell that a command was not there, or not ended by itself. */
function whyNotRun(status: number): string | undefined {
  if (status === 124) return 'no answer in time';
  if (status === 126) return 'a program it needs cannot be run on the host';
  if (status === 127) return 'a program it needs is not on the host';
  return Number.isInteger(status) && status >= 0 ? undefined : 'no exit status';
}

/** Within how many seconds a check has to be answered. */
export function secondsOf(check: Check): number {
  return check.timeoutSeconds ?? DEFAULT_SECONDS;
}
