import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, describe, type TestContext, test } from 'node:test';
import { stringify } from 'yaml';
import type { CheckContext } from '../../../lib/checks/context.ts';
import { secretStoreChecks } from '../../../lib/checks/secret-store.ts';
import { filesVerdict, secretChecks } from '../../../lib/checks/secrets.ts';
import { type Deployment, loadDeployment } from '../../../lib/deployment.ts';
import { generatePrivateKey } from '../../../lib/secrets/keys.ts';
import { secretFiles } from '../../../lib/secrets/secret-files.ts';
import { loadSecrets } from '../../../lib/secrets/secrets.ts';
import { isWeak } from '../../../lib/secrets/weak-secrets.ts';
import { Shell } from '../../../lib/shell.ts';
import { roles } from '../../../scripts/deploy.mjs';
import { filledProfiles, PROFILES } from '../../profiles.ts';
import { ask } from './ask.ts';
import { labContext, MANAGED } from './deployment.ts';

const filled = filledProfiles();
after(() => filled.remove());
writeFileSync(
  join(filled.directory, 'supplier-keys.yaml'),
  stringify({ keys: [generatePrivateKey()] }),
);

describe('the files that are looked at are those to which a deployment writes secrets', () => {
  for (const profile of PROFILES.filter((name) => !/custom|lab/.test(name))) {
    test(profile, () => {
      const deployment = loadDeployment(filled.path(profile), { root: filled.directory });
      const secrets = loadSecrets(deployment, { create: true });
      for (const host of deployment.hosts) {
        const known = looked(deployment, host);
        assert.deepEqual(known.toSorted(), written(deployment, secrets, host).toSorted());
      }
    });
  }
});

test('a secret on a host is for root alone, or for the user of the container that needs it', () => {
  const deployment = loadDeployment(filled.path('provider-plus-public-middleman'), {
    root: filled.directory,
  });
  assert.deepEqual(
    deployment.hosts.flatMap((host) => looked(deployment, host)),
    [
      '/opt/pocket/postgres/.env 600 0:0',
      '/opt/pocket/temporal/.env 600 0:0',
      '/opt/pocket/provider/.env 600 0:0',
      '/opt/pocket/redis/config/password.conf 400 999:0',
      '/opt/pocket/exporters/redis/passwords.json 400 59000:59000',
      '/opt/pocket/exporters/postgres/password 400 65534:65534',
      '/opt/pocket/relayminer/keys/keys.yaml 400 1000:1000',
      '/opt/pocket/relayminer/relayer/relayer.yaml 400 1000:1000',
      '/opt/pocket/relayminer/miner/miner.yaml 400 1000:1000',
      '/opt/pocket/monitoring/grafana/secrets/admin-password 400 472:0',
      '/opt/pocket/middleman/.env 600 0:0',
    ],
  );
});

/** Path, mode and owner of every file of a host that is looked at. */
function looked(deployment: Deployment, host: CheckContext['host']): string[] {
  return secretFiles(deployment, host).map((file) => Object.values(file).join(' '));
}

/** Path, mode and owner of every file in which a step of a role writes a secret. */
function written(
  deployment: Deployment,
  secrets: CheckContext['secrets'],
  host: CheckContext['host'],
): string[] {
  const values = secrets.named().map(({ value }) => value);
  return roles
    .filter(({ name }) => host.roles.includes(name))
    .flatMap((role) => role.steps({ deployment, host, secrets }))
    .filter(({ content }) => values.some((value) => String(content).includes(value)))
    .flatMap(({ facts = [] }) =>
      facts.flatMap((fact) =>
        fact.of === 'path'
          ? [`${fact.path} ${fact.mode} ${fact.owner?.replace('root:root', '0:0')}`]
          : [],
      ),
    );
}

test('a file of another mode, owner or kind, or that is not there, has failed', () => {
  const file = {
    path: '/opt/pocket/redis/config/password.conf',
    mode: '400',
    owner: '999:0',
  } as const;
  const judged = (line: string) => {
    const { verdict, evidence } = filesVerdict(line, [file], () => 'again');
    return `${verdict} ${evidence}`;
  };
  assert.equal(judged(`400 999:0 regular file ${file.path}\n`), 'pass 1 files');
  assert.equal(
    judged(`444 999:0 regular file ${file.path}\n`),
    `fail ${file.path} is 444 999:0; wanted: 400 999:0`,
  );
  assert.match(judged(`400 0:0 regular file ${file.path}\n`), /^fail .* is 400 0:0; wanted/);
  assert.match(judged(`400 999:0 symbolic link ${file.path}\n`), /^fail .* is 400 999:0 symbolic/);
  assert.equal(judged(`absent ${file.path}\n`), `fail ${file.path} is not there`);
  assert.match(judged(''), /^fail/);
});

/** The files of the lab's host in a directory of the test's, and how they are judged there. */
function hostWith(t: TestContext, files: Record<string, string>) {
  const root = mkdtempSync(join(tmpdir(), 'pocket-secret-files-'));
  t.after(() => rmSync(root, { recursive: true, force: true }));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  const [, placeholders] = secretChecks(labContext({ profile: 'monitoring_hosts: [lab]' }));
  const probe = new Shell(placeholders!.probe.text.replaceAll('/opt/pocket', root));
  return async () => {
    const found = (await ask([{ ...placeholders!, probe }]))['secrets.placeholders']!;
    return { ...found, evidence: found.evidence.replaceAll(root, '') };
  };
}

test('defaults and placeholders on a host are told by file and line, and never shown', async (t) => {
  const ask = hostWith(t, {
    'postgres/.env':
      '# POSTGRES_PASSWORD=change-me\nPOSTGRES_USER=postgres\nPOSTGRES_PASSWORD=Igniter123\n',
    'provider/.env': `APP_IDENTITY=${'0'.repeat(63)}1\nDATABASE_URL='postgresql://pocket:postgres@postgres:5432/provider'\nENCRYPTION_KEY="\${KEY}"\nAUTH_SECRET=@{secret:auth_secret}\n`,
    'redis/config/password.conf': 'requirepass "changeme-please"\n',
    'exporters/redis/passwords.json': '{"redis://redis:6379":"redis"}\n',
    'monitoring/grafana/secrets/admin-password': 'admin\n',
    'relayminer/keys/keys.yaml': `keys:\n  - "${'ab'.repeat(32)}"\n  - "${'1'.repeat(64)}"\n`,
  });
  const { verdict, evidence, fix } = await ask();
  assert.equal(verdict, 'fail');
  assert.deepEqual(evidence.replace('a default or placeholder in ', '').split(', ').toSorted(), [
    '/exporters/redis/passwords.json:1',
    '/monitoring/grafana/secrets/admin-password:1',
    '/postgres/.env:3',
    '/provider/.env:1',
    '/provider/.env:2',
    '/provider/.env:3',
    '/provider/.env:4',
    '/redis/config/password.conf:1',
    '/relayminer/keys/keys.yaml:3',
  ]);
  assert.match(fix, /^scripts\/\S+\.mjs --profile .* --limit lab$/);
});

test('secrets that were made up pass, whatever stands around them', async (t) => {
  const secret = 'a canary @ "$HOME"/%41 `id` #1';
  const ask = hostWith(t, {
    'postgres/.env': `POSTGRES_USER=postgres\nPOSTGRES_PASSWORD='${secret}'\n`,
    'provider/.env': `OWNER_IDENTITY=pokt1s6mfp75w66t7l44hyryaqcma5t2j8fswnl379y\nAPP_IDENTITY=${generatePrivateKey()}\nDATABASE_URL=postgresql://provider:${encodeURIComponent(secret)}@postgres:5432/provider\n`,
    'redis/config/password.conf': `requirepass ${JSON.stringify(secret)}\n`,
  });
  assert.equal((await ask()).verdict, 'pass');
});

test('a host without any of the files has failed', async (t) => {
  assert.match((await hostWith(t, {})()).evidence, /there is none of the files/);
});

test('what anybody would try first is told from what was made up', () => {
  const weak = [
    'changeme',
    'Change-Me-123456',
    'password123!',
    'postgres',
    'igniter',
    'your-secret-here',
    '<secret>',
    '0'.repeat(64),
    `${'0'.repeat(63)}1`,
    'f'.repeat(64),
    '0123456789abcdef'.repeat(4),
    'admin',
    'grafana-password',
  ];
  for (const one of weak) assert.ok(isWeak(one), one);
  for (const one of [
    'correct horse battery',
    generatePrivateKey(),
    'postgres-7c1f',
    'https://hooks.example.net/x1',
  ])
    assert.ok(!isWeak(one), one);
});

describe('on the operator’s machine', () => {
  const asked = async ({ deployment, secrets }: CheckContext, id: string) => {
    const check = secretStoreChecks(deployment, secrets).find((one) => one.id === `secrets.${id}`);
    const { verdict, evidence, fix = '' } = await check!.ask();
    return { told: `${verdict} ${evidence}`, fix };
  };
  const keysFile = ({ deployment }: CheckContext) =>
    deployment.profile.relayminer!.keys_file!.replace(/^file:/, '');

  test('what others may read is told, with the command that ends it', async () => {
    const context = labContext();
    assert.match((await asked(context, 'store')).told, /^pass 2 files$/);
    chmodSync(keysFile(context), 0o640);
    const { told, fix } = await asked(context, 'store');
    assert.match(told, /^fail \S+supplier-keys\.yaml has mode 640; wanted: nothing for others$/);
    assert.match(fix, /^chmod go= \S+supplier-keys\.yaml$/);
    chmodSync(keysFile(context), 0o600);
    chmodSync(context.deployment.directory, 0o755);
    assert.match(
      (await asked(context, 'store')).told,
      /^fail \S+ has mode 755; wanted: nothing for others$/,
    );
  });

  test('a default among the secrets in use is told by its name', async (t) => {
    process.env.WEAK_FOR_A_TEST = 'postgres-password';
    t.after(() => delete process.env.WEAK_FOR_A_TEST);
    const context = labContext({ profile: 'secrets: {postgres_password: "env:WEAK_FOR_A_TEST"}' });
    assert.equal((await asked(context, 'values')).told, 'fail postgres_password');
    writeFileSync(keysFile(context), stringify({ keys: ['11'.repeat(32)] }));
    const secrets = loadSecrets(context.deployment, { create: false });
    assert.match(
      (await asked({ ...context, secrets }, 'values')).told,
      /^fail postgres_password, the key of the supplier pokt1/,
    );
  });

  test('supplier keys that do not exist yet are missed, and where they are to be is told', async () => {
    const context = labContext();
    assert.equal((await asked(context, 'supplier-keys')).told, 'pass 1 keys');
    rmSync(keysFile(context));
    const secrets = loadSecrets(context.deployment, { create: false, roles: [] });
    const { told } = await asked({ ...context, secrets }, 'supplier-keys');
    assert.match(told, /^fail \S+\/supplier-keys\.yaml has none yet$/);
    const provider = { ...context.deployment.profile, relayminer: undefined };
    const without = secretStoreChecks({ ...context.deployment, profile: provider }, secrets);
    assert.ok(!without.some(({ id }) => id === 'secrets.supplier-keys'));
  });

  test('a secret of another deployment is told by names, and by no value', async () => {
    const context = labContext();
    assert.equal((await asked(context, 'shared')).told, 'pass there is no other');
    const other = join(dirname(context.deployment.directory), 'staging');
    mkdirSync(other);
    writeFileSync(join(other, 'secrets.yaml'), stringify({ redis_password: 'another one' }));
    assert.equal((await asked(context, 'shared')).told, 'pass 1 others');
    const password = context.secrets.get('postgres_password').reveal();
    writeFileSync(
      join(other, 'secrets.yaml'),
      stringify({
        postgres_password: password,
        redis_password: context.secrets.get('redis_password').reveal(),
        grafana_admin_password: password,
      }),
    );
    writeFileSync(join(other, 'supplier-keys.yaml'), readFileSync(keysFile(context)));
    const { told } = await asked(context, 'shared');
    const { address } = context.secrets.supplierKeys[0]!;
    assert.equal(
      told,
      [
        'fail postgres_password, also of staging',
        'postgres_password, which is grafana_admin_password of staging',
        'redis_password, also of staging',
        `the key of the supplier ${address}, also of staging`,
      ].join('; '),
    );
    writeFileSync(join(other, 'secrets.yaml'), '{ not yaml');
    rmSync(join(other, 'supplier-keys.yaml'));
    assert.equal((await asked(context, 'shared')).told, 'pass 1 others');
  });

  test('the password of a managed service is the same for all who use it', async (t) => {
    process.env.TEST_MANAGED_PASSWORD = 'the-administrator-chose-it';
    t.after(() => delete process.env.TEST_MANAGED_PASSWORD);
    const context = labContext({ profile: MANAGED });
    const other = join(dirname(context.deployment.directory), 'staging');
    mkdirSync(other);
    const store = (names: string[]) =>
      writeFileSync(
        join(other, 'secrets.yaml'),
        stringify(
          Object.fromEntries(
            names.map((name) => [name, context.secrets.get(name as 'auth_secret').reveal()]),
          ),
        ),
      );
    store(['postgres_password']);
    assert.equal((await asked(context, 'shared')).told, 'pass 1 others');
    store(['postgres_password', 'auth_secret']);
    assert.equal((await asked(context, 'shared')).told, 'fail auth_secret, also of staging');
    const password = context.secrets.get('postgres_password').reveal();
    writeFileSync(join(other, 'secrets.yaml'), stringify({ grafana_admin_password: password }));
    assert.equal(
      (await asked(context, 'shared')).told,
      'fail postgres_password, which is grafana_admin_password of staging',
    );
  });
});
