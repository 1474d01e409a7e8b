import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { loadDeployment } from '../../lib/deployment.ts';
import { reportDirectory } from '../../lib/report/place.ts';
import { reportMarkdown } from '../../lib/report/report.ts';
import { generatePrivateKey, loadSecrets } from '../../lib/secrets/secrets.ts';
import { directoryWith, OWNER } from './profile/temporary.ts';

const PROFILE = `pocket_network: main
hosts:
  a: {address: root@192.0.2.1, private_address: 10.0.0.1}
  b: {address: root@192.0.2.2, private_address: 10.0.0.2}
postgres_hosts: [a]
temporal_hosts: [a]
redis_hosts: [a]
provider_hosts: [a]
relay_relayers: [a, b]
relay_miners: [a]
monitoring_hosts: [a]
reverse_proxy_hosts: [a]
reverse_proxy: {acme_email: me@nodes.net}
relay_public_domain: relay.nodes.net
provider_public_api_domain: api.nodes.net
provider: {owner_identity: ${OWNER}, owner_email: me@nodes.net}
relayminer:
  keys_file: keys.yaml
  services:
    eth: {backends: {jsonrpc: {url: "https://eth.nodes.net"}}}
`;

function given(t: TestContext, profile = PROFILE) {
  const root = directoryWith(t, {
    'nodes.yaml': profile,
    'keys.yaml': `keys: ["${generatePrivateKey()}"]\n`,
  });
  const deployment = loadDeployment(join(root, 'nodes.yaml'), { root });
  const secrets = loadSecrets(deployment, { create: true });
  const report = reportMarkdown({ deployment, secrets, now: new Date() });
  // Which words of the glossary are links is told elsewhere.
  return { root, deployment, report: report.replace(/\[([^\]]+)\]\[[a-z-]+\]/g, '$1') };
}

describe('tunnels', () => {
  test('open nothing but the port, and end where they cannot', (t) => {
    const { root, report } = given(t);
    const ssh = `ssh -F ${root}/deployments/nodes/ssh_config -N -o ExitOnForwardFailure=yes -L`;
    assert.ok(report.includes(`${ssh} 3001:127.0.0.1:3001 a\n`));
    assert.ok(report.includes(`| \`b\` | \`${ssh} 8081:127.0.0.1:8081 b\` |`));
    const forwards = [...report.matchAll(/-L \d+:/g)].length;
    assert.equal(forwards, [...report.matchAll(/-N -o ExitOnForwardFailure=yes -L \d+:/g)].length);
  });

  test('that begin at one port run one at a time, which is said where there are several', (t) => {
    const note = /only one of them can run at a time/;
    assert.match(given(t).report, note);
    const single = PROFILE.replace('relay_relayers: [a, b]', 'relay_relayers: [b]');
    assert.doesNotMatch(given(t, single).report, note);
  });
});

describe('what comes next', () => {
  test('is a proof of relays before the stake, where relays are public and may be proved', (t) => {
    const proof = (profile: string) => {
      const { root, report } = given(t, profile);
      return report.includes(`\nscripts/validate.mjs --profile ${root}/nodes.yaml --relay\n`);
    };
    assert.ok(proof(PROFILE));
    assert.ok(!proof(PROFILE.replace('keys_file', 'simulation: {enabled: false}\n  keys_file')));
    assert.ok(!proof(PROFILE.replace(/^(reverse_proxy.*|.*_domain:.*)\n/gm, '')));
  });

  test('leads to the runbooks', (t) => {
    const { deployment, report } = given(t);
    const [, link = ''] = /\[docs\/operations\.md\]\(([^)]+)\)/.exec(report) ?? [];
    assert.ok(existsSync(join(reportDirectory(deployment), link)), link);
  });

  test('is a whole command that tries alerts', (t) => {
    const { root, report } = given(t);
    assert.ok(report.includes(`\`scripts/validate.mjs --profile ${root}/nodes.yaml --alert\``));
  });
});

test('the entry for the registry comes with where it goes, how, and what is asked of its URL', (t) => {
  const { report } = given(t);
  const entries = report.slice(report.indexOf('### Entries for the governance registry'));
  for (const part of [
    '(https://github.com/pokt-network/igniter-governance)',
    'a pull request, which is a change that you propose on GitHub',
    'added to the JSON list in its file',
    'The URL has no slash at its end',
    'The registry asks `https://api.nodes.net/api/identity`',
  ]) {
    assert.ok(entries.includes(part), part);
  }
  const [, json = ''] = /In `pocket\/provider\.json`:\n\n```json\n([^`]+)```/.exec(entries) ?? [];
  assert.equal(JSON.parse(json).url, 'https://api.nodes.net');
});
