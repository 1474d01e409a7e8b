import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { loadDeployment } from '../../../lib/deployment.ts';
import { writeReport } from '../../../lib/report/write.ts';
import { generatePrivateKey, loadSecrets, publicKey } from '../../../lib/secrets/secrets.ts';
import { WIZARD as MIDDLEMAN } from '../../lab/standins/igniter/middleman/wizard.ts';
import { STEPS as PROVIDER } from '../../lab/standins/igniter/wizard-values.ts';
import { OWNER } from '../profile/temporary.ts';
import { type Network, startNetwork } from './network.ts';
import { endPrograms, IGNITER, run } from './program.ts';
import { startWeb, type Web, webEnvironment } from './provider.ts';
import { type Page, pagesOfHtml, pagesOfMarkdown } from './report-pages.ts';
import { skipReason, type TemporaryPostgres, temporaryPostgres } from './temporary-postgres.ts';

/** Everything that a profile can tell a wizard; the endpoints are at a port of this machine, under a name that {@link HERE} gives it. */
const profile = (port: string) => `pocket_network: main
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
pocket_rpc_url: http://pocket.nodes.net:${port}/rpc
pocket_api_url: http://pocket.nodes.net:${port}/api
indexer_url: http://pocket.nodes.net:${port}/indexer
relay_public_domain: relay.nodes.net
provider_public_api_domain: api.nodes.net
middleman_domain: stake.nodes.net
provider: {owner_identity: ${OWNER}, owner_email: me@nodes.net}
middleman: {owner_identity: ${OWNER}, owner_email: you@nodes.net}
relayminer:
  keys_file: keys.yaml
  services:
    eth:
      backends:
        jsonrpc: {url: "https://eth.nodes.net"}
        websocket: {url: "wss://eth.nodes.net"}
    cosmoshub:
      default_backend: rest
      backends:
        rest: {url: "https://hub.nodes.net"}
        grpc: {url: "hub.nodes.net:9090"}
`;

/** Lets a program find every name on this machine, as a line in its hosts file would: a profile refuses loopback addresses. */
const HERE = `--import=data:text/javascript,${encodeURIComponent(
  "import dns from 'node:dns'; const { lookup } = dns; dns.lookup = (_, ...rest) => lookup('127.0.0.1', ...rest);",
)}`;

/** The page with a field of that label: titles may be worded anew, labels are those of Igniter. */
function page(pages: readonly Page[], label: RegExp): Page {
  const found = pages.find(({ fields }) => fields.some((field) => label.test(field.label)));
  assert.ok(found, `no page has a field ${label}`);
  return found;
}

function values({ title, fields }: Page, label: RegExp): string[] {
  const found = fields.filter((field) => label.test(field.label)).map(({ value }) => value);
  assert.ok(found.length > 0, `'${title}' has no field ${label}`);
  return found;
}

const value = (of: Page, label: RegExp) => values(of, label)[0]!;

/** The body of step 1 of either application. */
function blockchain(pages: readonly Page[]) {
  const first = page(pages, /^Pocket API URL/);
  return {
    pocketApiUrl: value(first, /^Pocket API URL/),
    pocketRpcUrl: value(first, /^Pocket RPC URL/),
    indexerApiUrl: value(first, /^Indexer API URL/),
  };
}

/** Rows in which a service comes first, then type and URL of each of its protocols. */
function services({ fields }: Page) {
  const found: { serviceId: string; endpoints: { rpcType: string; url: string }[] }[] = [];
  for (const field of fields) {
    const service = found.at(-1);
    if (/Service ID$/.test(field.label)) found.push({ serviceId: field.value, endpoints: [] });
    else if (/RPC type/.test(field.label))
      service?.endpoints.push({ rpcType: field.value, url: '' });
    else if (/URL/.test(field.label)) service!.endpoints.at(-1)!.url = field.value;
  }
  return found;
}

/** The list of relay miners shows more than the name, which is what tells one from another to the API. */
function addressGroup(of: Page, { name, identity, region }: Record<string, string>) {
  const shown = [name, `${name} (${identity} - ${region})`];
  assert.ok(shown.includes(value(of, /^Relay Miner/)), shown.join(' or '));
  const shares = {
    supplierShare: Number(value(of, /Supplier Share/)),
    revShare: [
      {
        address: value(of, /Add Share.*address/),
        share: Number(value(of, /Add Share.*%/)),
      },
    ],
  };
  const ids = values(of, /Assign services/).flatMap((each) => each.split(/[\s,]+/));
  return {
    name: value(of, /^Name/),
    relayMiner: name,
    private: value(of, /^Internal use only/) === 'on',
    linkedAddresses: value(of, /^Linked Addresses/)
      .split(/[\s,]+/)
      .filter(Boolean),
    services: ids.map((serviceId) => ({ serviceId, ...shares })),
  };
}

/** What the report has one type into each step of the Provider's wizard. */
function providerBodies(pages: readonly Page[]): Record<keyof typeof PROVIDER, unknown> {
  const [own, region] = [page(pages, /^Provider Name/), page(pages, /^URL Value/)];
  const minerPage = page(pages, /^Domain/);
  const miner = {
    name: value(minerPage, /^Name/),
    identity: value(minerPage, /^Identity/),
    region: value(minerPage, /^Region/),
    domain: value(minerPage, /^Domain/),
  };
  const enabled = value(page(pages, /^Enabled/), /^Enabled/);
  assert.equal(value(page(pages, /^Channel/), /^Channel/), '', 'notifications are optional');
  assert.equal(value(page(pages, /^Finish/), /^Finish/), 'Complete');
  return {
    blockchain: blockchain(pages),
    identity: {
      name: value(own, /^Provider Name/),
      supportEmail: value(own, /^Support Email/),
      rewardAddresses: value(own, /^Reward Addresses/),
    },
    regions: [
      { displayName: value(region, /^Display Name/), urlValue: value(region, /^URL Value/) },
    ],
    'relay-miners': [miner],
    services: services(page(pages, /Service ID$/)),
    'address-groups': [addressGroup(page(pages, /Assign services/), miner)],
    delegators: { enabled: /^select all$/i.test(enabled) ? 'all' : enabled.split(/[\s,]+/) },
    notifications: {},
    finish: {},
  };
}

/** The same of the Middleman's; of the Providers it is the one whose identity the report names. */
function middlemanBodies(pages: readonly Page[], provider: string): Record<string, unknown> {
  const settings = page(pages, /^Service Fee/);
  assert.equal(value(page(pages, /^Providers/), /^Providers/), '', 'which is for the operator');
  assert.equal(value(page(pages, /^Button to press/), /^Button to press/), 'Complete');
  return {
    blockchain: blockchain(pages),
    settings: {
      name: value(settings, /^Name/),
      supportEmail: value(settings, /^Support Email/),
      ownerEmail: value(settings, /^Owner Email/),
      fee: Number(value(settings, /^Service Fee/)),
      delegatorRewardsAddress: value(settings, /^Delegator rewards address/),
      privacyPolicy: value(settings, /^Privacy Policy/),
    },
    providers: { enabled: [provider] },
    finish: {},
  };
}

describe('what a report says is typed into the wizards, which accept it', {
  skip: skipReason,
  timeout: 120_000,
}, () => {
  const root = mkdtempSync(join(tmpdir(), 'report-wizard-'));
  const [app, middlemanApp] = [generatePrivateKey(), generatePrivateKey()];
  let postgres: TemporaryPostgres;
  let network: Network;
  let pages: Page[];
  let html: Page[];

  before(async () => {
    network = await startNetwork({
      ...{ api: 'pocket', rpc: 'pocket', indexer: 'pocket' },
      delegators: [{ name: 'Ours', identity: publicKey(middlemanApp) }],
      providers: [{ name: 'Ours', identity: publicKey(app), url: 'https://api.nodes.net' }],
    });
    const references = `secrets: {app_identity: 'cmd:printf ${app}', middleman_app_identity: 'cmd:printf ${middlemanApp}'}\n`;
    writeFileSync(join(root, 'nodes.yaml'), profile(new URL(network.url('/')).port) + references);
    writeFileSync(join(root, 'keys.yaml'), `keys: ["${generatePrivateKey()}"]\n`);
    const deployment = loadDeployment(join(root, 'nodes.yaml'), { root });
    const secrets = loadSecrets(deployment, { create: true });
    const [md = '', page = ''] = writeReport({ deployment, secrets });
    pages = pagesOfMarkdown(readFileSync(md, 'utf8'));
    html = pagesOfHtml(readFileSync(page, 'utf8'));
    postgres = await temporaryPostgres();
    await postgres.query('postgres', 'CREATE DATABASE provider', 'CREATE DATABASE middleman');
  });
  after(() => {
    endPrograms();
    network.close();
    postgres.remove();
    rmSync(root, { recursive: true });
  });

  const ofMiddleman = ({ section }: Page) => /into .*Middleman/i.test(section);

  /** An application as the profile has it deployed, with an empty database. */
  async function started(name: 'provider' | 'middleman', identity: string): Promise<Web> {
    const DATABASE_URL = postgres.url(name);
    const settings = { DATABASE_URL, SERVICE_NAME: name };
    await run(IGNITER, [`${IGNITER}/bin/pnpm`, `${name}:migration:migrate`], settings);
    const environment = {
      ...webEnvironment(`${DATABASE_URL}?sslmode=disable`),
      NODE_OPTIONS: HERE,
      SERVICE_NAME: name,
      OWNER_IDENTITY: OWNER,
      APP_IDENTITY: identity,
      DELEGATORS_CDN_URL: network.url('/cdn/{chainId}.json'),
      PROVIDERS_CDN_URL: network.url('/cdn/{chainId}/provider.json'),
    };
    return startWeb(environment, name);
  }

  /** Goes through the wizard as the report says; what it must show is what it shows. */
  async function completed(
    web: Web,
    steps: readonly string[],
    shown: readonly Page[],
    bodies: Record<string, unknown>,
  ): Promise<void> {
    const first = page(shown, /^Pocket API URL/);
    assert.deepEqual(Object.keys(bodies), steps);
    for (const step of steps) {
      const { status, text } = await web.wizard(step, bodies[step]);
      assert.equal(status, 200, `${step}: ${JSON.stringify(bodies[step])}: ${text}`);
      if (step !== 'blockchain') continue;
      const { chainId, minimumStake } = JSON.parse(text).result;
      assert.equal(value(first, /^Network/), chainId);
      assert.equal(value(first, /Minimum Stake/), String(minimumStake));
    }
    assert.equal((await web.get('/api/bootstrap')).text, '{"isBootstrapped":true}');
    const state = await web.get('/standin/wizard', { headers: { 'x-standin': 'wizard' } });
    assert.equal(value(first, /^App Identity/), JSON.parse(state.text).settings.appIdentity);
  }

  test('report.md and report.html have the same pages', () => {
    assert.ok(pages.length > 9);
    assert.deepEqual(html, pages);
  });

  test('the Provider’s, and its database then has the relay URLs of the profile', async () => {
    const web = await started('provider', app);
    const own = pages.filter((one) => !ofMiddleman(one));
    await completed(web, Object.keys(PROVIDER), own, providerBodies(own));
    const url = (rpcType: string, scheme = 'https') => ({
      rpcType,
      url: `${scheme}://relay.nodes.net`,
    });
    const saved = 'SELECT "serviceId", endpoints FROM services ORDER BY "serviceId" DESC';
    assert.deepEqual(await postgres.query('provider', saved), [
      { serviceId: 'eth', endpoints: [url('JSON_RPC'), url('WEBSOCKET', 'wss')] },
      { serviceId: 'cosmoshub', endpoints: [url('REST'), url('GRPC')] },
    ]);
  });

  test('the Middleman’s', async () => {
    const web = await started('middleman', middlemanApp);
    const own = pages.filter(ofMiddleman);
    const provider = value(page(pages, /^App Identity/), /^App Identity/);
    await completed(web, Object.keys(MIDDLEMAN.steps), own, middlemanBodies(own, provider));
  });
});
