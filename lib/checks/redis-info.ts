import type { ProbeResult, Verdict } from '../validation/check.ts';
import { excerpt, fail, lastWords } from '../validation/verdict.ts';

/**
 * Judges the answers to AUTH, INFO and QUIT. What did not log in, or is no Redis, has failed.
 * @param welcome what the first answer is when all is well: that of AUTH, or of PING where there is no password
 */
export function infoVerdict(
  result: ProbeResult,
  judge: (info: Map<string, string>) => Verdict,
  welcome: '+OK' | '+PONG' = '+OK',
): Verdict {
  const [login = '', ...lines] = result.output.split('\r\n');
  const refused = welcomeRefusal(login, welcome, result);
  if (refused !== undefined) return fail(refused);
  const fields = lines.flatMap((line): [string, string][] => {
    const colon = line.indexOf(':');
    return colon > 0 ? [[line.slice(0, colon), line.slice(colon + 1)]] : [];
  });
  if (!lines.includes('# Server')) return fail(`INFO answers: ${excerpt(lines.join(' '))}`);
  return judge(new Map(fields));
}

/**
 * Why somebody is not logged in, by the first answer.
 * @param welcome what it is when all is well
 * @returns `undefined` where all is well
 */
export function welcomeRefusal(
  first: string,
  welcome: '+OK' | '+PONG',
  result: ProbeResult,
): string | undefined {
  if (first === '') return `no answer: ${lastWords(result)}`;
  if (first.startsWith('-NOAUTH')) return 'it wants a password: secrets.redis_password';
  if (first === welcome) return undefined;
  return first.startsWith('-')
    ? `the password in use is refused: ${excerpt(first.slice(1))}`
    : `not Redis: ${excerpt(first)}`;
}
