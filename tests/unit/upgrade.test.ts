import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { loadSecrets } from '../../lib/secrets/secrets.ts';
import { lines, sh } from '../../lib/shell.ts';
import { savedBeforeUpgrade } from '../../lib/upgrade.ts';
import { localShell } from './checks/local.ts';
import { OWN_RUN, runSteps, skip, temporary } from './engine/run.ts';
import { deployment, ONE_HOST } from './roles/deployed.ts';

const STOPPED = 'compose stop provider-web provider-workflows';
const STARTED = 'start pocket-provider-provider-web-1 pocket-provider-provider-workflows-1';

/** What became of the step, what docker was told meanwhile, and the files that are left, where the dump is this shell. */
async function saved(t: TestContext, dump: string) {
  const { loaded } = deployment(t, ONE_HOST);
  const secrets = loadSecrets(loaded, { create: true });
  const [step] = savedBeforeUpgrade(
    { deployment: loaded, host: loaded.host('one'), secrets },
    'provider',
  );
  const place = temporary(t);
  const docker = sh`
    docker() {
      [[ $1 == run ]] || printf '%s\n' "$*" >>${place}/told
      case $1 in run) eval ${dump} ;; inspect) echo old ;; esac
    }`;
  const words = OWN_RUN.map((word) =>
    word.replace(
      '&&',
      `&& mount -t tmpfs tmpfs /opt && mkdir -p /opt/pocket && ln -s ${place} /opt/pocket/provider &&`,
    ),
  );
  const { events } = await runSteps(
    [
      {
        ...step!,
        check: sh`[[ -e ${place}/told ]]`,
        apply: lines(docker, step!.apply),
        timeoutSeconds: 2,
      },
    ],
    { secrets: secrets.named(), connection: localShell({ words }) },
  );
  const told = readFileSync(join(place, 'told'), 'utf8').trim().split('\n');
  return { end: events.at(-1)!, told, files: readdirSync(join(place, 'backups')) };
}

test('what works with a database is ended before it is saved, and its containers go', {
  skip,
}, async (t) => {
  const { end, told, files } = await saved(t, 'cat >/dev/null; echo dump');
  assert.equal(end.type, 'changed', end.output);
  assert.deepEqual(told, [STOPPED, 'compose rm --force provider-web provider-workflows']);
  assert.match(files.join(), /^provider-\d{8}T\d{6}Z\.dump$/);
});

for (const [how, dump, status] of [
  ['fails', 'echo half; false', 1],
  ['takes too long', 'echo half; sleep 60', 124],
] as const)
  test(`where saving it ${how}, they go on, and no half of a dump is left`, { skip }, async (t) => {
    const { end, told, files } = await saved(t, dump);
    assert.deepEqual([end.type, end.exitStatus], ['failed', status], end.output);
    assert.deepEqual(told, [STOPPED, STARTED]);
    assert.deepEqual(files, []);
  });
