import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Host } from './deployment.ts';
import { EXIT, UserError } from './exit-codes.ts';
import { boundedTail, splitLines } from './lines.ts';
import { quote, type Shell } from './shell.ts';

/**
 * What the host runs for as long as we are connected: a loop that reads "nonce size" and a script of that many bytes,
 * runs it with no input left, and answers "nonce exit status". One session serves every script of a run, so that a
 * stage costs one round trip, and a server that allows a single session per connection is enough.
 */
const LOOP = [
  'echo "pocket-automations ready $(id -u)"',
  'while IFS=" " read -r nonce size',
  `do head -c "$size" | bash -c 'eval "$(cat)"'`,
  'echo "$nonce exit ${PIPESTATUS[1]}"',
  'done',
].join('; ');

/** An open way to run scripts as root on one host. */
export interface Connection {
  host: Host;
  /** Runs a bash script; its standard output comes line by line, at most 1 MiB a line. Returns its exit status. */
  run(script: string, onLine: (line: string) => void): Promise<number>;
  /** Runs a command that reads a stream, beside the scripts, over the same SSH connection. Throws when it fails. */
  feed(command: Shell, input: Readable): Promise<void>;
  close(): Promise<void>;
}

/**
 * Opens the connection to a host: over OpenSSH, or directly when the host is this machine.
 * @param sshConfig path of the deployment's `ssh_config`
 * @throws UserError with exit code 4 when the host cannot be reached, logged in to, or become root on; the message
 * holds ssh's own words and what to do.
 */
export async function openConnection(host: Host, sshConfig: string): Promise<Connection> {
  const control = ['-F', sshConfig, '-o', `ControlPath=${controlPath(sshConfig, host)}`];
  const child = host.local
    ? spawn('bash', ['-c', asRoot(LOOP)])
    : spawn('ssh', [...control, '-o', 'ControlMaster=yes', '-T', host.name, asRoot(LOOP)]);
  const session = new Session(
    host,
    child,
    host.local ? 'sudo -n true' : `ssh -F ${sshConfig} ${host.name}`,
  );
  await session.ready();
  return {
    host,
    run: (script, onLine) => session.run(script, onLine),
    close: () => session.close(),
    feed: async (command, input) => {
      const words = ['-o', 'ControlMaster=no', '-T', host.name, asRoot(command.text)];
      const feeding = host.local
        ? spawn('bash', ['-c', asRoot(command.text)])
        : spawn('ssh', [...control, ...words]);
      const errors = boundedTail(feeding.stderr);
      feeding.stdout.resume();
      const exited = new Promise<number | null>((resolve) => feeding.once('close', resolve));
      const sent = pipeline(input, feeding.stdin).catch((error: Error) => error);
      const [status, failure] = [await exited, await sent];
      if (status !== 0 || failure) {
        throw new UserError(
          `${host.name}: ${command.text}: ${errors() || failure || `exit ${status}`}`,
        );
      }
    },
  };
}

/** The words that run bash as root, whatever the login shell is: it only has to start `/bin/sh`. */
function asRoot(script: string): string {
  const bash = `bash -c ${quote(script)}`;
  const become = `if [ "$(id -u)" = 0 ]; then exec ${bash}; else exec sudo -n ${bash}; fi`;
  return `exec /bin/sh -c ${quote(become)}`;
}

/** A socket path that fits the 104 bytes of the smallest system, however long the names are. */
function controlPath(sshConfig: string, host: Host): string {
  const runtime =
    process.env.XDG_RUNTIME_DIR ?? join(tmpdir(), `pocket-automations-${userInfo().uid}`);
  mkdirSync(runtime, { recursive: true, mode: 0o700 });
  const hash = createHash('sha256')
    .update(`${sshConfig} ${host.name} ${process.pid}`)
    .digest('hex');
  return join(runtime, `pa-${hash.slice(0, 16)}`);
}

class Session {
  readonly host: Host;
  readonly #byHand: string;
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #errors: () => string;
  readonly #closed: Promise<number | null>;
  #onLine: (line: string) => void = () => {};
  #onClosed: () => void = () => {};
  #over = false;

  /** @param byHand the command with which a person can try the same */
  constructor(host: Host, child: ChildProcessWithoutNullStreams, byHand: string) {
    this.host = host;
    this.#byHand = byHand;
    this.#child = child;
    this.#errors = boundedTail(child.stderr);
    this.#closed = new Promise((resolve) => {
      child.once('error', (error) => {
        child.stderr.destroy(error);
        resolve(null);
      });
      child.once('close', resolve);
    });
    this.#closed.then(() => {
      this.#over = true;
      this.#onClosed();
    });
    child.stdin.on('error', () => {});
    splitLines(child.stdout, (line) => this.#onLine(line));
  }

  ready(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#onLine = (line) => {
        if (line === 'pocket-automations ready 0') resolve();
      };
      this.#onClosed = () => reject(new UserError(this.#cannotConnect(), EXIT.unreachable));
    });
  }

  run(script: string, onLine: (line: string) => void): Promise<number> {
    const nonce = randomBytes(12).toString('hex');
    const bytes = Buffer.from(script);
    return new Promise((resolve, reject) => {
      this.#onClosed = () =>
        reject(
          new UserError(
            `${this.host.name}: the connection was lost while a script ran: ${this.#errors() || 'ssh ended'}`,
            EXIT.unreachable,
          ),
        );
      if (this.#over) return this.#onClosed();
      this.#onLine = (line) => {
        const exit = line.startsWith(`${nonce} exit `);
        if (exit) resolve(Number(line.slice(nonce.length + 6)));
        else onLine(line);
      };
      this.#child.stdin.write(`${nonce} ${bytes.length}\n`);
      this.#child.stdin.write(bytes);
    });
  }

  async close(): Promise<void> {
    this.#onClosed = () => {};
    this.#child.stdin.end();
    const killer = setTimeout(() => this.#child.kill(), 5000);
    await this.#closed;
    clearTimeout(killer);
  }

  #cannotConnect(): string {
    const said = this.#errors();
    const { name } = this.host;
    const changedKey = /ssh-keygen -f \S+ -R \S+/.exec(said)?.[0];
    const fingerprint = /SHA256:[A-Za-z0-9+/]+/.exec(said)?.[0];
    if (changedKey) {
      return `${name}: its host key is not the one recorded before; it now shows ${fingerprint}\n  If you have installed the host anew, forget the old key: ${changedKey}\n  If not, somebody may be in between: do not go on.`;
    }
    if (/^sudo: /m.test(said)) {
      return `${name}: cannot become root: ${said}\n  Log in as root, or let this user run sudo without a password: echo "$USER ALL=(ALL) NOPASSWD: ALL" | sudo tee /etc/sudoers.d/90-pocket`;
    }
    if (/bash: (not found|No such file)|exec: bash/i.test(said)) {
      return `${name}: bash is missing there: ${said}\n  Install it: apt-get install bash`;
    }
    return `${name}: cannot connect: ${said || 'ssh said nothing'}\n  Try it by hand: ${this.#byHand}`;
  }
}
