import assert from 'node:assert/strict';
import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { type TestContext, test } from 'node:test';
import type { Host } from '../../../lib/deployment.ts';
import { EXIT, UserError } from '../../../lib/exit-codes.ts';
import { openConnection } from '../../../lib/run/connection.ts';
import { Shell } from '../../../lib/shell.ts';
import { directoryWith } from '../profile/temporary.ts';

const skip = process.getuid?.() === 0 ? false : 'an ssh that only starts a shell here needs root';

/** What comes of feeding a command over an ssh that is a shell of this machine, in one process with what it runs. */
async function feeding(
  t: TestContext,
  command: string,
  input = Readable.from(['a stream']),
  signal?: AbortSignal,
): Promise<unknown> {
  const directory = directoryWith(t, {
    'bin/ssh': '#!/bin/bash\nexec sh -c "${@: -1}"\n',
    ssh_config: '',
  });
  chmodSync(join(directory, 'bin/ssh'), 0o755);
  const { PATH } = process.env;
  t.after(() => {
    process.env.PATH = PATH;
  });
  process.env.PATH = `${join(directory, 'bin')}:${PATH}`;
  const host = { name: 'far', local: false } as Host;
  const connection = await openConnection(host, join(directory, 'ssh_config'));
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
