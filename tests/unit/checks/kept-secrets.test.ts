import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { keptSecretsChecks } from '../../../lib/checks/kept-secrets.ts';
import { EXIT, UserError } from '../../../lib/exit-codes.ts';
import { ROOT } from '../../../lib/own-files.ts';
import type { Connection } from '../../../lib/run/connection.ts';
import { preflight } from '../../../lib/run/preflight.ts';
import { provider } from '../../../scripts/provider.mjs';
import { skip } from '../engine/run.ts';
import { ask } from './ask.ts';
import { labContext } from './deployment.ts';

const context = labContext();
const KEY = context.secrets.get('encryption_key').reveal();
const own = (name: 'app_identity' | 'encryption_key' | 'encryption_iv') =>
  context.secrets.get(name).reveal();
const env = (values: Record<string, string>) =>
  Object.entries(values)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');
const OWN = env({
  LOG_LEVEL: 'info',
  APP_IDENTITY: own('app_identity'),
  ENCRYPTION_KEY: KEY,
  ENCRYPTION_IV: own('encryption_iv'),
});

/** What a deploy of these roles is told on a host whose Provider has this `.env`; none where undefined. */
async function findings(
  dotenv: string | undefined,
  ...roles: Parameters<typeof keptSecretsChecks>[1]
) {
  const write = dotenv === undefined ? ':' : 'printf %s "$1" >/opt/pocket/provider/.env';
  const script = `mount -t tmpfs tmpfs /opt && mkdir -p /opt/pocket/provider && ${write} && shift && exec "$@"`;
  const root = process.getuid?.() === 0 ? [] : ['--map-root-user'];
  const words = ['unshare', ...root, '--mount', 'bash', '-c', script, 'a-host', dotenv ?? ''];
  return ask(keptSecretsChecks(context, roles), { words });
}

test('a deploy that would replace a key of the Provider is refused, and says how the host’s is kept', {
  skip,
}, async () => {
  const other = KEY.replace(/^./, (digit) => (digit === '0' ? '1' : '0'));
  const { verdict, evidence, fix } = (await findings(OWN.replace(KEY, other), 'provider'))[
    'secrets.kept-provider'
  ]!;
  assert.equal(
    `${verdict}: ${evidence}`,
    'fail: encryption_key: the host has another one, which would be lost',
  );
  assert.match(fix, /cat \/opt\/pocket\/provider\/\.env into \S+\/secrets\.yaml/);
  for (const secret of [KEY, other]) assert.ok(!`${evidence}${fix}`.includes(secret));
});

test('the same keys, none at all, and those of a role that is not deployed are in nobody’s way', {
  skip,
}, async () => {
  for (const dotenv of [OWN, undefined, 'APP_IDENTITY=\n'])
    assert.equal((await findings(dotenv, 'provider'))['secrets.kept-provider']?.verdict, 'pass');
  assert.deepEqual(await findings('ENCRYPTION_KEY=other\n', 'redis'), {});
});

test('a host that does not say what it has is refused, whatever else it does not say', async () => {
  const { deployment, host, secrets } = context;
  const parts = [{ host, roles: [provider] }];
  const silent = { host, run: async () => 0 } as unknown as Connection;
  assert.deepEqual(await preflight(silent, { deployment, secrets, parts }), [
    'The keys of the provider are those that the host has? It could not be asked: the host ended the questions early\n  Run this again.',
  ]);
});

test('a host that is lost while it is asked is one that is not reached, and not one that is refused', async () => {
  const { deployment, host, secrets } = context;
  const parts = [{ host, roles: [provider] }];
  const run = () => Promise.reject(new UserError('lab: the connection was lost', EXIT.unreachable));
  await assert.rejects(
    preflight({ host, run } as unknown as Connection, { deployment, secrets, parts }),
    { message: 'lab: the connection was lost', exitCode: EXIT.unreachable },
  );
});

test('what is asked for has its name in the template of the stack', () => {
  const names = { provider: 3, middleman: 2 };
  for (const [role, count] of Object.entries(names)) {
    const [check] = keptSecretsChecks(context, [role as 'provider']);
    const [, list = ''] = /for name in (.*); do/.exec(check!.probe.text) ?? [];
    const template = readFileSync(join(ROOT, 'env-templates', `${role}.env`), 'utf8');
    const asked = list.split(' ');
    assert.equal(asked.length, count);
    for (const name of asked) assert.match(template, new RegExp(`^${name}=\\{\\{`, 'm'));
  }
});
