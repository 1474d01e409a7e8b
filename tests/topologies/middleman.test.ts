import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { $ } from 'zx';
import { generatePrivateKey } from '../../lib/secrets/keys.ts';
import { formsOf } from '../../lib/secrets/secret.ts';
import { type Host, testHosts } from '../fleet/hosts.ts';
import { runScript, type ScriptResult } from '../fleet/lab-fixture.ts';
import { privateAuthority } from '../fleet/private-authority.ts';
import { sample } from '../fleet/sampler.ts';
import { containersByStack, remade } from '../fleet/state.ts';
import { buildImages } from '../lab/images/build.ts';
import { directoryWith, OWNER } from '../unit/profile/temporary.ts';

const IMAGES = {
  postgres: 'debian/postgres:17',
  temporal: 'standin/temporal-auto-setup:1.28.1.0',
  temporal_admin_tools: 'standin/temporal-admin-tools:1.28.1',
  provider: 'standin/igniter-provider:0.9.0',
  provider_workflows: 'standin/igniter-provider-workflows:0.9.0',
  middleman: 'standin/igniter-middleman:0.9.0',
  middleman_workflows: 'standin/igniter-middleman-workflows:0.9.0',
  caddy: 'debian/caddy:2.11.4',
};
const CHAIN = 'standin/pocket-chain:1';
const ROLES = 'common,firewall,install-docker,images,postgres,temporal,provider,middleman';
const GROUPS = 'docker,postgres,temporal,provider,middleman';
const STAKE = 'stake.fleet.internal';
const API = 'api.fleet.internal';
const WEB = 'pocket-middleman-middleman-web-1';

const CANARIES = {
  middleman_app_identity: generatePrivateKey(),
  middleman_auth_secret: `canary-middleman ${'%s'.repeat(20)} && 'quoted'`,
  middleman_notification_key: 'ca11ab1e'.repeat(8),
};
const variable = (name: string) => `FLEET_${name.toUpperCase()}`;

test('Provider and Middleman on one host', { timeout: 900_000 }, async (t) => {
  const references = Object.values(IMAGES);
  await buildImages([...references, CHAIN]);
  for (const [name, value] of Object.entries(CANARIES)) {
    process.env[variable(name)] = value;
    t.after(() => delete process.env[variable(name)]);
  }
  const { one } = await testHosts(t, { one: { user: 'operator' } });
  await $`docker save ${[...references, CHAIN]} | docker exec -i ${one.container} docker load`.quiet();
  const operator = await operatorOf(t, one);
  const texts = Object.values(CANARIES).flatMap(formsOf);

  await t.test(
    'peer defect D27 cannot happen here: it is deployed while no public URL answers',
    async () => {
      const control = 'shown-on-purpose-by-this-test';
      const onHost = sample([control, ...texts], ['cmdline', 'environ'], one.container);
      const here = sample(texts, ['cmdline']);
      const deployed = operator
        .deploy()
        .finally(() => one.exec(`SHOWN=${control} perl -e 'sleep 1' ${control}`));
      const [{ all }, there, local] = await Promise.all([
        deployed,
        deployed.catch(() => {}).then(() => onHost.stop()),
        deployed.catch(() => {}).then(() => here.stop()),
      ]);
      assert.deepEqual(there.seen, ['0 cmdline perl', `0 environ perl -e sleep 1 ${control}`]);
      assert.deepEqual(local.seen, []);
      for (const text of texts) assert.ok(!all.includes(text), 'what it prints holds a secret');
      const found = await operator.findings();
      assert.match(found['middleman.own-url'] ?? '', /^fail: no answer: .*ECONNREFUSED/);
      assert.equal(found['middleman.health'], 'pass: 200 {}');
    },
  );

  await t.test(
    'the public names lead from inside the container to the proxy of the host',
    async () => {
      await operator.deploy('reverse-proxy');
      await startChain(one);
      const found = Object.entries(await operator.findings());
      assert.deepEqual(
        found.filter(([, finding]) => !finding.startsWith('pass')),
        [],
      );
      const ids = found.map(([id]) => id);
      for (const id of ['middleman.provider-api', 'temporal.namespace-middleman'])
        assert.ok(ids.includes(id), id);
    },
  );

  await t.test('a second deploy changes nothing', async () => {
    assert.deepEqual((await operator.deploy()).changed, []);
  });

  await t.test('its secrets are in one file, which only root reads', async () => {
    const { stdout } = await one.exec(`
      texts=$(mktemp /run/texts.XXXXXX)
      cat >"$texts" <<'TEXTS'
${texts.join('\n')}
TEXTS
      # Beside what Docker itself keeps of its containers, environment included.
      find / -xdev -type f -not -path '/var/lib/containerd/*' -not -path "$texts" -print0 |
        { xargs -0 grep -lsaF -f "$texts" || :; } | xargs -r stat -c '%a %u:%g %n'`);
    assert.equal(stdout, '600 0:0 /opt/pocket/middleman/.env\n');
    const logs = await one.exec(
      'for name in $(docker ps --all --format "{{.Names}}"); do docker logs $name; done 2>&1',
    );
    for (const text of texts) assert.ok(!logs.stdout.includes(text));
  });

  await t.test('a changed setting makes anew only the container that reads it', async () => {
    const before = await containersByStack(one);
    operator.change('you@nodes.net', 'them@nodes.net');
    assert.deepEqual((await operator.deploy()).changed, [
      'Write /opt/pocket/middleman/.env',
      'Bring up the stack middleman',
    ]);
    const after = await containersByStack(one);
    assert.deepEqual(remade(before, after), ['middleman']);
    const kept = (before.middleman ?? []).filter((container) =>
      after.middleman?.includes(container),
    );
    assert.deepEqual(
      kept.map((container) => container.split(' ')[0]),
      ['middleman-migration', 'middleman-workflows'],
    );
  });

  await t.test(
    'after its wizard others may sign in, and what it signs reaches the Provider',
    async () => {
      assert.match(await signIn(one), /error=AccessDenied/);
      for (const [step, values] of wizard()) {
        const done = await one.exec(
          `docker exec ${WEB} curl -sS -H 'X-Standin: wizard' -d '${JSON.stringify(values)}' http://127.0.0.1:3000/standin/wizard/${step}`,
        );
        assert.match(done.stdout, /^\{"step"/, `${step}: ${done.stdout}`);
      }
      assert.match(await signIn(one), /error=CredentialsSignin/);
      const database = 'docker exec pocket-postgres-postgres-1 psql -At -U igniter -d middleman';
      await one.exec(`${database} -c "UPDATE providers SET url = 'https://${API}'"`);
      const identity = (await one.exec(`${database} -c "SELECT identity FROM providers"`)).stdout;
      const body = { provider: identity.trim(), path: '/api/status', data: {} };
      const { stdout } = await one.exec(
        `docker exec ${WEB} curl -sS -d '${JSON.stringify(body)}' http://127.0.0.1:3000/api/provider-rpc`,
      );
      assert.equal(stdout, '{"error":"Forbidden. Application is not ready for requests."}');
      await one.exec(
        'until docker logs pocket-middleman-middleman-workflows-1 2>&1 | grep -q "Bootstrap completed"; do sleep 1; done',
      );
      const found = await operator.findings();
      assert.equal(found['middleman.bootstrap'], 'pass: the wizard was completed');
      assert.equal(found['middleman.worker'], 'pass: it works on its task queue');
    },
  );

  await t.test('the report has its identity and its wizard, and no secret', async () => {
    const run = await runScript(operator.home, 'report', '--profile', operator.profile);
    assert.equal(run.status, 0, run.stderr);
    const report = readFileSync(join(operator.home, 'reports', 'fleet', 'report.md'), 'utf8');
    assert.match(report, new RegExp(`https://${STAKE}/admin/setup`));
    for (const text of texts) assert.ok(!report.includes(text));
  });
});

interface Operator {
  home: string;
  profile: string;
  change(from: string, to: string): void;
  /** Deploys, everything but the proxy where no roles are given; the titles of the steps that changed something, and everything that was printed. */
  deploy(roles?: string): Promise<{ changed: unknown[]; all: string }>;
  /** What validation says of the groups in question, as "verdict: evidence" by id. */
  findings(): Promise<Record<string, string>>;
}

async function operatorOf(t: TestContext, host: Host): Promise<Operator> {
  const home = directoryWith(t, {});
  const profile = join(home, 'p.yaml');
  await privateAuthority(home, [STAKE, API], 2);
  const secrets = Object.keys(CANARIES).map((name) => `  ${name}: env:${variable(name)}\n`);
  const images = Object.entries(IMAGES).map(([name, image]) => `  ${name}: ${image}\n`);
  writeFileSync(
    profile,
    `name: fleet
pocket_network: beta
pocket_rpc_url: http://chain:26657
pocket_api_url: http://chain:1317
hosts:
  one: {address: ${host.user}@${host.address}, identity_file: ${host.identityFile}}
provider_hosts: [one]
middleman_hosts: [one]
postgres_hosts: [one]
temporal_hosts: [one]
reverse_proxy_hosts: [one]
reverse_proxy:
  acme_email: me@nodes.net
  certificates:
    ${STAKE}: {certificate: leaf.pem, key: leaf.key}
    ${API}: {certificate: leaf.pem, key: leaf.key}
provider_public_api_domain: ${API}
middleman_domain: ${STAKE}
provider: {owner_identity: ${OWNER}, owner_email: me@nodes.net}
middleman:
  owner_identity: ${OWNER}
  owner_email: you@nodes.net
  providers_url: http://chain:8088/governance/{chainId}/provider.json
  trusted_authority: authority.pem
images:
${images.join('')}secrets:
${secrets.join('')}`,
  );
  const run = async (name: string, ...words: string[]): Promise<ScriptResult> =>
    runScript(home, name, '--profile', profile, '--json', ...words);
  return {
    home,
    profile,
    change: (from, to) => writeFileSync(profile, readFileSync(profile, 'utf8').replace(from, to)),
    deploy: async (roles = ROLES) => {
      const { status, stdout, stderr, events } = await run('deploy', '--only', roles, '--yes');
      assert.equal(status, 0, stdout + stderr);
      const changed = events.filter((one) => one.type === 'step' && one.status === 'changed');
      return { changed: changed.map(({ title }) => title), all: stdout + stderr };
    },
    findings: async () => {
      const { events } = await run('validate', '--only', GROUPS);
      const found = events.filter(({ type, id }) => type === 'finding' && id !== 'docker.caddy');
      return Object.fromEntries(found.map((one) => [one.id, `${one.verdict}: ${one.evidence}`]));
    },
  };
}

/** The chain that the applications ask, and its registry. */
async function startChain(host: Host): Promise<void> {
  await host.exec(`
    docker run --detach --name chain --network pocket --network-alias chain --env CHAIN_ID=pocket-lego-testnet ${CHAIN}
    until docker exec ${WEB} curl -fsS http://chain:26657/status; do sleep 1; done`);
}

/** Where somebody who is not the owner ends up who signs in at the public URL. */
async function signIn(host: Host): Promise<string> {
  const { stdout } = await host.exec(
    `curl -sS --insecure --connect-to ::127.0.0.1: -o /dev/null -w '%{redirect_url}' -d '' https://${STAKE}/api/auth/callback/siwp`,
  );
  return stdout;
}

function wizard(): [string, unknown][] {
  return [
    [
      'blockchain',
      {
        pocketApiUrl: 'http://chain:1317',
        pocketRpcUrl: 'http://chain:26657',
        indexerApiUrl: 'http://chain:8088',
      },
    ],
    [
      'settings',
      {
        name: 'Stake',
        supportEmail: 'you@nodes.net',
        ownerEmail: 'you@nodes.net',
        fee: 1,
        delegatorRewardsAddress: OWNER,
      },
    ],
    ['providers', { enabled: 'all' }],
    ['finish', {}],
  ];
}
