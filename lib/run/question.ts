import { randomBytes } from 'node:crypto';
import { ownText } from '../own-files.ts';
import { quote } from '../shell.ts';
import type { Connection } from './connection.ts';
import { askFor, type Fact, lineOf } from './facts.ts';
import { within } from './silence.ts';

const prelude = ownText('lib/run/question.bash');

/** How long a host may take to tell its facts, which takes a fraction of a second where nothing hangs. */
const FACTS_SECONDS = 60;
const GRACE_SECONDS = 60;

/** The question whether all of these facts hold. */
export function questionOf(facts: readonly Fact[]): string {
  return `${prelude}
facts() {
${askFor(facts)}
}
seconds=${FACTS_SECONDS} wanted=(${facts.map(lineOf).map(quote).join(' ')})
ask
`;
}

/**
 * Asks a host whether it is already where the steps of these questions want it. That costs a part of what the steps
 * themselves cost, and where the answer is yes, nothing else has to be sent.
 * @returns false, and nothing is asked, where one is missing: then facts alone cannot tell
 * @throws UserError with exit code 4 when the host does not answer
 */
export async function isAlreadySo(
  connection: Pick<Connection, 'host' | 'run'>,
  questions: readonly (string | undefined)[],
): Promise<boolean> {
  if (questions.includes(undefined)) return false;
  for (const question of questions) {
    const nonce = randomBytes(12).toString('hex');
    let so = false;
    const asked = connection.run(`NONCE=${nonce}\n${question}`, (line) => {
      if (line === `${nonce} so`) so = true;
    });
    await within(connection.host.name, FACTS_SECONDS + GRACE_SECONDS, asked);
    if (!so) return false;
  }
  return true;
}
