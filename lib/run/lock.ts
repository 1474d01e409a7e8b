import { hostname, userInfo } from 'node:os';
import { bare } from '../bare.ts';
import { EXIT, UserError } from '../exit-codes.ts';
import { quote } from '../shell.ts';
import type { Connection } from './connection.ts';
import { Silence } from './silence.ts';

/** Who has the lock of a host, as the lock itself tells. */
export interface LockHolder {
  user: string;
  machine: string;
  /** The process on that machine. */
  pid: number;
  /** UTC, ISO 8601. */
  since: string;
  deployment: string;
}

/**
 * Takes the lock of a host until the connection is closed, so that two runs never change a host at the same time.
 * A run of this machine that is gone is waited for: its step in hand is still ending.
 * @param options.waitSeconds how long to wait for somebody else
 * @param options.onHeld told when somebody has it, once for each holder
 * @param options.onGone told when that is a run of this machine that is gone
 * @param options.onLost told when the holder has not been heard of for so long that its lock is taken over
 * @throws UserError with exit code 6 that says who has it, since when and from where; with 130 when it was stopped.
 */
export async function takeLock(
  connection: Connection,
  options: {
    deployment: string;
    waitSeconds: number;
    onHeld: (holder: LockHolder) => void;
    onGone: () => void;
    onLost: (holder: LockHolder, silentSeconds: number) => void;
  },
): Promise<void> {
  const me: LockHolder = {
    user: userInfo().username,
    machine: hostname(),
    pid: process.pid,
    since: new Date().toISOString(),
    deployment: options.deployment,
  };
  const holderText = Buffer.from(JSON.stringify(me)).toString('base64');
  const take = (seconds: number) => `take_lock ${seconds} ${quote(holderText)}`;
  let holder: LockHolder | undefined;
  let told = 0;
  const onLine = (line: string) => {
    const words = line.split(' ');
    const [, word, , text = ''] = words;
    if (word !== 'held' && word !== 'lost') return;
    holder = readHolder(text);
    if (!holder || ++told > MOST_HOLDERS) return;
    if (word === 'held') return options.onHeld(holder);
    options.onLost(holder, Number(words.at(-1)));
    // Its step in hand may go on for so long.
    silence.expect(LONGEST_STEP_SECONDS + GRACE_SECONDS);
  };
  let silence: Silence;
  const ask = async (seconds: number) => {
    silence = new Silence(connection.host.name);
    silence.expect(seconds + GRACE_SECONDS);
    try {
      return await Promise.race([connection.run(take(seconds), onLine, 'here'), silence.over]);
    } finally {
      silence.end();
    }
  };
  let status = await ask(options.waitSeconds);
  const gone = holder?.machine === me.machine && !isRunning(holder.pid);
  if (status === HELD && gone) {
    options.onGone();
    status = await ask(LONGEST_STEP_SECONDS);
  }
  if (status === 0) return;
  if (status === EXIT.interrupted)
    throw new UserError(`${connection.host.name}: not begun`, EXIT.interrupted);
  const who = holder ? describe(holder) : 'another run';
  throw new UserError(
    `${connection.host.name}: locked by ${who}\n  Wait for it with --wait, or let it finish first.`,
    EXIT.locked,
  );
}

/** What `take_lock` returns when somebody else has it. */
const HELD = 75;
const MOST_HOLDERS = 100;
const LONGEST_STEP_SECONDS = 1800;
/** The lock is asked for before any other host's, so a host that does not answer must not keep them waiting. */
const GRACE_SECONDS = 30;

/** `alice on laptop (process 4711), deploying lab since 2026-01-02T03:04:05Z`. */
export function describe({ user, machine, pid, since, deployment }: LockHolder): string {
  return `${user} on ${machine} (process ${pid}), deploying ${deployment} since ${since}`;
}

function readHolder(text: string): LockHolder | undefined {
  try {
    const { user, machine, pid, since, deployment } = JSON.parse(
      Buffer.from(text, 'base64').toString(),
    );
    return {
      user: word(user),
      machine: word(machine),
      pid: Number(pid),
      since: word(since),
      deployment: word(deployment),
    };
  } catch {
    return undefined;
  }
}

/** A word that a host told, fit to be repeated. */
function word(told: unknown): string {
  return bare(String(told)).replace(/\s+/g, ' ').slice(0, 64);
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
