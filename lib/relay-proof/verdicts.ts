import type { Verdict } from '../validation/check.ts';
import { excerpt, fail, pass, skip, warn } from '../validation/verdict.ts';
import type { Answers, Changes, Said } from './answers.ts';
import type { Mode, Question } from './questions.ts';

/** What to do about what cannot be told without a relay. */
const FIRST = 'mend the relays first';

/** What to do about a relay that fails, by what failed. */
export interface RelayFixes {
  backend: string;
  keys: string;
  way: string;
}

/**
 * Judges what the client said about one relay. Source of its words: pocket-relay-miner, cmd/relay/common.go and grpc.go,
 * v0.1.x and commit ad37bcbd.
 * @param sole whether there is one relayer only, so that what its counters tell is about these relays
 */
export function relayVerdict(
  { service, transport, mode, url }: Question,
  { relays, changes }: Answers,
  index: number,
  sole: boolean,
  fixes: RelayFixes,
): Verdict {
  if (!mode)
    return skip(
      `the client of the RelayMiner image has none for ${transport}`,
      `scripts/validate.mjs --only backends.${service}.${transport} asks the node itself`,
    );
  const said = relays.get(index);
  if (!said) return fail('it was not made: the probe ended before', fixes.way);
  const { status, milliseconds, text } = said;
  if (status === 0 && isValid(text)) return pass(`${url}: ${milliseconds} ms, signature valid`);
  const why = reasonOf(said);
  if (isUnknownMethod(mode, text))
    return pass(
      `${url}: ${milliseconds} ms, signed; the backend does not know the client’s method`,
    );
  if (isSigned(text)) return fail(why, fixes.backend);
  if (isNewcomer(text)) return newcomerVerdict(why, sole ? changes : undefined, relays);
  if (/simulation rejected|HTTP 40[13]\b/.test(text)) return fail(why, fixes.keys);
  if (/HTTP 50\d/.test(text)) return fail(why, fixes.backend);
  return fail(why, fixes.way);
}

/** Whether the client says that all is well: the word VALID is in INVALID as well. */
function isValid(text: string): boolean {
  return /\bSUCCESS\b/.test(text) && /^Signature:.*\bVALID\b/m.test(text);
}

/** Whether the client came to the backend's answer, before which it verifies the signature. */
function isSigned(text: string): boolean {
  return /^Error: (?:relay response contains error|gRPC relay verification failed): /m.test(text);
}

/**
 * Whether a signed answer says that the backend lacks the method that the client asks for: over gRPC its demo's, over
 * JSON-RPC and WebSocket eth_blockNumber, which only EVM nodes have. Every CometBFT node has `status`. Some nodes say
 * so with an HTTP status from 400 on, of which the client shows the body.
 */
function isUnknownMethod(mode: Mode, text: string): boolean {
  if (!isSigned(text)) return false;
  if (mode === 'grpc') return /grpc-status "?12"? is non-zero/.test(text);
  if (mode === 'cometbft') return false;
  return /: JSON-RPC error -32601:|: backend HTTP 4\d\d: .*"code"\s*:\s*-32601\b/s.test(text);
}

/** Whether the answer came, and only the chain lacks the key to verify it with: an account has one once it sent something. */
function isNewcomer(text: string): boolean {
  return (
    /signature verification failed:/.test(text) &&
    /public key|pub_?key|account|not found/i.test(text) &&
    !/invalid signature/i.test(text)
  );
}

function newcomerVerdict(
  why: string,
  changes: Changes | undefined,
  relays: Answers['relays'],
): Verdict {
  const fix = 'nothing before staking: the account’s first transaction brings its public key';
  const answered = [...relays.values()].filter(
    ({ status, text }) => status === 0 || isNewcomer(text),
  ).length;
  return changes && changes.simulated >= answered
    ? warn(`answered and signed, as the relayer counts, but not verified: ${why}`, fix)
    : skip(`answered, but not verified: ${why}`, fix);
}

/** The client's own last reason, else its last line. */
function reasonOf({ status, text }: Said): string {
  const lines = text.split('\n').map((line) => line.trim());
  const error = lines.findLast((line) => line.startsWith('Error: '));
  const last = error?.slice('Error: '.length) ?? lines.findLast((line) => line !== '');
  return excerpt(last ?? '') || `the client ended with ${status}`;
}

/**
 * Judges whether nothing was published: no key, no entry, no counter is more than before. Live relays change all of
 * them; then what was published must not have the session of a simulated relay.
 */
export function publishedVerdict(answers: Answers, sole: boolean): Verdict {
  const { changes, uncounted } = answers;
  if (!changes) return notCounted(uncounted);
  if (changes.named > 0)
    return fail(`${changes.named} keys in Redis are of sessions of simulated relays`);
  if (changes.simulatedEntries > 0)
    return fail(`${changes.simulatedEntries} new entries in Redis are of simulated relays`);
  if (changes.simulated === 0 && changes.marks === 0)
    return skip('no simulated relay was served, so there was nothing to publish', FIRST);
  const { streams, trees, sessions, entries, published, skipped } = changes;
  const more = Object.entries({ streams, trees, sessions, entries, published, skipped })
    .filter(([, count]) => count > 0)
    .map(([what, count]) => `${count} ${what}`);
  if (changes.received > 0) more.push(`${changes.received} received`);
  if (more.length === 0)
    return pass('no new stream, tree or session in Redis, no entry more, and no counter moved');
  const told = `more than before: ${more.join(', ')}`;
  return changes.received > 0 || !sole
    ? pass(`${told}, of live relays: no key and no entry has the session of a simulated one`)
    : fail(told);
}

/** Judges whether every relay that was served has left its mark, with which nobody can send it again. */
export function marksVerdict(answers: Answers): Verdict {
  const { changes, uncounted, relays } = answers;
  if (!changes) return notCounted(uncounted);
  const served = [...relays.values()].filter(
    ({ status, text }) => status === 0 || isSigned(text),
  ).length;
  if (served === 0) return skip('no simulated relay was served', FIRST);
  return changes.marks >= served
    ? pass(`${changes.marks} marks for ${served} relays`)
    : fail(`${changes.marks} marks for ${served} relays that were served`);
}

function notCounted(why: string | undefined): Verdict {
  return fail(`it could not be counted: ${excerpt(why ?? 'the probe ended before')}`);
}

/** Judges how long the keys of simulated relays are accepted. */
export function keysVerdict(notAfter: string, now: number): Verdict {
  const days = Math.floor((Date.parse(notAfter) - now) / 86_400_000);
  if (days < 0) return fail(`not accepted since ${notAfter}`);
  return days < 30 ? warn(`${days} days left: until ${notAfter}`) : pass(`until ${notAfter}`);
}
