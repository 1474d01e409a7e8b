import {
  type ChildProcessWithoutNullStreams,
  execFile,
  spawn,
  spawnSync,
} from 'node:child_process';
import { hash, randomBytes } from 'node:crypto';
import { lstatSync, mkdirSync, readFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { gzipSync } from 'node:zlib';
import { bare } from '../bare.ts';
import type { Host } from '../deployment.ts';
import { EXIT, UserError } from '../exit-codes.ts';
import { ownText } from '../own-files.ts';
import type { Shell } from '../shell.ts';
import { boundedTail, splitLines } from './lines.ts';
import { within } from './silence.ts';

const [ENVIRONMENT, ...FUNCTIONS] = ['environment.bash', 'lock.bash', 'host-loop.bash'].map(
  (name) => ownText(`lib/run/${name}`).replace(/^#.*\n/gm, ''),
);
const LOOP = [ENVIRONMENT, ...FUNCTIONS].join('');
const BEAT_MILLISECONDS = 20_000;

/** How long a login may take until its shell says the first word; a shell's start-up file can hang for ever. */
const READY_MILLISECONDS = 45_000;

/**
 * What TCP sends after a pause before it waits for an answer: ten segments (RFC 6928). A script that is longer goes
 * compressed to hosts behind a network: a round trip costs more than a `gzip` there.
 */
const SENT_AT_ONCE_BYTES = 14_000;
const FASTEST = 1;

/** Where a script runs: in a bash of its own, or in the shell that lives as long as the connection. */
type Place = 'run' | 'here';

/** An open way to run scripts as root on one host. */
export interface Connection {
  host: Host;
  /**
   * Runs a bash script; its standard output comes line by line, at most 1 MiB a line. Returns its exit status.
   * @param place `here` for what has to last until the connection is closed, a line of shell; `run` where absent
   */
  run(script: string, onLine: (line: string) => void, place?: Place): Promise<number>;
  /** Asks the script in hand to end after its step in hand. */
  stop(): void;
  /**
   * Runs a command that reads a stream, beside the scripts, over the same SSH connection, or over one of its own where
   * the server allows one session per connection. Throws when it fails, and when the signal aborts it.
   */
  feed(command: Shell, input: Readable, signal?: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

/**
 * Opens the connection to a host: over OpenSSH, or directly when the host is this machine. The SSH connection itself
 * stays open for a minute after its last use, so that one command after another pays for one handshake.
 * @param sshConfig path of the deployment's `ssh_config`
 * @param options.anew over an SSH connection of its own, whatever is open: it proves that one can be made
 * @throws UserError with exit code 4 when the host cannot be reached, logged in to, or become root on; the message
 * holds ssh's own words and what to do.
 */
export async function openConnection(
  host: Host,
  sshConfig: string,
  { anew = false } = {},
): Promise<Connection> {
  const start = () =>
    host.local
      ? spawn('/bin/sh', ['-c', AS_ROOT], APART)
      : spawn('ssh', [...sshWords(host, sshConfig, anew), AS_ROOT], APART);
  const byHand = host.local ? 'sudo -n true' : `ssh -F ${sshConfig} ${host.name}`;
  const leave = () => {
    if (!host.local && !anew) spawnSync('ssh', ['-O', 'exit', ...sshWords(host, sshConfig)]);
  };
  const askAgain = () => (host.local ? Promise.resolve('') : whySshEnds(host, sshConfig));
  const session = new Session(host, start(), { byHand, leave, askAgain });
  await session.ready();
  return {
    host,
    run: (script, onLine, place = 'run') => session.run(script, onLine, place),
    stop: () => session.stop(),
    feed: (command, input, signal) => feed(host, start(), command, input, signal),
    close: () => session.close(),
  };
}

/** How ssh ends where it cannot go on; else as the command does. Source: ssh(1), EXIT STATUS. */
const SSH_FAILED = 255;

async function feed(
  host: Host,
  child: ChildProcessWithoutNullStreams,
  command: Shell,
  input: Readable,
  signal: AbortSignal | undefined,
): Promise<void> {
  const errors = boundedTail(child.stderr);
  let failure: Error | undefined;
  const exited = new Promise<number | null>((resolve) => {
    child.once('exit', resolve);
    child.once('error', (error) => {
      failure = error;
      resolve(null);
    });
  });
  const end = () => child.kill();
  signal?.addEventListener('abort', end);
  child.stdin.on('error', () => {});
  child.stdin.write('\n\n\n');
  const go = new Promise<true>((resolve) => {
    splitLines(child.stdout, (line) => line === READY && resolve(true));
  });
  try {
    const ready = Promise.race([go, exited.then(() => false)]);
    const begun = await within(host.name, READY_MILLISECONDS / 1000, ready);
    if (begun) {
      begin(child, ENVIRONMENT + command.text);
      await pipeline(input, child.stdin, signal ? { signal } : {}).catch((error: Error) => {
        failure ??= error;
      });
    }
    const status = await within(host.name, FED_SECONDS, exited);
    if (status === 0 && !failure) return;
    const why = errors() || failure || `exit ${status}`;
    const lost = (status === null || status === SSH_FAILED) && !signal?.aborted;
    const exitCode = lost ? EXIT.unreachable : EXIT.failed;
    throw new UserError(`${host.name}: ${command.text}: ${why}`, exitCode);
  } finally {
    signal?.removeEventListener('abort', end);
    input.destroy();
    end();
  }
}

/** How long a command may work on after it was sent all of its stream: an image of many layers is unpacked to the end. */
const FED_SECONDS = 1800;

/** Ctrl-C goes to every process of the terminal's group; the connections must survive it for an orderly end. */
const APART = { detached: true } as const;

function sshWords(host: Host, sshConfig: string, anew = false): string[] {
  const options = anew
    ? ['ControlMaster=no', 'ControlPath=none']
    : ['ControlMaster=auto', 'ControlPersist=60', `ControlPath=${controlPath(sshConfig, host)}`];
  // What is no error, such as a banner, would stand around the words that tell of one.
  const words = [...options, 'LogLevel=ERROR'].flatMap((option) => ['-o', option]);
  return ['-F', sshConfig, ...words, '-T', host.name];
}

/** What ssh says of a connection that it cannot make. That the other side ends it is no error to ssh. */
function whySshEnds(host: Host, sshConfig: string): Promise<string> {
  const words = ['-F', sshConfig, '-o', 'ControlPath=none', '-T', host.name, 'true'];
  return new Promise((resolve) => {
    execFile('ssh', words, { timeout: READY_MILLISECONDS }, (error, _, said) =>
      resolve(
        error
          ? bare(said).trim()
          : 'the connection was ended, yet another one was not: run this again',
      ),
    );
  });
}

/** What a shell says once it is there and root; a start-up file may have said more before it. */
const READY = 'pocket-automations ready 0';

/**
 * The words that run bash as root, whatever the login shell is: it only has to start `/bin/sh`. Shells differ in what a
 * newline, a backslash or an exclamation mark between quotes is, so these have none, and what is to run comes over standard
 * input. (bash knows without a program who it is.)
 */
const TAKE = 'LC_ALL=C IFS= read -r -N "$size" script; eval "$script"; exit';
const WAIT = `while read -r _ size place; do case $place in begin) ${TAKE};; esac; done`;
const GREET = 'echo; echo pocket-automations ready "$EUID"';
const BECOME = '((EUID == 0)) || exec sudo -n bash -c "$0"; eval "$0"';
const AS_ROOT = `exec /bin/sh -c 'exec bash -c "$0" "$1"' '${BECOME}' '${GREET}; ${WAIT}'`;

/** Has a shell that is ready run a text. Not before: a start-up file that reads must get neither it nor what follows. */
function begin({ stdin }: ChildProcessWithoutNullStreams, text: string): void {
  stdin.write(`- ${Buffer.byteLength(text)} begin\n${text}`);
}

/**
 * A socket path that fits the 104 bytes of the smallest system, however long the names are.
 * @throws UserError when somebody else made the directory first: whoever owns it could answer in the host's place.
 */
function controlPath(sshConfig: string, host: Host): string {
  const unique = hash('sha256', `${readFileSync(sshConfig)}${sshConfig}${host.name}`);
  return join(runtimeDirectory(), `pa-${unique.slice(0, 16)}`);
}

function runtimeDirectory(): string {
  const session = process.env.XDG_RUNTIME_DIR;
  // After `su` it is the one of whoever typed that.
  if (session && isOwn(session)) return session;
  const own = join(tmpdir(), `pocket-automations-${userInfo().uid}`);
  mkdirSync(own, { recursive: true, mode: 0o700 });
  if (isOwn(own)) return own;
  throw new UserError(`${own} belongs to somebody else or can be changed by others: remove it`);
}

function isOwn(directory: string): boolean {
  const found = lstatSync(directory, { throwIfNoEntry: false });
  return found?.uid === userInfo().uid && (found.mode & 0o022) === 0;
}

/** How a script goes to a host: as it is, or compressed where that spares round trips. */
function wireForm(script: string, { local }: Host): { sent: Buffer; how: 'run' | 'packed' } {
  const text = Buffer.from(script);
  return local || text.length <= SENT_AT_ONCE_BYTES
    ? { sent: text, how: 'run' }
    : { sent: gzipSync(text, { level: FASTEST }), how: 'packed' };
}

class Session {
  readonly host: Host;
  readonly #byHand: string;
  readonly #leave: () => void;
  readonly #askAgain: () => Promise<string>;
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #errors: () => string;
  readonly #ended: Promise<void>;
  readonly #beat: NodeJS.Timeout;
  #onLine: (line: string) => void = () => {};
  #onEnd: () => unknown = () => {};
  #over = false;

  /**
   * @param ways.byHand the command with which a person can try the same
   * @param ways.leave ends the SSH connection that sessions share
   * @param ways.askAgain tells why no connection can be made, where that was not said
   */
  constructor(
    host: Host,
    child: ChildProcessWithoutNullStreams,
    ways: { byHand: string; leave: () => void; askAgain: () => Promise<string> },
  ) {
    this.host = host;
    this.#byHand = ways.byHand;
    this.#leave = ways.leave;
    this.#askAgain = ways.askAgain;
    this.#child = child;
    this.#errors = boundedTail(child.stderr);
    // Not `close`: a connection that stays open for later may keep standard error.
    const exited = new Promise<void>((resolve) => {
      child.once('exit', () => resolve());
      child.once('error', (error) => {
        child.stderr.destroy(error);
        child.stdout.destroy();
        resolve();
      });
    });
    const read = new Promise<void>((resolve) => child.stdout.once('close', resolve));
    this.#ended = Promise.all([exited, read]).then(() => {
      this.#over = true;
      this.#onEnd();
    });
    child.stdin.on('error', () => {});
    splitLines(child.stdout, (line) => this.#onLine(line));
    this.#beat = setInterval(() => child.stdin.write('- 0 beat\n'), BEAT_MILLISECONDS).unref();
  }

  ready(): Promise<void> {
    this.#child.stdin.write('\n\n\n');
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => {
        reject(new UserError(this.#neverReady(), EXIT.unreachable));
        this.#leave();
        this.#child.kill();
      }, READY_MILLISECONDS);
      this.#onLine = (line) => {
        if (line !== READY) return;
        clearTimeout(late);
        begin(this.#child, LOOP);
        resolve();
      };
      this.#onEnd = async () => {
        clearTimeout(late);
        clearInterval(this.#beat);
        const said = this.#errors() || (await this.#askAgain());
        reject(new UserError(this.#cannotConnect(said), EXIT.unreachable));
      };
    });
  }

  stop(): void {
    this.#child.stdin.write('- 0 stop\n');
  }

  run(script: string, onLine: (line: string) => void, place: Place): Promise<number> {
    const nonce = randomBytes(12).toString('hex');
    return new Promise((resolve, reject) => {
      this.#onEnd = () => {
        const why = this.#errors() || 'ssh ended';
        reject(
          new UserError(
            `${this.host.name}: the connection was lost while a script ran: ${why}`,
            EXIT.unreachable,
          ),
        );
      };
      if (this.#over) return this.#onEnd();
      this.#onLine = (line) => {
        const exit = line.startsWith(`${nonce} exit `);
        if (exit) resolve(Number(line.slice(nonce.length + 6)));
        else onLine(line);
      };
      const { stdin } = this.#child;
      if (place === 'here') stdin.write(`${nonce} 0 here ${script}\n`);
      else {
        const { sent, how } = wireForm(script, this.host);
        stdin.write(`${nonce} ${sent.length} ${how}\n`);
        stdin.write(sent);
      }
    });
  }

  async close(): Promise<void> {
    this.#onEnd = () => {};
    clearInterval(this.#beat);
    this.#child.stdin.end();
    const killer = setTimeout(() => this.#child.kill(), 5000);
    await this.#ended;
    clearTimeout(killer);
    this.#child.stderr.destroy();
  }

  #neverReady(): string {
    const said = this.#errors();
    return `${this.host.name}: no shell answered within ${READY_MILLISECONDS / 1000} s${said && `: ${said}`}\n  Either the network drops what is sent, or a start-up file there (.bashrc, .profile) hangs or waits for input. Try it by hand: ${this.#byHand} true`;
  }

  #cannotConnect(said: string): string {
    const { name } = this.host;
    const changedKey = /ssh-keygen -f (?:"[^"]*"|\S+) -R \S+/.exec(said)?.[0];
    const fingerprint = /SHA256:[A-Za-z0-9+/]+/.exec(said)?.[0];
    if (changedKey) {
      return `${name}: its host key is not the one recorded before; it now shows ${fingerprint}\n  If you have installed the host anew, forget the old key: ${changedKey}\n  If not, somebody may be in between: do not go on.`;
    }
    if (/^sudo: .*must have a tty/m.test(said)) {
      return `${name}: cannot become root: ${said}\n  sudo there wants a terminal (requiretty). Log in as root, or except this user: echo 'Defaults:USER !requiretty' | sudo tee /etc/sudoers.d/91-pocket`;
    }
    if (/^sudo: |sudo: (?:command )?not found/m.test(said)) {
      return `${name}: cannot become root: ${said}\n  Log in as root, or let this user run sudo without a password: echo "$USER ALL=(ALL) NOPASSWD: ALL" | sudo tee /etc/sudoers.d/90-pocket`;
    }
    if (/bash: (not found|No such file)|exec: bash/i.test(said)) {
      return `${name}: bash is missing there: ${said}\n  Install it: apt-get install bash`;
    }
    const turnedAway = /^(?:Connection (?:closed|reset) by|kex_exchange_identification)/m.test(said)
      ? '\n  It turns connections away: too many at once (MaxStartups), a banned address (fail2ban), or an sshd in trouble. Its log, on a console there: journalctl -u ssh'
      : '';
    return `${name}: cannot connect: ${said || 'ssh said nothing'}${turnedAway}\n  Try it by hand: ${this.#byHand}`;
  }
}
