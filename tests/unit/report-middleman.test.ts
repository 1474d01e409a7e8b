import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { loadDeployment } from '../../lib/deployment.ts';
import { middlemanSteps } from '../../lib/report/middleman.ts';
import type { Answer } from '../../lib/report/wizard.ts';
import { loadSecrets, publicKey } from '../../lib/secrets/secrets.ts';
import { WIZARD } from '../lab/standins/igniter/middleman/wizard.ts';
import { reportText } from '../report-text.ts';
import { directoryWith, OWNER } from './profile/temporary.ts';

const PROFILE = `pocket_network: beta
hosts:
  edge: {address: edge.nodes.net, private_address: 10.0.0.1}
  provider: {address: 203.0.113.5, private_address: 10.0.0.2}
  portal: {address: 203.0.113.6, private_address: 10.0.0.3}
postgres_hosts: [provider]
temporal_hosts: [provider]
provider_hosts: [provider]
middleman_hosts: [portal]
pocket_cli_hosts: [portal]
reverse_proxy_hosts: [edge]
reverse_proxy: {acme_email: me@nodes.net}
provider_public_api_domain: api.nodes.net
middleman_domain: stake.nodes.net
provider: {owner_identity: ${OWNER}, owner_email: me@nodes.net, minimum_stake_buffer_upokt: 1000000}
middleman: {owner_identity: ${OWNER}, owner_email: you@nodes.net}
`;

function given(t: TestContext, profile = PROFILE) {
  const root = directoryWith(t, { 'nodes.yaml': profile });
  const deployment = loadDeployment(join(root, 'nodes.yaml'), { root });
  return { deployment, secrets: loadSecrets(deployment, { create: true }), now: new Date() };
}

function value(answer: Answer): string {
  if ('type' in answer) return answer.type;
  if ('shows' in answer) return answer.shows;
  if ('reads' in answer) return answer.reads;
  return answer.decide.example ?? '';
}

test('the wizard of the Middleman accepts what the report says', (t) => {
  const answers = new Map(
    middlemanSteps(given(t)).flatMap(({ fields }) =>
      fields.map(({ label, answer }) => [label, value(answer)] as const),
    ),
  );
  const accepts = (step: string, values: unknown) =>
    assert.doesNotThrow(() => WIZARD.steps[step]?.parse(values), step);
  accepts('blockchain', {
    pocketApiUrl: answers.get('Pocket API URL'),
    pocketRpcUrl: answers.get('Pocket RPC URL'),
    indexerApiUrl: answers.get('Indexer API URL'),
  });
  accepts('settings', {
    name: answers.get('Name'),
    supportEmail: answers.get('Support Email'),
    ownerEmail: answers.get('Owner Email'),
    fee: Number(answers.get('Service Fee (%)')),
    delegatorRewardsAddress: answers.get('Delegator rewards address'),
    privacyPolicy: answers.get('Privacy Policy'),
  });
  assert.equal(answers.get('Address bar of the browser'), 'https://stake.nodes.net/admin/setup');
  assert.equal(answers.get('Button to press'), 'Complete');
  assert.equal(answers.get('Network Minimum Stake'), '59501', 'the Provider’s buffer, in POKT');
});

test('both identities are ready for the registry, and the Provider is told of its own Middleman', (t) => {
  const input = given(t);
  const report = reportText(input);
  const entries = [...report.matchAll(/In `([^`]+)`:\n\n```json\n([^`]+)```/g)].map(
    ([, file, text]) => [file, JSON.parse(text ?? '')],
  );
  const identity = (name: 'app_identity' | 'middleman_app_identity') =>
    publicKey(input.secrets.get(name).reveal());
  const entry = (key: string) => ({ name: '…', identity: key, identityHistory: [] });
  // Its schemas allow no other key: a middleman’s entry with a url is refused.
  assert.deepEqual(entries, [
    [
      'pocket-beta/provider.json',
      { ...entry(identity('app_identity')), url: 'https://api.nodes.net' },
    ],
    ['pocket-beta/middleman.json', entry(identity('middleman_app_identity'))],
  ]);
  const delegators = report.slice(report.indexOf(': Delegators\n'));
  assert.ok(delegators.slice(0, 2500).includes(identity('middleman_app_identity')));
});

test('a local network is in no registry, although it has the chain id of main', (t) => {
  const local = PROFILE.replace(
    'pocket_network: beta',
    'pocket_network: local\npocket_rpc_url: http://10.0.0.9:26657\npocket_grpc_address: 10.0.0.9:9090\npocket_api_url: http://10.0.0.9:1317',
  );
  const apart = reportText(given(t, local));
  assert.doesNotMatch(apart, /governance registry|\.json`:|the registry has it/);
  assert.match(apart, /in the list that the Provider reads \(`provider\.delegators_url`\)/);
});

test('its secrets are named with where they live, and none is shown', (t) => {
  const input = given(t);
  const report = reportText(input);
  for (const name of ['app_identity', 'auth_secret', 'notification_key'])
    assert.match(report, new RegExp(`\\| \`middleman_${name}\` \\| \`.*secrets\\.yaml\``));
  for (const secret of input.secrets.values())
    if (secret.length >= 6) assert.ok(!report.includes(secret));
  assert.match(report, /pg_dump -U igniter -Fc middleman' > middleman\.dump/);
  assert.match(report, /ssh_config portal pocketd status/);
});

test('without a Middleman the report does not speak of its wizard', (t) => {
  const input = given(t);
  const { deployment } = input;
  const group = (name: Parameters<typeof deployment.group>[0]) =>
    name === 'middleman_hosts' ? [] : deployment.group(name);
  const report = reportText({ ...input, deployment: { ...deployment, group } });
  assert.doesNotMatch(report, /What to type into the Middleman|middleman\.json`:/);
});
