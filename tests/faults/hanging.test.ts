import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runDeploy } from '../../lib/commands/deploy-command.ts';
import { loadDeployment } from '../../lib/deployment.ts';
import { EXIT } from '../../lib/exit-codes.ts';
import type { Role } from '../../lib/role.ts';
import { sh } from '../../lib/shell.ts';
import { command } from '../../lib/steps/system.ts';
import { testHosts } from '../fleet/hosts.ts';
import { login, scene } from './scene.ts';

const HANGING = sh`
  trap '' TERM
  echo 'asking the far end'
  sleep 600 & echo $! >/run/hanging
  wait; wait`;

test('a command that hangs is ended in its time, with what to do, and the next run goes on', {
  timeout: 180_000,
}, async (t) => {
  const { one, two } = await testHosts(t, { one: { variant: 'bare' }, two: { variant: 'bare' } });
  const place = scene(t);
  place.write({ one: login(one), two: login(two) }, { postgres_hosts: ['two'] });
  const role: Role = {
    name: 'common',
    summary: 'Hangs on one host.',
    steps: ({ host }) => [
      command({
        ...{ title: 'Ask the far end', unless: sh`test -e /run/answered`, timeoutSeconds: 2 },
        run: host.name === 'one' ? HANGING : sh`touch /run/answered`,
      }),
      command({ title: 'Go on', unless: sh`test -e /run/after`, run: sh`touch /run/after` }),
    ],
  };
  const deploy = async () => {
    let said = '';
    const code = await runDeploy({
      ...{ deployment: loadDeployment(place.profile, { root: place.home }), roles: [role] },
      ...{ given: { yes: true }, again: 'the same command' },
      terminal: {
        ...{ live: false, colour: false, verbose: false, out: () => {} },
        err: (text) => {
          said += text;
        },
      },
    });
    return { code, said };
  };

  const hung = await deploy();
  assert.equal(hung.code, EXIT.failed, hung.said);
  assert.match(hung.said, /one: common: Ask the far end: its time was over after \d+ s/);
  assert.match(hung.said, /asking the far end/);
  assert.match(hung.said, /What to do: What hung was ended.* See on the host what it waited for/);
  assert.match(hung.said, /When it is mended, go on with: the same command/);
  await one.exec('! kill -0 $(cat /run/hanging) 2>/dev/null && ! test -e /run/after');
  await one.exec('flock --nonblock /run/pocket-automations.lock true');
  await two.exec('test -e /run/after');

  await one.exec('touch /run/answered');
  const next = await deploy();
  assert.equal(next.code, EXIT.done, next.said);
  await one.exec('test -e /run/after');
});
