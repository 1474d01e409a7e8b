import assert from 'node:assert/strict';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import type { Host } from '../../../lib/deployment.ts';
import type { Connection } from '../../../lib/run/connection.ts';
import { scriptOf } from '../../../lib/run/part-script.ts';
import { isAlreadySo, questionOf } from '../../../lib/run/question.ts';
import type { Secrets } from '../../../lib/secrets/secrets.ts';
import type { Step } from '../../../lib/step.ts';
import { directory, file } from '../../../lib/steps/file.ts';
import { labContext } from '../checks/deployment.ts';
import { localShell } from '../checks/local.ts';
import { OWN_RUN, OWNER, skip, stepOf, temporary } from './run.ts';

const here = { host: { name: 'here' } as Host, ...localShell({ words: OWN_RUN }) };

/** The question of a part with these steps, where one secret is `hunter2`. */
function questionAbout(...steps: Step[]): string | undefined {
  const { deployment, host } = labContext();
  const secrets = { named: () => [{ name: 'password', value: 'hunter2' }] } as Partial<Secrets>;
  const role = { name: 'common' as const, summary: '', steps: () => steps };
  return scriptOf({ host, roles: [role] }, deployment, secrets as Secrets).question;
}

describe('whether a host is already so', { skip }, () => {
  test('is told by the facts of all steps, each of which counts', async (t) => {
    const parent = temporary(t);
    const paths = ['one', 'two'].map((name) => join(parent, name));
    const steps = paths.map((path) => file({ path, content: 'x\n', owner: OWNER }));
    const questions = [
      questionAbout(...steps, directory({ path: parent, mode: '700', owner: OWNER })),
    ];
    const answers: boolean[] = [];
    const ask = async () => answers.push(await isAlreadySo(here, questions));
    await ask();
    for (const path of paths) {
      writeFileSync(path, 'x\n');
      chmodSync(path, 0o644);
      await ask();
    }
    writeFileSync(paths[0]!, 'y\n');
    await ask();
    assert.deepEqual(answers, [false, false, true, false]);
  });

  test('needs every part of the host to be so', async (t) => {
    const path = join(temporary(t), 'x');
    const so = questionAbout(directory({ path: '/', owner: 'root:root' }));
    const missing = questionAbout(file({ path, content: 'x\n', owner: OWNER }));
    assert.equal(await isAlreadySo(here, [so, so]), true);
    assert.equal(await isAlreadySo(here, [so, missing]), false);
    assert.equal(await isAlreadySo(here, [missing, so]), false);
  });

  test('is not so where a program hangs: it is given up', async () => {
    const hanging = questionOf([{ of: 'user', name: 'root', home: '/root', shell: '/bin/bash' }])
      .replace('seconds=60', 'seconds=1')
      .replace('getent', 'sleep 30; getent');
    const began = Date.now();
    assert.equal(await isAlreadySo(here, [hanging]), false);
    assert.ok(Date.now() - began < 20_000);
  });
});

test('a host is not asked where facts alone cannot tell, even of some of its parts', async () => {
  const asked: string[] = [];
  const connection: Pick<Connection, 'host' | 'run'> = {
    host: here.host,
    run: async (script) => asked.push(script),
  };
  const so = questionAbout(file({ path: '/x', content: 'x\n' }));
  const ownCheck = questionAbout(file({ path: '/x', content: 'x\n' }), stepOf('true', 'true'));
  const secret = questionAbout(file({ path: '/x', content: 'password hunter2\n' }));
  assert.ok(so);
  assert.deepEqual([ownCheck, secret], [undefined, undefined]);
  assert.equal(await isAlreadySo(connection, [so, ownCheck]), false);
  assert.deepEqual(asked, []);
});

test('a word that does not bear the mark of this run is no answer', async () => {
  const forging: Pick<Connection, 'host' | 'run'> = {
    host: here.host,
    run: async (_, onLine) => {
      for (const line of ['so', '0 so', ' so', 'NONCE so']) onLine(line);
      return 0;
    },
  };
  const question = questionAbout(file({ path: '/x', content: 'x\n' }));
  assert.equal(await isAlreadySo(forging, [question]), false);
});
