// A ProxyCommand: carries standard input and output to HOST PORT with 125 ms each way, and for two of a hundred pieces
// the time after which TCP sends a lost one again. Kernels of test machines often have no netem that could do it.
import { connect } from 'node:net';
import type { Readable, Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { randomNumbers } from './moments.ts';

const ONE_WAY_MILLISECONDS = 125;
const AGAIN_MILLISECONDS = 450;
const LOST = 0.02;

const random = randomNumbers(7);
const [host = '', port = '22'] = process.argv.slice(2);
const socket = connect({ host, port: Number(port), noDelay: true });
delayed(process.stdin, socket);
delayed(socket, process.stdout);
socket.once('close', () => setTimeout(() => process.exit(), 10 * ONE_WAY_MILLISECONDS));

/** Carries everything in order: what comes after a lost piece waits for it. */
function delayed(from: Readable, to: Writable): void {
  let before = Promise.resolve();
  const later = (work: () => void) => {
    const due = Date.now() + ONE_WAY_MILLISECONDS + (random() < LOST ? AGAIN_MILLISECONDS : 0);
    before = before.then(() => sleep(Math.max(0, due - Date.now()))).then(work);
  };
  from.on('data', (chunk: Buffer) => later(() => to.write(chunk)));
  from.on('end', () => later(() => to.end()));
}
