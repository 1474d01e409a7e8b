import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { loadDeployment } from '../../lib/deployment.ts';
import { ROOT } from '../../lib/own-files.ts';
import { reportMarkdown } from '../../lib/report/report.ts';
import { writeReport } from '../../lib/report/write.ts';
import { generatePrivateKey, loadSecrets, publicKey } from '../../lib/secrets/secrets.ts';
import type { Finding, VerdictName } from '../../lib/validation/check.ts';
import { mend } from '../../lib/validation/fixes.ts';
import { withoutGlossary } from '../report-text.ts';
import { directoryWith, OWNER } from './profile/temporary.ts';

const PROFILE = `pocket_network: main
hosts: {node: {address: root@192.0.2.1}}
postgres_hosts: [node]
temporal_hosts: [node]
redis_hosts: [node]
provider_hosts: [node]
relay_relayers: [node]
relay_miners: [node]
reverse_proxy_hosts: [node]
reverse_proxy: {acme_email: me@nodes.net}
relay_public_domain: relay.nodes.net
provider: {owner_identity: ${OWNER}, owner_email: me@nodes.net}
secrets: {app_identity: env:REPORT_SUMMARY_IDENTITY}
relayminer:
  keys_file: keys.yaml
  services:
    eth: {backends: {jsonrpc: {url: "https://eth.nodes.net"}}}
    poly: {backends: {jsonrpc: {url: "https://poly.nodes.net"}}}
`;

const at = (hour: number) => new Date(`2026-11-23T${hour}:00:00Z`);

function finding(verdict: VerdictName, fix = ''): Finding {
  return {
    ...{ id: 'redis.policy', host: 'node', group: 'redis', severity: 'critical' },
    ...{ title: 'Redis evicts nothing', verdict, evidence: 'seen', fix, duration_ms: 3 },
  };
}

/** Writes one report after the other about a deployment whose profile may change; returns each report's text. */
function reports(t: TestContext) {
  const root = directoryWith(t, { 'keys.yaml': `keys: ["${generatePrivateKey()}"]\n` });
  t.after(() => delete process.env.REPORT_SUMMARY_IDENTITY);
  const identity = generatePrivateKey();
  return (hour: number, findings?: Finding[], profile = PROFILE, key = identity) => {
    process.env.REPORT_SUMMARY_IDENTITY = key;
    const path = join(root, 'nodes.yaml');
    writeFileSync(path, profile);
    const deployment = loadDeployment(path, { root });
    const secrets = loadSecrets(deployment, { create: true });
    const about = { deployment, secrets, now: at(hour), ...(findings && { findings }) };
    return withoutGlossary(readFileSync(writeReport(about)[0] ?? '', 'utf8'));
  };
}

describe('since when, and what has changed', () => {
  test('outlive a report for which nobody asked the hosts', (t) => {
    const written = reports(t);
    written(10, [finding('pass')]);
    const unasked = written(11);
    assert.match(unasked, /\*\*Not validated\.\*\*/);
    assert.match(
      unasked,
      /asked last, at `2026-11-23T10:00:00Z`: \*\*Ready\.\*\* Ready since `2026-11-23T10:00:00Z`/,
    );
    written(12);
    const still = written(13, [finding('pass')]);
    assert.match(still, /\*\*Ready\.\*\* .* Ready since `2026-11-23T10:00:00Z`/);
    written(14);
    const broken = written(15, [finding('fail')]);
    assert.match(broken, /- redis\.policy on node: fail; before: pass/);
    assert.match(broken, /\*\*Not ready\.\*\* .* Not ready since `2026-11-23T15:00:00Z`/);
  });

  test('are not claimed before anybody asked', (t) => {
    const written = reports(t);
    written(10);
    assert.doesNotMatch(written(11), /asked last|eady since/);
  });

  test('cover domains, relay URLs, services and identity', (t) => {
    const written = reports(t);
    written(10);
    assert.match(written(11), /Nothing has changed/);
    const key = generatePrivateKey();
    const other = PROFILE.replace('relay.nodes.net', 'relays.nodes.net')
      .replace('    poly:', '    base:')
      .replace('relayminer:', 'provider_public_api_domain: api.nodes.net\nrelayminer:');
    const changed = written(12, undefined, other, key);
    for (const line of [
      'relay\\_public\\_domain: relays.nodes.net; before: relay.nodes.net',
      'new provider\\_public\\_api\\_domain: api.nodes.net',
      'new service base: jsonrpc',
      'service poly is gone; before: jsonrpc',
      'relay URL of eth, jsonrpc: https://relays.nodes.net; before: https://relay.nodes.net',
      `App Identity of the Provider: ${publicKey(key)}; before: `,
    ]) {
      assert.ok(changed.includes(`\n- ${line}`), line);
    }
  });
});

describe('what to do', () => {
  const cell = (t: TestContext, fix: string) => {
    const root = directoryWith(t, { 'nodes.yaml': PROFILE, 'keys.yaml': 'keys: []\n' });
    process.env.REPORT_SUMMARY_IDENTITY = generatePrivateKey();
    t.after(() => delete process.env.REPORT_SUMMARY_IDENTITY);
    const deployment = loadDeployment(join(root, 'nodes.yaml'), { root });
    const secrets = loadSecrets(deployment, { create: true, roles: [] });
    const findings = [
      finding('fail', fix.replace('MEND', mend(deployment, deployment.hosts, 'redis'))),
    ];
    const report = withoutGlossary(reportMarkdown({ deployment, secrets, now: at(10), findings }));
    return { root, text: / `seen` \| (.*) \|$/m.exec(report)?.[1] };
  };
  for (const [fix, shown] of [
    ['look at it', 'look at it'],
    ['', '—'],
    [
      'bring them as a bundle: scripts/images.mjs --save, images.source: bundle',
      'bring them as a bundle: `scripts/images.mjs --save`, images.source: bundle',
    ],
    [
      'scripts/validate.mjs --only public,chain tells which part; else: what it says',
      '`scripts/validate.mjs --only public,chain` tells which part<br>else: what it says',
    ],
    [
      "keys in the profile, then scripts/redis.mjs --profile 'my nodes.yaml' --limit a,b",
      "keys in the profile, then `scripts/redis.mjs --profile 'my nodes.yaml' --limit a,b`",
    ],
    ['remove it, then: systemctl restart docker', 'remove it, then: `systemctl restart docker`'],
    ["docker exec a sh -c 'b; c'; else: d", "`docker exec a sh -c 'b; c'`<br>else: d"],
  ] as const) {
    test(`is words, and code where it can be pasted: ${fix}`, (t) => {
      assert.equal(cell(t, fix).text, shown);
    });
  }

  test('has every command of several in a code of its own', (t) => {
    const { root, text } = cell(t, 'MEND');
    const [first, second, third] = text?.split('<br>') ?? [];
    const ssh = `ssh -F ${root}/deployments/nodes/ssh_config node docker`;
    assert.equal(first, `\`scripts/redis.mjs --profile ${root}/nodes.yaml --limit node\``);
    assert.equal(second, `if that changes nothing: \`${ssh} restart pocket-redis-redis-1\``);
    assert.equal(third, `why it is so: \`${ssh} compose -p pocket-redis logs --tail 50 redis\``);
  });
});

test('commands begin with where the scripts are, when they are typed elsewhere', (t) => {
  const written = reports(t);
  const here = process.cwd();
  t.after(() => process.chdir(here));
  process.chdir(directoryWith(t, {}));
  const report = written(10, [finding('fail', 'scripts/redis.mjs --limit node')]);
  assert.ok(report.includes(`| \`${ROOT}/scripts/redis.mjs --limit node\` |`));
  for (const [line] of report.matchAll(/^(?:node )?\S*scripts\/.*$/gm))
    assert.ok(line.startsWith(`${ROOT}/scripts/`), line);
  assert.match(report, /^\S+scripts\/deploy\.mjs --profile /m);
});
