// A host that lies: what `ssh` of the test runs instead of a shell on a machine. It speaks what lib/run/host-loop.bash
// speaks; the first word of the command line says whether it tells the truth, or how it lies.
import { createReadStream, writeSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';

const [mode = 'honest'] = process.argv.slice(2);
const ESCAPES =
  '\x1b]0;owned\x07\x1b]52;c;b3duZWQ=\x07\x1b[2J\x1b[1;1H\x9b31m\u202eowned\x1b[8mhidden\r\n';

/** A script that was sent, and what a lie about it needs. */
interface Sent {
  nonce: string;
  /** Bears the events of the script; a check's script has one too. */
  mark: string;
  steps: number;
  isCheck: boolean;
}

function say(text: string | Buffer): void {
  const bytes = Buffer.from(text as string);
  for (let at = 0; at < bytes.length; ) {
    try {
      at += writeSync(1, bytes, at);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EPIPE') process.exit(0);
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
    }
  }
}

const base64 = (text: string) => Buffer.from(text).toString('base64');

function honest({ nonce, mark, steps }: Sent): void {
  for (let number = 1; number <= steps; number += 1) {
    say(`${mark} started ${number} 0 0 \n${mark} unchanged ${number} 1 0 \n`);
  }
  say(`${mark} end 0 0 0 \n${nonce} exit 0\n`);
}

const first = (mark: string) => `${mark} started 1 0 0 \n${mark} unchanged 1 1 0 \n`;
const done = ({ mark, nonce }: Sent) => `${mark} end 0 0 0 \n${nonce} exit 0\n`;

/** What becomes of the script of a part. */
const LIES: Record<string, (sent: Sent) => void> = {
  honest,
  'no step at all': (sent) => say(done(sent)),
  'only the first step': (sent) => say(first(sent.mark) + done(sent)),
  'a step twice': (sent) => {
    say(first(sent.mark) + first(sent.mark));
    honest(sent);
  },
  'a step beyond the last': (sent) => {
    say(`${sent.mark} started 9999 0 0 \n${sent.mark} changed 9999 1 0 \n`);
    honest(sent);
  },
  'more known steps than there are': (sent) => say(`${sent.mark} known 1 999999999\n${done(sent)}`),
  'known steps that end before they begin': (sent) => {
    say(`${sent.mark} known 2 1\n`);
    honest(sent);
  },
  'known steps once more': (sent) => {
    say(`${sent.mark} known 1 2\n${sent.mark} known 2 3\n`);
    honest(sent);
  },
  'the wrong order': (sent) => {
    say(`${sent.mark} started 2 0 0 \n${sent.mark} changed 2 1 0 \n`);
    honest(sent);
  },
  'an outcome without a start': (sent) => say(`${sent.mark} changed 1 1 0 \n${done(sent)}`),
  'success after a failure': (sent) => {
    say(`${sent.mark} started 1 0 0 \n${sent.mark} failed 1 1 1 \n`);
    honest(sent);
  },
  'numbers that are none': (sent) => {
    say(`${sent.mark} started 1e0 -1 NaN \n${sent.mark} changed 01 Infinity 0x1 ????\n`);
    honest(sent);
  },
  'a dry run’s words': (sent) => {
    say(`${sent.mark} started 1 0 0 \n${sent.mark} pending 1 1 0 \n`);
    honest(sent);
  },
  'somebody else’s nonce': ({ nonce, steps }) => {
    const forged = { nonce, mark: 'f'.repeat(24), steps, isCheck: false };
    honest(forged);
  },
  'success of everything': ({ nonce, mark, steps }) => {
    for (let number = 1; number <= steps; number += 1)
      say(`${mark} started ${number} 0 0 \n${mark} changed ${number} 1 0 b3du*ZWQ\n`);
    say(`${mark} end 0 0 0 \n${nonce} exit 0\n`);
  },
  'a forged exit': (sent) => {
    say(`${'e'.repeat(24)} exit 0\n`);
    honest(sent);
  },
  'escapes in a failure': ({ nonce, mark }) => {
    say(ESCAPES + `${mark} note ${base64(ESCAPES)}\n`);
    say(`${mark} started 1 0 0 \n${mark} failed 1 5 3 ${base64(`${ESCAPES}why\n`)}\n`);
    say(`${mark} end 0 0 1 \n${nonce} exit 1\n`);
  },
  'invalid UTF-8': (sent) => {
    say(Buffer.from([0xff, 0xfe, 0xc0, 0x80, 0x0a, 0x00, 0x0a]));
    honest(sent);
  },
  'a flood': (sent) => {
    const megabyte = Buffer.from(`${sent.mark} note ${'A'.repeat(1000)}\n`.repeat(1000));
    for (let sentBytes = 0; sentBytes < 200e6; sentBytes += megabyte.length) say(megabyte);
    honest(sent);
  },
  'one long line': (sent) => {
    const megabyte = Buffer.alloc(1_000_000, 'x');
    for (let sentMegabytes = 0; sentMegabytes < 100; sentMegabytes += 1) say(megabyte);
    say('\n');
    honest(sent);
  },
  'the end of the connection': ({ mark }) => {
    say(first(mark));
    process.exit(255);
  },
};

/** What a lock request is answered. */
function lock(nonce: string): void {
  const holder = {
    user: ESCAPES,
    machine: 'm'.repeat(9999),
    pid: 'x',
    since: {},
    deployment: null,
  };
  if (mode === 'junk about the lock') {
    say(
      `${nonce} held 1 ?\n${nonce} held 1 ${base64('[1]')}\n${nonce} held\n${nonce} lost 1 ${base64('null')} x\n`,
    );
    for (let time = 0; time < 500; time += 1)
      say(`${nonce} held 1 ${base64(JSON.stringify({ ...holder, since: time }))}\n`);
    say(`${nonce} exit 75\n`);
  } else if (mode !== 'no word about the lock') say(`${nonce} exit 0\n`);
}

/** Answers to the questions of validation. */
function check({ nonce, mark, steps }: Sent): void {
  for (let index = 0; mode === 'junk to questions' && index < steps; index += 1) {
    const answer = base64(`${ESCAPES}{"result": "${'y'.repeat(100_000)}"}`);
    say(`${mark} ${index} 0 1e9 ${answer} ${answer}\n${mark} ${index} 1 1 ${answer}\n`);
    say(`${mark} -1 0 1\n${mark} ${index + 5000} 0 1 ${answer}\n${mark} x NaN NaN\n${mark}\n`);
  }
  say(`${mark} end ${steps}\n${nonce} exit 0\n`);
}

let input = Buffer.alloc(0);
/** Takes the frames that have arrived in whole: a line "nonce size place", and a script of that size. */
function take(): void {
  for (;;) {
    const end = input.indexOf('\n');
    if (end < 0) return;
    const [nonce = '', size = '0', place] = input.subarray(0, end).toString().split(' ');
    const length = Number(size);
    if (input.length < end + 1 + length) return;
    const sent = input.subarray(end + 1, end + 1 + length);
    input = input.subarray(end + 1 + length);
    if (place === 'here') lock(nonce);
    if (place !== 'run' && place !== 'packed') continue;
    const script = (place === 'packed' ? gunzipSync(sent) : sent).toString();
    const isCheck = /^probe_0\(\)/m.test(script);
    const steps = [...script.matchAll(isCheck ? /^probe_\d+\(\)/gm : /^ {2}step \d+ /gm)].length;
    const mark = /NONCE='?([0-9a-f]+)/.exec(script)?.[1] ?? '';
    if (isCheck) check({ nonce, mark, steps, isCheck });
    else if (mark === '') say(`${nonce} exit 0\n`);
    else (LIES[mode] ?? honest)({ nonce, mark, steps, isCheck });
  }
}

if (mode !== 'no word at all')
  say(`\n${mode === 'honest' ? '' : ESCAPES}\npocket-automations ready 0\n`);
createReadStream('', { fd: 0 })
  .on('data', (chunk) => {
    input = Buffer.concat([input, chunk as Buffer]);
    take();
  })
  .on('end', () => process.exit(0));
