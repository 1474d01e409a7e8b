import assert from 'node:assert/strict';
import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { type TestContext, test } from 'node:test';
import type { Host } from '../../../lib/deployment.ts';
import { EXIT, UserError } from '../../../lib/exit-codes.ts';
import { ownText } from '../../../lib/own-files.ts';
import { openConnection } from '../../../lib/run/connection.ts';
import { Visits } from '../../../lib/run/visits.ts';
import { Shell } from '../../../lib/shell.ts';
import { directoryWith } from '../profile/temporary.ts';

const skip = process.getuid?.() === 0 ? false : 'an ssh that only starts a shell here needs root';

/** Gives environment variables the values back that they have now, when the test ends. */
function restored(t: TestContext, ...names: string[]) {
  const before = names.map((name) => [name, process.env[name]] as const);
  t.after(() => {
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  });
}

/** A host, and an ssh to it that is a shell of this machine, in one process with what it runs. */
function pretended(t: TestContext, ssh = 'exec sh -c "${@: -1}"') {
  const directory = directoryWith(t, { 'bin/ssh': `#!/bin/bash\n${ssh}\n`, ssh_config: '' });
  chmodSync(join(directory, 'bin/ssh'), 0o755);
  restored(t, 'PATH');
  process.env.PATH = `${join(directory, 'bin')}:${process.env.PATH}`;
  const host = { name: 'far', local: false } as Host;
  return { host, sshConfig: join(directory, 'ssh_config'), directory };
}

/** What comes of feeding a command. */
async function feeding(
  t: TestContext,
  command: string,
  input = Readable.from(['a stream']),
  signal?: AbortSignal,
): Promise<unknown> {
  const { host, sshConfig } = pretended(t);
  const connection = await openConnection(host, sshConfig);
  const ended = await connection
    .feed(new Shell(command), input, signal)
    .catch((error: unknown) => error);
  await connection.close();
  return ended;
}

test('a command that is fed gets the stream, and tells when it fails', { skip }, async (t) => {
  assert.equal(await feeding(t, '[[ $(cat) == "a stream" ]]'), undefined);
  const failed = await feeding(t, 'cat >/dev/null; echo "no space left" >&2; exit 3');
  assert.ok(failed instanceof UserError);
  assert.equal(failed.exitCode, EXIT.failed);
  assert.match(failed.message, /^far: .*no space left$/s);
});

test('a host is not reached any more where the ssh that feeds it is killed, or loses it', {
  skip,
}, async (t) => {
  // Source: ssh(1), EXIT STATUS: 255 where an error occurred, else the one of the command.
  for (const end of ['kill -KILL $$', 'exit 255']) {
    const lost = await feeding(t, `cat >/dev/null; ${end}`);
    assert.ok(lost instanceof UserError);
    assert.equal(lost.exitCode, EXIT.unreachable, end);
  }
});

test('a feeding that we end ourselves is no lost host', { skip }, async (t) => {
  const endless = new Readable({ read() {} });
  const ended = await feeding(t, 'cat', endless, AbortSignal.timeout(300));
  assert.ok(ended instanceof UserError);
  assert.equal(ended.exitCode, EXIT.failed);
});

test('a command that works on after it got all of its stream is ended, too', {
  skip,
}, async (t) => {
  const began = Date.now();
  const signal = AbortSignal.timeout(500);
  const ended = await feeding(t, 'cat >/dev/null; exec sleep 60', undefined, signal);
  assert.ok(ended instanceof UserError);
  assert.equal(ended.exitCode, EXIT.failed);
  assert.ok(Date.now() - began < 30_000);
});

test('an ssh that cannot be started is a host that is not reached', { skip }, async (t) => {
  const { host, sshConfig } = pretended(t);
  const connection = await openConnection(host, sshConfig);
  process.env.PATH = '/nonexistent';
  const told = await connection
    .feed(new Shell('cat'), Readable.from(['x']))
    .catch((error: unknown) => error);
  await connection.close();
  assert.ok(told instanceof UserError);
  assert.equal(told.exitCode, EXIT.unreachable);
  assert.match(told.message, /ssh ENOENT/);
});

test('nothing that a host is asked or fed sees what its logins export of Docker', {
  skip,
}, async (t) => {
  const { host, sshConfig, directory } = pretended(
    t,
    'export DOCKER_HOST=tcp://elsewhere:2375 HTTPS_PROXY=proxy; exec sh -c "${@: -1}"',
  );
  const connection = await openConnection(host, sshConfig);
  const seen = 'echo "${DOCKER_HOST-} ${HTTPS_PROXY-}"';
  const lines: string[] = [];
  await connection.run(seen, (line) => lines.push(line));
  await connection.feed(
    new Shell(`cat >/dev/null; ${seen} >${directory}/fed`),
    Readable.from(['x']),
  );
  await connection.close();
  lines.push(readFileSync(join(directory, 'fed'), 'utf8').trimEnd());
  assert.deepEqual(lines, [' proxy', ' proxy']);
});

test('a host that an errand did not reach is reached by the next, where it can be again', {
  skip,
}, async (t) => {
  const { host, sshConfig } = pretended(
    t,
    'tried=${0%/*}/tried; [[ -e $tried ]] || { : >"$tried"; exit 255; }; exec sh -c "${@: -1}"',
  );
  const visits = new Visits(sshConfig);
  await assert.rejects(visits.visit(host, new Shell('echo there')), { exitCode: EXIT.unreachable });
  assert.equal(await visits.visit(host, new Shell('echo there')), 'there');
  await visits.close();
});

test('a host hears of us three times before our lock there counts as lost', { skip }, async (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] });
  const { host, sshConfig, directory } = pretended(t);
  const lock = join(directory, 'lock');
  const connection = await openConnection(host, sshConfig);
  await connection.run(`lock=${lock} has_lock=yes`, () => {}, 'here');
  const lostAfterSeconds = Number(/silent > (\d+)/.exec(ownText('lib/run/lock.bash'))?.[1]);
  t.mock.timers.tick((lostAfterSeconds / 3) * 1000);
  await connection.run(':', () => {}, 'here');
  await connection.close();
  assert.ok(existsSync(lock));
});

/** Owners and modes of directories that others than root can change. */
const OTHERS = [
  { user: 0, mode: 0o770 },
  { user: 0, mode: 0o707 },
  { user: 1, mode: 0o700 },
];

/** A directory of a user with a mode. */
function directoryOf(path: string, { user, mode }: (typeof OTHERS)[number]): string {
  mkdirSync(path);
  chmodSync(path, mode);
  chownSync(path, user, 0);
  return path;
}

test('the socket of a connection is in the session’s directory, unless others can change that', {
  skip,
}, async (t) => {
  const { host, sshConfig, directory } = pretended(
    t,
    'printf "%s\n" "$@" >"${0%/*}/words"; exec sh -c "${@: -1}"',
  );
  restored(t, 'TMPDIR', 'XDG_RUNTIME_DIR');
  process.env.TMPDIR = directory;
  const own = { user: 0, mode: 0o700 };
  for (const [index, one] of [own, ...OTHERS].entries()) {
    const session = directoryOf(join(directory, `session-${index}`), one);
    process.env.XDG_RUNTIME_DIR = session;
    await (await openConnection(host, sshConfig)).close();
    const [, used] = /^ControlPath=(.*)\/pa-/m.exec(
      readFileSync(join(directory, 'bin/words'), 'utf8'),
    )!;
    const expected = one === own ? session : join(directory, 'pocket-automations-0');
    assert.equal(used, expected, JSON.stringify(one));
  }
});

test('no connection is opened where others can change the directory for its socket', {
  skip,
}, async (t) => {
  const { host, sshConfig, directory } = pretended(t);
  restored(t, 'TMPDIR', 'XDG_RUNTIME_DIR');
  process.env.XDG_RUNTIME_DIR = '';
  for (const [index, one] of OTHERS.entries()) {
    process.env.TMPDIR = join(directory, `${index}`);
    mkdirSync(process.env.TMPDIR);
    const socket = directoryOf(join(process.env.TMPDIR, 'pocket-automations-0'), one);
    const opened = openConnection(host, sshConfig).then((connection) => connection.close());
    await assert.rejects(opened, {
      exitCode: EXIT.failed,
      message: `${socket} belongs to somebody else or can be changed by others: remove it`,
    });
  }
});
