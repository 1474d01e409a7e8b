import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { $, type ProcessOutput } from 'zx';
import { docker } from './docker.ts';

/** Where a host is and how to log in. */
export type HostAddress = {
  name: string;
  /** Its IPv4 address, the same after every restart. */
  address: string;
  user: string;
  port: number;
  /** Path of the private key that opens it. */
  identityFile: string;
  /** Name of its container in this machine's Docker. */
  container: string;
};

/** A running container host. */
export type Host = HostAddress & {
  /**
   * Runs a bash script as root on the host, past ssh and any firewall, with nothing on its standard input.
   * @throws ProcessOutput (exitCode, stdout, stderr) when it exits non-zero; 124 when it took longer than the timeout.
   */
  exec(script: string, options?: { timeoutSeconds?: number }): Promise<ProcessOutput>;
  /** Reboots the host and waits until it is ready again. */
  restart(): Promise<void>;
  /** Freezes every process of the host, inner containers included: its addresses stay, nothing answers. */
  pause(): Promise<void>;
  /** Thaws it again. */
  unpause(): Promise<void>;
  /** Shuts the host down; restart() brings it back. */
  stop(): Promise<void>;
  /** Waits until systemd has finished booting and sshd answers. Throws after 120 s. */
  ready(): Promise<void>;
  /** Removes the host and its volume. */
  remove(): Promise<void>;
};

const READY_SECONDS = 120;

/** Gives a started container the methods of a host. */
export function hostOf(where: HostAddress): Host {
  const { container } = where;
  const exec: Host['exec'] = async (script, { timeoutSeconds = 120 } = {}) => {
    // Read the whole script first: a command that reads standard input would swallow the rest of it.
    const shell = 'script=$(cat); exec </dev/null; eval "$script"';
    const words = [
      'timeout',
      '-k',
      '5',
      `${timeoutSeconds}`,
      'bash',
      '-euo',
      'pipefail',
      '-c',
      shell,
    ];
    return await $({
      quiet: true,
      verbose: false,
      input: script,
    })`docker exec -i ${container} ${words}`;
  };
  const ready = async () => {
    await exec(UNTIL_BOOTED, { timeoutSeconds: READY_SECONDS });
    await untilSshAnswers(where.address, where.port);
  };
  return {
    ...where,
    exec,
    ready,
    async restart() {
      await docker('restart', '--time', '20', container);
      await ready();
    },
    async pause() {
      await docker('pause', container);
    },
    async unpause() {
      await docker('unpause', container);
    },
    async stop() {
      await docker('stop', '--time', '20', container);
    },
    async remove() {
      await docker('rm', '--force', '--volumes', container);
    },
  };
}

/** `is-system-running` says running or degraded once booting is over; before that the bus may not be there yet. */
const UNTIL_BOOTED = `until systemctl is-system-running 2>&1 | grep -qxE 'running|degraded'; do sleep 0.1; done`;

async function untilSshAnswers(address: string, port: number): Promise<void> {
  const deadline = Date.now() + READY_SECONDS * 1000;
  while (!(await greets(address, port))) {
    if (Date.now() > deadline) {
      throw new Error(`sshd on ${address} did not answer within ${READY_SECONDS} s`);
    }
    await sleep(100);
  }
}

function greets(address: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: address, port, timeout: 2000 });
    const settle = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('data', (data) => settle(data.toString().startsWith('SSH-2.0')));
    socket.once('error', () => settle(false));
    socket.once('timeout', () => settle(false));
    socket.once('close', () => settle(false));
  });
}
