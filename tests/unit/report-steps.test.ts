import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { loadDeployment } from '../../lib/deployment.ts';
import { reportHtml } from '../../lib/report/html.ts';
import { middlemanSteps } from '../../lib/report/middleman.ts';
import { stakingSteps } from '../../lib/report/staking.ts';
import type { Field, Step } from '../../lib/report/wizard.ts';
import { loadSecrets, publicKey } from '../../lib/secrets/secrets.ts';
import { ROOT } from '../lab/paths.ts';
import { reportText } from '../report-text.ts';
import { directoryWith, OWNER } from './profile/temporary.ts';

/** An address that no shipped profile has. */
const OTHER = 'pokt1q8w4ur23clxd5mzfsh79vn6pg0kaytjer0car8';

/** Provider, Middleman and relays on one host. */
const ALL = `pocket_network: main
hosts:
  node: {address: 203.0.113.5}
postgres_hosts: [node]
temporal_hosts: [node]
redis_hosts: [node]
provider_hosts: [node]
middleman_hosts: [node]
relay_relayers: [node]
relay_miners: [node]
reverse_proxy_hosts: [node]
reverse_proxy: {acme_email: me@nodes.net}
relay_public_domain: relay.nodes.net
provider_public_api_domain: api.nodes.net
middleman_domain: stake.nodes.net
provider: {owner_identity: ${OWNER}, owner_email: me@nodes.net}
middleman: {owner_identity: ${OWNER}, owner_email: you@nodes.net}
relayminer:
  keys_file: "env:REPORT_STEPS_KEYS"
  services:
    eth:
      backends:
        jsonrpc: {url: "https://eth.nodes.net"}
        websocket: {url: "wss://eth.nodes.net"}
    hub:
      default_backend: cometbft
      backends:
        cometbft: {url: "https://hub.nodes.net"}
`;

const without = (...keys: string[]) =>
  ALL.replace(new RegExp(`^(${keys.join('|')}):.*\\n(  .*\\n)*`, 'gm'), '');

const NO_PROXY = without(
  ...['middleman_hosts', 'middleman_domain', 'middleman', 'reverse_proxy_hosts', 'reverse_proxy'],
  ...['relay_public_domain', 'provider_public_api_domain'],
);

function given(t: TestContext, profile = ALL) {
  process.env.REPORT_STEPS_KEYS = `keys: ["${'1'.repeat(64)}"]`;
  t.after(() => delete process.env.REPORT_STEPS_KEYS);
  const root = directoryWith(t, { 'nodes.yaml': profile });
  const deployment = loadDeployment(join(root, 'nodes.yaml'), { root });
  return { deployment, secrets: loadSecrets(deployment, { create: true }), now: new Date() };
}

function step(steps: readonly Step[], title: RegExp): Step {
  const found = steps.find((one) => title.test(one.title));
  assert.ok(found, `a step ${title}`);
  return found;
}

function field({ fields }: Step, label: string): Field {
  const found = fields.find((one) => one.label === label);
  assert.ok(found, `a field ${label}`);
  return found;
}

const typed = ({ fields }: Step, label: RegExp) =>
  fields
    .filter((one) => label.test(one.label))
    .map(({ answer }) => ('type' in answer ? answer.type : answer));

test('pages have the numbers of the wizards', (t) => {
  const input = given(t);
  const numbers = (steps: Step[]) => steps.flatMap(({ page }) => page ?? []);
  assert.deepEqual(numbers(stakingSteps(input)), [1, 2, 3, 4, 5, 6, 7, 8, 9]);
  assert.deepEqual(numbers(middlemanSteps(input)), [1, 2, 3, 4]);
  assert.match(reportText(input), /^### Wizard step 5: Select Provided Services$/m);
});

test('a service that cannot be chosen is neither typed nor assigned, and still explained', (t) => {
  const steps = stakingSteps(given(t));
  const services = step(steps, /Services/);
  assert.deepEqual(typed(services, /Service ID/), ['eth']);
  assert.deepEqual(typed(step(steps, /Address Groups/), /Assign services/), ['eth']);
  assert.match(services.notes!, /CometBFT \(`hub`\) cannot be chosen/);
  const second = services.fields.filter(({ label }) => label.endsWith('RPC type'))[1];
  assert.match(second!.why, /^Press Add Protocol/);
});

test('without a public name, services are typed all the same, and only their URLs are open', (t) => {
  const services = step(stakingSteps(given(t, NO_PROXY)), /Services/);
  assert.deepEqual(typed(services, /Service ID|RPC type/), ['eth', 'JSON_RPC', 'WEBSOCKET']);
  for (const { answer } of services.fields.filter(({ label }) => / URL of /.test(label)))
    assert.match('decide' in answer ? answer.decide.example! : '', /:\/\/relay\.example\.com$/);
});

test('a channel of notifications has all its fields, and e-mail begins with its server', (t) => {
  const page = step(stakingSteps(given(t)), /^Notifications/);
  for (const part of [
    ...['Host', 'Port', 'TLS/SSL', 'Username', 'Password', 'From Address', 'From Name'].map(
      (label) => `SMTP Configuration → ${label}`,
    ),
    ...['Name', 'Type', 'Enabled', 'Event Subscriptions'].map((label) => `Add Channel → ${label}`),
    ...['Discord → Webhook URL', 'Telegram → Bot Token', 'Telegram → Chat ID'],
    ...['Email → To', 'Email → CC and BCC'],
  ])
    assert.ok('decide' in field(page, part).answer, part);
  assert.match(page.about, /save SMTP Configuration first/);
});

test('the Middleman’s page of the chain says nothing of what only the Provider’s has', (t) => {
  const input = given(t);
  const [provider, middleman] = [stakingSteps(input), middlemanSteps(input)].map((steps) =>
    step(steps, /Blockchain/),
  );
  assert.match(field(provider!, 'Pocket API URL').why, /CORS/);
  assert.doesNotMatch(field(middleman!, 'Pocket API URL').why, /CORS|browser/);
  assert.match(provider!.notes!, /Mainnet.*Indexer API URL by `https:\/\/api\.poktscan\.com`/);
  assert.equal(middleman!.notes, undefined);
  assert.match(field(provider!, 'Minimum Stake').why, /although the caption says uPOKT/);
  assert.doesNotMatch(field(middleman!, 'Network Minimum Stake').why, /caption/);
});

test('a network of one’s own has a minimum stake as well', (t) => {
  const local = ALL.replace(
    'pocket_network: main',
    'pocket_network: local\npocket_rpc_url: http://10.0.0.9:26657\npocket_grpc_address: 10.0.0.9:9090\npocket_api_url: http://10.0.0.9:1317',
  );
  const page = step(stakingSteps(given(t, local)), /Blockchain/);
  assert.deepEqual(field(page, 'Minimum Stake').answer, {
    reads: 'the minimum of your own chain plus 500',
  });
  assert.equal(page.notes, undefined);
});

test('staking names the site, what it takes, and the workflows that follow', (t) => {
  const last = (profile?: string) => step(stakingSteps(given(t, profile)), /^Staking/);
  const here = last();
  assert.deepEqual(typed(here, /Address bar/), ['https://stake.nodes.net/app/stake']);
  assert.match(field(here, 'Stake amount, POKT').why, /`60005` for one/);
  assert.match(here.notes!, /`http:\/\/localhost:3001\/admin\/workflows`/);
  assert.match(here.notes!, /`SupplierInitialStake-scheduled` \| 10 seconds/);
  const elsewhere = last(without('middleman_hosts', 'middleman_domain', 'middleman'));
  assert.ok('decide' in field(elsewhere, 'Address bar of the browser').answer);
});

test('an owner whose key nobody holds, and a sign-in that is not proven, are said', (t) => {
  const shipped = readFileSync(join(ROOT, 'profiles/all-in-one-lab.yaml'), 'utf8');
  assert.ok(shipped.includes(`owner_identity: ${OWNER}`));
  const notes = (profile: string) => {
    const input = given(t, profile);
    return [stakingSteps(input), middlemanSteps(input)].map((steps) => steps[0]!.notes!);
  };
  for (const note of notes(ALL)) {
    assert.match(note, /Nobody can sign in yet/);
    assert.doesNotMatch(note, /On beta/);
  }
  const beta = ALL.replaceAll(OWNER, OTHER).replace('pocket_network: main', 'pocket_network: beta');
  for (const note of notes(beta)) {
    assert.doesNotMatch(note, /Nobody can sign in yet/);
    assert.match(note, /On beta, try this sign-in .*`pocket-lego-testnet`/);
  }
});

test('the Middleman’s pages name the wallet, the own Provider, and URLs in full', (t) => {
  const input = given(t);
  const steps = middlemanSteps(input);
  assert.ok('decide' in field(steps[0]!, 'Connect Wallet → wallet').answer);
  const providers = step(steps, /Configure Providers/);
  const own = publicKey(input.secrets.get('app_identity').reveal());
  assert.ok(field(providers, 'Providers').why.includes(own));
  assert.match(providers.notes!, /`https:\/\/stake\.nodes\.net\/admin\/providers`/);
  for (const page of [providers, step(stakingSteps(input), /^Delegators$/)])
    assert.match(page.notes!, /Once you have changed it in the profile, deploy again/);
});

test('a deployment without Provider and relays is not told what a Provider needs of it', (t) => {
  const alone = without(
    ...['redis_hosts', 'provider_hosts', 'relay_relayers', 'relay_miners', 'relay_public_domain'],
    ...['provider', 'provider_public_api_domain', 'relayminer'],
  );
  const input = given(t, alone);
  assert.deepEqual(stakingSteps(input), []);
  assert.doesNotMatch(reportText(input), /type into Igniter/);
  assert.match(reportText(input), /type into the Middleman/);
});

test('every anchor of the page is there once, and is made of the words of its heading', (t) => {
  const html = reportHtml(given(t));
  const ids = [...html.matchAll(/ id="([^"]*)"/g)].map(([, id]) => id);
  assert.deepEqual(
    ids.filter((id, index) => ids.indexOf(id) !== index),
    [],
  );
  for (const id of [
    ...['portal', 'glossary-portal', 'middleman-from-the-internet'],
    ...['wizard-step-1-blockchain-settings', 'wizard-step-1-blockchain-settings-1'],
  ])
    assert.ok(ids.includes(id), id);
  assert.match(html, /<a href="#glossary-portal">/);
});
