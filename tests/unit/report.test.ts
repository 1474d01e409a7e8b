import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash, generateKeyPairSync } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { checksOf, fleetChecksOf } from '../../lib/checks/all.ts';
import { type Deployment, loadDeployment } from '../../lib/deployment.ts';
import { imagesOf } from '../../lib/images/role-images.ts';
import { usesStandIns } from '../../lib/images/stand-ins.ts';
import { code, commands, plain, table } from '../../lib/report/markdown.ts';
import { reportMarkdown } from '../../lib/report/report.ts';
import { stakingSteps } from '../../lib/report/staking.ts';
import { QUESTIONS } from '../../lib/report/state.ts';
import type { Answer, Step } from '../../lib/report/wizard.ts';
import { writeReport } from '../../lib/report/write.ts';
import { formsOf } from '../../lib/secrets/secret.ts';
import {
  generatePrivateKey,
  loadSecrets,
  publicKey,
  type Secrets,
} from '../../lib/secrets/secrets.ts';
import type { Finding } from '../../lib/validation/check.ts';
import { STEPS } from '../lab/standins/igniter/wizard-values.ts';
import { filledProfiles } from '../profiles.ts';
import { reportText, withoutGlossary } from '../report-text.ts';
import { directoryWith, OWNER } from './profile/temporary.ts';

/** What the chain takes as the URL of an endpoint (poktroll, x/shared/types/service.go, IsValidEndpointUrl, v0.1.35). */
const STAKEABLE = /^(https?|wss?):\/\/[^/]/;
const NOW = new Date('2026-11-23T12:00:00Z');
const KEYS = [generatePrivateKey(), generatePrivateKey()];
const APP_IDENTITY = generatePrivateKey();
const PASSWORD = 'canary/p@ss word-1';
const TOKEN = 'canary-token-2';

const SPREAD = `pocket_network: main
hosts:
  edge: {address: edge.nodes.net, private_address: 10.0.0.1}
  relay-a: {address: 203.0.113.5, private_address: 10.0.0.2}
  relay-b: {address: 203.0.113.6, private_address: 10.0.0.3}
  data: {address: 203.0.113.7, private_address: 10.0.0.4}
  provider: {address: provider.nodes.net, private_address: 10.0.0.5}
postgres_hosts: [data]
temporal_hosts: [data]
redis_hosts: [data]
provider_hosts: [provider]
relay_relayers: [relay-a, relay-b]
relay_miners: [data]
reverse_proxy_hosts: [edge]
relay_public_domain: relay.nodes.net
reverse_proxy: {acme_email: me@nodes.net}
provider: {owner_identity: ${OWNER}, owner_email: me@nodes.net, auth_url: "http://localhost:4001"}
relayminer:
  keys_file: keys.yaml
  services:
    eth:
      backends:
        jsonrpc: {url: "https://eth.nodes.net", headers: {Authorization: "env:REPORT_TEST_TOKEN"}}
        websocket: {url: "wss://eth.nodes.net"}
    cosmoshub:
      default_backend: rest
      backends:
        rest: {url: "https://hub.nodes.net"}
        grpc: {url: "hub.nodes.net:9090"}
        cometbft: {url: "https://hub-rpc.nodes.net"}
secrets:
  redis_password: "cmd:printf '${PASSWORD}'"
  app_identity: env:REPORT_TEST_IDENTITY
`;

/** The same without a Provider. */
const NO_PROVIDER = SPREAD.replace(
  /^( {2})?(provider|provider_hosts|postgres_hosts|temporal_hosts):.*\n/gm,
  '',
).replace(/^ {2}app_identity.*\n/m, '');

interface Given {
  deployment: Deployment;
  secrets: Secrets;
  now: Date;
  findings?: Finding[];
}

function given(t: TestContext, profile = SPREAD): Given {
  process.env.REPORT_TEST_IDENTITY = APP_IDENTITY;
  process.env.REPORT_TEST_TOKEN = TOKEN;
  t.after(() => {
    delete process.env.REPORT_TEST_IDENTITY;
    delete process.env.REPORT_TEST_TOKEN;
  });
  const directory = directoryWith(t, {
    'nodes.yaml': profile,
    'keys.yaml': `# my keys\nkeys:\n  - "0x${KEYS[0]}"\n  - ${KEYS[1]} # second\n`,
  });
  const deployment = loadDeployment(join(directory, 'nodes.yaml'), { root: directory });
  return { deployment, secrets: loadSecrets(deployment, { create: true }), now: NOW };
}

/** The lab's own profile, with images as a lab without registries has them. */
function lab(t: TestContext): Given {
  const profile = readFileSync(
    new URL('../../profiles/all-in-one-lab.yaml', import.meta.url),
    'utf8',
  ).replace('../deployments/all-in-one-lab/supplier-keys.yaml', 'keys.yaml');
  const images = `images:
  postgres: debian/postgres:17
  provider: standin/igniter-provider:0.9.0
`;
  return given(t, profile + images);
}

function finding(change: Partial<Finding>): Finding {
  return {
    id: 'redis.policy',
    host: 'data',
    group: 'redis',
    severity: 'critical',
    title: 'Redis evicts nothing',
    verdict: 'pass',
    evidence: 'noeviction',
    fix: '',
    duration_ms: 3,
    ...change,
  };
}

function value(answer: Answer): string {
  if ('type' in answer) return answer.type;
  if ('shows' in answer) return answer.shows;
  if ('reads' in answer) return answer.reads;
  return answer.decide.example ?? '';
}

/** The answers of a step, by label; the first where a label comes twice. */
function answers(steps: Step[], title: RegExp): Map<string, string> {
  const step = steps.find((one) => title.test(one.title));
  assert.ok(step, `a step ${title}`);
  return new Map(step.fields.toReversed().map(({ label, answer }) => [label, value(answer)]));
}

describe('the report', () => {
  test('shows no secret in any form, not even where a check repeats one', (t) => {
    const input = given(t);
    const leaked = input.secrets.values().filter((one) => one.length >= 6);
    const findings = [
      finding({ verdict: 'fail', evidence: `it says ${PASSWORD}`, fix: `use ${KEYS[0]}` }),
      finding({ verdict: 'warn', title: `about ${encodeURIComponent(PASSWORD)}`, evidence: TOKEN }),
      finding({ verdict: 'skip', evidence: Buffer.from(APP_IDENTITY).toString('base64') }),
    ];
    const report = reportMarkdown({ ...input, findings });
    for (const secret of [...KEYS, APP_IDENTITY, PASSWORD, TOKEN]) {
      assert.ok(leaked.includes(secret), 'the canary is known to the mask');
      for (const form of formsOf(secret)) assert.ok(!report.includes(form), form.slice(0, 6));
    }
    for (const form of leaked) assert.ok(!report.includes(form), form.slice(0, 6));
  });

  test('lets an identity be recognised by its public key, and derives nothing from what a person may have chosen', (t) => {
    const input = given(t);
    const report = reportText(input);
    const row = (name: string) =>
      report.split('\n').find((line) => line.startsWith(`| \`${name}\` |`))!;
    assert.ok(row('app_identity').includes(`| public key \`${publicKey(APP_IDENTITY)}\` |`));
    for (const name of ['redis_password', 'encryption_key'])
      assert.match(row(name), /^(\| [^|]+ ){2}\| — \|/);
    for (const secret of [PASSWORD, input.secrets.get('encryption_key').reveal()]) {
      const digest = createHash('sha256').update(secret).digest('hex');
      assert.ok(!report.includes(digest.slice(0, 8)));
    }
  });

  test('says where each secret lives, and of a command only that there is one', (t) => {
    const { deployment, ...input } = given(t);
    const report = reportText({ deployment, ...input });
    assert.match(report, /\| `redis_password` \| the command in `secrets.redis_password` of the/);
    assert.match(report, /\| `app_identity` \| the environment variable `REPORT_TEST_IDENTITY`/);
    assert.ok(report.includes(`| \`encryption_key\` | \`${deployment.directory}/secrets.yaml\` |`));
    assert.ok(!report.includes('printf'));
  });

  test('names the command that saves the database, with sudo for a user who is not root', (t) => {
    const backup =
      "docker compose -p pocket-postgres exec -T postgres pg_dump -U igniter -Fc provider'";
    const by = (user: string) =>
      reportText(given(t, SPREAD.replace('203.0.113.7,', `203.0.113.7, user: ${user},`)));
    assert.ok(by('root').includes(`/ssh_config data '${backup} > provider.dump`));
    assert.ok(by('ubuntu').includes(`data 'sudo -n ${backup}`));
  });

  test('says that nobody is told of alerts, where something is monitored and nobody is', (t) => {
    const monitored = `${SPREAD.replace('secrets:', "secrets:\n  alert_slack_url: 'cmd:echo https://hooks.nodes.net/x1'")}monitoring_hosts: [data]\n`;
    const said = (profile: string) =>
      /^- Alerts: nobody is told/m.test(reportText(given(t, profile)));
    assert.ok(said(monitored));
    assert.ok(!said(`${monitored}monitoring: {alerts: [slack]}\n`));
    assert.ok(!said(SPREAD), 'without monitoring there are no alerts');
  });

  test('says nothing undefined, whatever the deployment lacks', (t) => {
    const relaysOnly = NO_PROVIDER.replace(
      /^( {2})?(edge|relay_public_domain|reverse_proxy|reverse_proxy_hosts):.*\n/gm,
      '',
    );
    const local = SPREAD.replace('pocket_network: main', 'pocket_network: local').replace(
      /^relay_public_domain/m,
      'pocket_rpc_url: http://10.0.0.9:26657\npocket_grpc_address: 10.0.0.9:9090\npocket_api_url: http://10.0.0.9:1317\nrelay_public_domain',
    );
    for (const input of [given(t), lab(t), given(t, relaysOnly), given(t, local)]) {
      const report = reportText(input);
      assert.doesNotMatch(report, /undefined|NaN|null|\[object|TODO/);
      assert.doesNotMatch(report, /(?<!`)``(?!`)/, 'no empty code span');
    }
  });

  test('has well-formed tables, also when values are hostile', (t) => {
    const findings = [
      finding({
        verdict: 'fail',
        title: 'a | title <img src=x> [x](http://evil)',
        evidence: 'a|b `c` ``d`` \\| <script>\n| new | row |\n\n# heading',
        fix: '```\n| x',
      }),
    ];
    const report = reportText({ ...given(t), findings });
    const tables = report.split('\n\n').filter((block) => block.startsWith('|'));
    assert.ok(tables.length > 15);
    for (const block of tables) {
      const widths = block.split('\n').map((row) => row.split(/(?<!\\)\|/).length);
      assert.equal(new Set(widths).size, 1, block);
      assert.match(block.split('\n')[1]!, /^\|( --- \|)+$/);
    }
    assert.doesNotMatch(report, /^# heading/m);
    assert.ok(report.includes('a \\| title \\<img src=x\\> \\[x\\](http://evil)'));
  });

  test('names deployment, network, chain id, time, version and profile', (t) => {
    const { deployment, ...input } = given(t);
    const report = reportText({ deployment, ...input });
    const { version } = JSON.parse(
      readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
    );
    assert.match(report, /^# Deployment `nodes`\n/);
    for (const row of [
      '| Network | `main` |',
      '| Chain id | `pocket` |',
      '| Written | `2026-11-23T12:00:00Z` |',
      `| Commands are typed in | \`${process.cwd()}\` |`,
      `| By | Pocket Automations \`${version}\` |`,
      `| Profile | \`${deployment.profilePath}\` |`,
    ]) {
      assert.ok(report.includes(row), row);
    }
  });

  test('is written for its owner alone, and again over itself', (t) => {
    const input = given(t);
    const reports = join(input.deployment.directory, '../../reports/nodes');
    mkdirSync(reports, { recursive: true, mode: 0o755 });
    writeFileSync(join(reports, 'report.md'), 'old', { mode: 0o644 });
    const [path = '', html = ''] = writeReport(input);
    assert.equal(path, join(reports, 'report.md'));
    assert.equal(statSync(html).mode & 0o777, 0o600);
    assert.equal(statSync(path).mode & 0o777, 0o600);
    assert.equal(statSync(reports).mode & 0o777, 0o700);
    assert.equal(readFileSync(path, 'utf8'), reportMarkdown(input));
  });

  test('tells what has changed since the last one, and since when it is ready', (t) => {
    const input = given(t);
    const at = (hour: number) => new Date(`2026-11-23T${hour}:00:00Z`);
    const written = (findings: Finding[], now: Date) =>
      withoutGlossary(readFileSync(writeReport({ ...input, findings, now })[0] ?? '', 'utf8'));
    const first = written([finding({})], at(10));
    assert.doesNotMatch(first, /since the report of/);
    const same = written([finding({})], at(11));
    assert.match(same, /Nothing has changed since the report of `2026-11-23T10:00:00Z`/);
    assert.match(same, /\*\*Ready\.\*\* .* Ready since `2026-11-23T10:00:00Z`/);
    const broken = written([finding({ verdict: 'fail' })], at(12));
    assert.match(broken, /- redis\.policy on data: fail; before: pass/);
    assert.match(broken, /\*\*Not ready\.\*\* .* Not ready since `2026-11-23T12:00:00Z`/);
    input.deployment.images.redis = 'docker.io/library/redis:8.10.2-alpine';
    const upgraded = written([finding({ verdict: 'fail' })], at(13));
    assert.match(upgraded, /- redis: \S+8\.10\.2-alpine; before: \S+8\.10\.1-alpine/);
  });
});

describe('stand-ins', () => {
  test('are named in plain words when there are any', (t) => {
    const input = lab(t);
    assert.deepEqual(usesStandIns(input.deployment), [
      'debian/postgres:17',
      'standin/igniter-provider:0.9.0',
    ]);
    assert.match(
      reportText(input),
      /lab with stand-ins\*\*: `debian\/postgres:17`, `standin\/igniter-provider:0.9.0`. Nothing here can earn or stake/,
    );
  });

  test('are not mentioned when there are none, or when no host runs them', (t) => {
    const unused = `${NO_PROVIDER}images: {provider: "standin/igniter-provider:0.9.0"}
`;
    for (const profile of [SPREAD, unused]) {
      const input = given(t, profile);
      assert.deepEqual(usesStandIns(input.deployment), []);
      assert.doesNotMatch(reportText(input), /stand-in/);
    }
  });
});

describe('readiness', () => {
  test('is not claimed without validation', (t) => {
    const report = reportText(given(t));
    assert.match(report, /\*\*Not validated\.\*\*/);
    assert.doesNotMatch(report, /\*\*Ready\.\*\*/);
  });

  test('follows from the findings, failures first, each with its fix', (t) => {
    const findings = [
      finding({}),
      finding({ verdict: 'warn', title: 'It warns', evidence: 'w', fix: 'look' }),
      finding({ verdict: 'fail', title: 'It fails', evidence: 'f', fix: 'mend' }),
      finding({ verdict: 'skip', title: 'It skips', evidence: 'no answer' }),
    ];
    const report = reportText({ ...given(t), findings });
    assert.match(report, /\*\*Not ready\.\*\* 1 passed, 1 warned, 1 failed, 1 skipped\./);
    assert.match(
      report,
      /\| fail \| critical \| `data` \| It fails \| `f` \| mend \|\n\| warn .* look \|/,
    );
    assert.match(report, /\| `data` \| It skips \| `no answer` \|/);
    const ready = reportText({ ...given(t), findings: findings.slice(0, 2) });
    assert.match(ready, /\*\*Ready\.\*\*/);
    const unknown = reportText({ ...given(t), findings: findings.slice(3) });
    assert.match(unknown, /\*\*It could not be told\.\*\*/);
  });
});

describe('the state of Igniter', () => {
  test('is told as validation saw it, with what passed, in the order in which it comes to be', (t) => {
    const findings = [
      finding({ id: 'provider.worker', host: 'provider', evidence: 'it waits' }),
      finding({ id: 'provider.status', host: 'provider', evidence: '403: the wizard' }),
      finding({ id: 'provider.ledger', host: 'fleet', verdict: 'fail', evidence: '3 of 11' }),
      finding({ id: 'redis.policy' }),
    ];
    const report = reportText({ ...given(t), findings });
    const [, rows] =
      /### The state of Igniter, as validation saw it\n\n.*\n.*\n([\s\S]*?)\n\n/.exec(report) ?? [];
    assert.deepEqual(rows?.split('\n'), [
      '| Provider: migrations in its database, of those in its image | `fleet` | fail | `3 of 11` |',
      '| Provider: status, asked without a signature | `provider` | pass | `403: the wizard` |',
      '| Provider: worker | `provider` | pass | `it waits` |',
    ]);
  });

  test('is left out where nobody asked, or where there is no Igniter', (t) => {
    assert.doesNotMatch(reportText(given(t)), /state of Igniter/);
    assert.doesNotMatch(reportText({ ...given(t), findings: [finding({})] }), /state of Igniter/);
  });

  test('asks nothing that no check tells', (t) => {
    const filled = filledProfiles();
    t.after(filled.remove);
    writeFileSync(join(filled.directory, 'supplier-keys.yaml'), `keys: [${KEYS[0]}]\n`);
    const path = filled.path('provider-plus-public-middleman');
    const deployment = loadDeployment(path, { root: filled.directory });
    const secrets = loadSecrets(deployment, { create: true });
    const asked = [
      ...deployment.hosts.flatMap((host) => checksOf({ deployment, host, secrets })),
      ...fleetChecksOf(deployment, secrets),
    ].map(({ id }) => id);
    for (const id of Object.keys(QUESTIONS)) assert.ok(asked.includes(id), id);
  });
});

describe('hosts', () => {
  test('are listed with their roles, images and published ports', (t) => {
    const { deployment, ...input } = given(t);
    const report = reportText({ deployment, ...input });
    for (const host of deployment.hosts) {
      const row = report.split('\n').find((line) => line.startsWith(`| \`${host.name}\` | \``));
      assert.ok(row, host.name);
      assert.ok(row.includes(host.address));
      assert.ok(row.includes(host.roles.join(', ')));
      for (const image of imagesOf(deployment, host)) {
        assert.ok(report.includes(`| \`${host.name}\` | \`${image}\` |\n`), image);
      }
    }
    for (const row of [
      '| `data` | `6379` | redis: relayer publishes relays to Redis; miner consumes relays from Redis | `127.0.0.1:6379`, `10.0.0.4:6379` | `relay-a`, `relay-b` |',
      '| `relay-a` | `9090` | relayer-metrics | `127.0.0.1:9090` | this host only |',
      '| `edge` | `443` | https: relays | `0.0.0.0:443`, `[::]:443` | everyone |',
      '| `provider` | `3001` | provider-web | `127.0.0.1:3001` | this host only |',
    ]) {
      assert.ok(report.includes(row), row);
    }
  });
});

describe('images', () => {
  const DIGEST = `sha256:${'a'.repeat(64)}`;
  const ID = `sha256:${'b'.repeat(64)}`;
  const at = (hour: number) => new Date(`2026-11-23T${hour}:00:00Z`);

  /** What the checks of containers found on the host of the data; the others were not reached. */
  function found({ deployment }: Given): Finding[] {
    const { redis, postgres } = deployment.images;
    return [
      finding({ id: 'docker.redis', runs: [{ reference: redis, id: ID, digest: DIGEST }] }),
      finding({ id: 'docker.postgres', runs: [{ reference: postgres, id: ID }] }),
      finding({ id: 'docker.miner', runs: [{ reference: 'miner:old', id: ID }] }),
    ];
  }

  test('stand with the digests that really run, where validation saw them', (t) => {
    const input = given(t);
    const { redis, postgres, relayminer } = input.deployment.images;
    const report = reportText({ ...input, findings: found(input) });
    for (const row of [
      `| \`data\` | \`${redis}\` | \`${DIGEST}\` |`,
      `| \`data\` | \`${postgres}\` | id \`${ID}\` |`,
      `| \`data\` | \`${relayminer}\` | not seen running |`,
      `| \`data\` | \`miner:old\` | id \`${ID}\` |`,
      `| \`relay-a\` | \`${relayminer}\` | not seen running |`,
    ]) {
      assert.ok(report.includes(row), row);
    }
    assert.match(report, /not seen running is stopped, or works during a deploy only/);
    assert.match(report, /The digests are those that ran at `2026-11-23T12:00:00Z`/);
  });

  test('keep the digests of the last validation, and say so, until the next one', (t) => {
    const input = given(t);
    const { redis } = input.deployment.images;
    const written = (hour: number, findings?: Finding[]) =>
      withoutGlossary(
        readFileSync(
          writeReport({ ...input, now: at(hour), ...(findings && { findings }) })[0]!,
          'utf8',
        ),
      );
    assert.match(written(10), /Which digests really run is not known/);
    assert.ok(!written(10).includes('Digest of what runs'));
    written(11, found(input));
    for (const hour of [12, 13]) {
      const report = written(hour);
      assert.ok(report.includes(`| \`data\` | \`${redis}\` | \`${DIGEST}\` |`));
      assert.match(report, /ran at `2026-11-23T11:00:00Z`/);
    }
    const unreached = written(14, []);
    assert.ok(unreached.includes(`| \`data\` | \`${redis}\` | not seen running |`));
  });
});

test('a Provider without a public API has no entry for the registry yet', (t) => {
  const report = reportText(given(t));
  assert.doesNotMatch(report, /\.json`:|https:\/\/…/);
  assert.match(report, /`provider_public_api_domain`\)\. This report then has its entry/);
  const published = `${SPREAD}provider_public_api_domain: api.nodes.net\n`;
  const listed = reportText(given(t, published));
  assert.match(listed, /In `pocket\/provider\.json`:/);
  assert.match(listed, /- The entry of the Provider in the registry, below/);
  assert.match(listed, /API, from the internet\n\n`https:\/\/api\.nodes\.net`, for each/);
});

describe('URLs', () => {
  test('the portal is opened at auth_url to the letter, by a tunnel to its local port', (t) => {
    const { deployment, ...input } = given(t);
    const report = reportText({ deployment, ...input });
    const { directory } = deployment;
    const options = '-N -o ExitOnForwardFailure=yes -L 4001:127.0.0.1:3001';
    assert.ok(report.includes(`ssh -F ${directory}/ssh_config ${options} provider\n`));
    assert.ok(report.includes('open exactly `http://localhost:4001` in the browser'));
    const signIn = answers(stakingSteps({ deployment, ...input }), /setup wizard/);
    assert.equal(signIn.get('Address bar of the browser'), 'http://localhost:4001/admin/setup');
    assert.equal(signIn.get('Connect Wallet → account'), OWNER);
  });

  test('a portal behind a name of its own needs no tunnel', (t) => {
    const profile = SPREAD.replace('http://localhost:4001', 'https://portal.nodes.net');
    const report = reportText(given(t, profile));
    assert.match(report, /open exactly `https:\/\/portal\.nodes\.net` in the browser/);
    assert.doesNotMatch(report, /:127\.0\.0\.1:3001/);
  });

  test('relays come with what their certificate needs, and are not staked with one that gateways refuse', (t) => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    process.env.REPORT_TEST_TLS_KEY = String(privateKey.export({ type: 'pkcs8', format: 'pem' }));
    t.after(() => delete process.env.REPORT_TEST_TLS_KEY);
    const tls = (lines: string) =>
      SPREAD.replace('reverse_proxy: {acme_email: me@nodes.net}', `reverse_proxy: ${lines}`);
    const own =
      '{tls: internal, certificates: {relay.nodes.net: {certificate: c.pem, key: "env:REPORT_TEST_TLS_KEY"}}}';
    const dns =
      '{acme_email: me@nodes.net, dns_provider: cloudflare, dns_token: "cmd:echo its-token"}';
    for (const [profile, said] of [
      [SPREAD, 'must lead to the proxy before certificates can be had'],
      [`${tls(dns)}images: {caddy: "me.net/caddy:2"}\n`, 'comes through the DNS provider'],
      [tls('{tls: internal}'), 'gateways refuse them. It is for a lab only'],
      [tls(own), 'The certificate is your own, of `reverse_proxy.certificates`'],
    ] as const) {
      const report = reportText(given(t, profile));
      assert.ok(report.includes(said), said);
      assert.equal(report.includes('Do not stake with these URLs'), said.startsWith('gateways'));
    }
  });

  test('every relay URL has the domain of the profile and the scheme of its transport', (t) => {
    const { deployment, ...input } = given(t);
    const report = reportText({ deployment, ...input });
    const domain = deployment.profile.relay_public_domain;
    for (const row of [
      ['eth', 'jsonrpc', 'https'],
      ['eth', 'websocket', 'wss'],
      ['cosmoshub', 'rest', 'https'],
      ['cosmoshub', 'grpc', 'https'],
      ['cosmoshub', 'cometbft', 'https'],
    ]) {
      const [service, transport, scheme] = row;
      assert.ok(report.includes(`| \`${service}\` | ${transport} | \`${scheme}://${domain}\` |`));
    }
    const service = stakingSteps({ deployment, ...input }).find(({ title }) =>
      /Services/.test(title),
    );
    const urls = service!.fields
      .filter(({ label }) => label.includes('URL'))
      .map((f) => value(f.answer));
    assert.deepEqual(urls, [
      `https://${domain}`,
      `wss://${domain}`,
      `https://${domain}`,
      `https://${domain}`,
    ]);
    for (const url of urls) assert.match(url, STAKEABLE);
    const grpc = service!.fields.find(({ label }) => label.includes('URL of GRPC'));
    assert.match(grpc!.why, /`grpcs:\/\/…` in the empty field.* refuses the whole transaction/);
    const comet = `CometBFT (\`cosmoshub\`) cannot be chosen in Igniter 0.9. Where the list of RPC types has \`COMET_BFT\`, add it with the URL \`https://${domain}\``;
    assert.ok(service!.notes!.includes(comet), service!.notes);
    assert.match(service!.notes!, /`\{type\}` would be staked literally/);
  });
});

describe('the staking steps', () => {
  test('come in the order in which Igniter asks', (t) => {
    const titles = stakingSteps(given(t)).map(({ title }) => title);
    assert.deepEqual(titles, [
      'Open the setup wizard',
      'Blockchain Settings',
      'Identity Settings',
      'Configure Regions',
      'Configure Relay-miners',
      'Select Provided Services',
      'Address Groups',
      'Delegators',
      'Notifications',
      'Finish',
      'Supplier operator keys',
      'Staking, and the workflows that follow it',
    ]);
  });

  test('tell a button from a field', (t) => {
    const last = answers(stakingSteps(given(t)), /Finish/);
    assert.equal(last.get('Finish → button to press'), 'Complete');
    assert.match(reportText(given(t)), /\| Field \| Type or pick exactly this \| Why \|/);
  });

  test('say what a channel with a private target needs', (t) => {
    const page = stakingSteps(given(t)).find(({ title }) => title.startsWith('Notifications'))!;
    assert.match(page.notes ?? '', /`provider\.notification_egress_allowlist` in the profile/);
  });

  test('name the endpoints and identity of the deployment', (t) => {
    const input = given(t);
    const { network } = input.deployment;
    const page = answers(stakingSteps(input), /Blockchain/);
    assert.equal(page.get('App Identity'), publicKey(APP_IDENTITY));
    assert.equal(page.get('Pocket API URL'), network.apiUrl);
    assert.equal(page.get('Pocket RPC URL'), network.rpcUrl);
    assert.equal(page.get('Indexer API URL'), network.indexerUrl);
    assert.equal(page.get('Network'), network.chainId);
    assert.equal(page.get('Minimum Stake'), '60000');
  });

  test('name the delegators that the network’s own list is known to have', (t) => {
    const notes = (profile: string) =>
      stakingSteps(given(t, profile)).find(({ title }) => title === 'Delegators')!.notes!;
    const beta = SPREAD.replace('pocket_network: main', 'pocket_network: beta');
    assert.match(
      notes(SPREAD),
      /\| Pocket Staking \| `024565[0-9a-f]{60}` \|\n\| Qspider Staking \|/,
    );
    assert.match(notes(beta), /\| StakeIgniter \| `03d0ee[0-9a-f]{60}` \|/);
    assert.doesNotMatch(notes(beta), /Pocket Staking/);
    const own = SPREAD.replace(
      'provider: {owner',
      'provider: {delegators_url: "https://me.net/list", owner',
    );
    assert.doesNotMatch(notes(own), /Pocket Staking|Compare the identity/);
  });

  test('hold, for every page of the wizard, values that it accepts', (t) => {
    const input = given(t);
    const steps = stakingSteps(input);
    const [one, two, three, four, six] = [
      /Blockchain/,
      /Identity Settings/,
      /Regions/,
      /Relay-miners/,
      /Address Groups/,
    ].map((title) => answers(steps, title));
    STEPS.blockchain.parse({
      pocketApiUrl: one!.get('Pocket API URL'),
      pocketRpcUrl: one!.get('Pocket RPC URL'),
      indexerApiUrl: one!.get('Indexer API URL'),
    });
    STEPS.identity.parse({
      name: two!.get('Provider Name'),
      supportEmail: two!.get('Support Email'),
      rewardAddresses: two!.get('Reward Addresses'),
    });
    const region = {
      displayName: three!.get('Display Name'),
      urlValue: three!.get('URL Value'),
    };
    STEPS.regions.parse([region]);
    const relayMiner = {
      name: four!.get('Name'),
      identity: four!.get('Identity'),
      region: four!.get('Region'),
      domain: four!.get('Domain'),
    };
    STEPS['relay-miners'].parse([relayMiner]);
    assert.equal(relayMiner.region, region.displayName);
    const ids = steps
      .find(({ title }) => title === 'Address Groups')!
      .fields.filter(({ label }) => label === 'Assign services')
      .map(({ answer }) => value(answer));
    assert.deepEqual(ids, ['eth', 'cosmoshub']);
    STEPS.services.parse(
      ids.map((serviceId) => ({ serviceId, endpoints: endpointsOf(steps, serviceId) })),
    );
    assert.equal(
      six!.get('Relay Miner'),
      `${relayMiner.name} (${relayMiner.identity} - ${relayMiner.region})`,
    );
    const shares = {
      supplierShare: Number(six!.get('Default Revenue Shares → Add Supplier Share, %')),
      revShare: [
        {
          address: six!.get('Default Revenue Shares → Add Share, address'),
          share: Number(six!.get('Default Revenue Shares → Add Share, %')),
        },
      ],
    };
    STEPS['address-groups'].parse([
      {
        name: six!.get('Name'),
        relayMiner: relayMiner.name,
        private: six!.get('Internal use only') === 'on',
        services: ids.map((serviceId) => ({ serviceId, ...shares })),
      },
    ]);
  });

  test('list the addresses of the supplier keys, and the command that makes the import file works', (t) => {
    const input = given(t);
    const step = stakingSteps(input).find(({ title }) => /keys/.test(title))!;
    for (const { address, publicKey: key } of input.secrets.supplierKeys) {
      assert.ok(step.notes!.includes(`| \`${address}\` | \`${key}\` |`));
    }
    const command = /```sh\n(.*)\n```/.exec(step.notes!)![1]!;
    const directory = join(input.deployment.directory, '../..');
    execFileSync('bash', ['-c', command], { cwd: directory });
    const made = join(directory, 'import.json');
    assert.deepEqual(JSON.parse(readFileSync(made, 'utf8')), KEYS);
    assert.equal(statSync(made).mode & 0o777, 0o600);
  });

  test('have keys made in the portal where the relay hosts have none', (t) => {
    const { deployment } = given(t);
    rmSync(join(deployment.directory, '../../keys.yaml'));
    const secrets = loadSecrets(deployment, { create: false, roles: [] });
    const step = stakingSteps({ deployment, secrets, now: NOW }).find(({ title }) =>
      /keys/.test(title),
    )!;
    assert.match(step.about, /Keys → Generate\.$/);
    assert.deepEqual(
      step.fields.map(({ label }) => label),
      ['Address Group', 'Number of Keys'],
    );
    const command = /```sh\n(.*)\nscripts\/deploy\.mjs --profile \S+nodes\.yaml\n```/.exec(
      step.notes!,
    );
    const directory = join(deployment.directory, '../..');
    writeFileSync(join(directory, 'keys.json'), JSON.stringify(KEYS.map((hex) => ({ hex }))));
    execFileSync('bash', ['-c', command![1]!], { cwd: directory });
    assert.equal(statSync(join(directory, 'keys.yaml')).mode & 0o777, 0o600);
    const made = loadSecrets(deployment, { create: false, roles: [] });
    assert.equal(made.supplierKeys.length, KEYS.length);
    assert.match(
      stakingSteps({ deployment, secrets: made, now: NOW }).find(({ title }) => /keys/.test(title))!
        .about,
      /Keys → Import\. Skip this page if the portal made these keys/,
    );
    const there = stakingSteps(given(t)).find(({ title }) => /keys/.test(title))!;
    assert.match(there.about, /Keys → Import\./);
  });

  test('are those that matter where the Provider is elsewhere', (t) => {
    const input = given(t, NO_PROVIDER);
    assert.deepEqual(
      stakingSteps(input).map(({ title }) => title),
      ['Configure Relay-miners', 'Select Provided Services', 'Supplier operator keys'],
    );
    assert.match(reportText(input), /is not part of this deployment/);
  });
});

function endpointsOf(steps: Step[], serviceId: string): { rpcType: string; url: string }[] {
  const fields = steps.find(({ title }) => /Services/.test(title))!.fields;
  const of = (part: RegExp) =>
    fields
      .filter(({ label }) => label.startsWith(`\`${serviceId}\``) && part.test(label))
      .map(({ answer }) => value(answer));
  const urls = of(/URL/);
  return of(/RPC type/).map((rpcType, index) => ({ rpcType, url: urls[index]! }));
}

describe('Markdown', () => {
  test('a value stays a value', () => {
    assert.equal(code('a`b'), '``a`b``');
    assert.equal(code('`'), '`` ` ``');
    assert.equal(code('a\nb\x1b[31m'), '`a b [31m`');
    assert.equal(code(''), '—');
    assert.equal(plain('a *b* <i> [c](d)'), 'a \\*b\\* \\<i\\> \\[c\\](d)');
    assert.equal(table(['a'], [['x|y']]), '| a |\n| --- |\n| x\\|y |');
    assert.equal(commands('echo ```'), '````sh\necho ```\n````');
  });

  test('a row of another width is refused', () => {
    assert.throws(() => table(['a', 'b'], [['x']]), RangeError);
  });
});
