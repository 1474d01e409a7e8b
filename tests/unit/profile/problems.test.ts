import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { loadDeployment } from '../../../lib/deployment.ts';
import { ProfileError } from '../../../lib/profile/problem.ts';
import { directoryWith, OWNER, RELAY_HOST } from './temporary.ts';

const PROVIDER = `pocket_network: main
hosts: {a: a.lan}
provider_hosts: [a]
postgres_hosts: [a]
temporal_hosts: [a]
provider:
  owner_identity: ${OWNER}
  owner_email: me@nodes.net
`;

const EMPTY =
  'is empty, expected a profile: copy one of profiles/, such as profiles/production-single-host.yaml';

/** What is wrong, the profile, and the exact lines that say so. */
const CASES: [title: string, profile: string | Buffer, lines: string[]][] = [
  ['nothing', '', [`p.yaml:1:1 ${EMPTY}`]],
  ['comments only', '# hi\n', [`p.yaml:1:1 ${EMPTY}`]],
  ['not UTF-8', Buffer.from([0x61, 0xff]), ['p.yaml:1:1 is not UTF-8 text, expected a profile']],
  ['a list', '- a\n', ['p.yaml:1:1 a list, expected a mapping']],
  [
    'two documents',
    `${RELAY_HOST}---\na: 1\n`,
    ['p.yaml:14:1 not valid YAML: a second document begins here: one file is one profile'],
  ],
  [
    'a tag',
    'name: !!js/function x\n',
    ['p.yaml:1:7 not valid YAML: tags are not supported in profiles'],
  ],
  ['an alias that contains itself', 'hosts: &a [*a]\n', ['p.yaml:1:11 is nested too deeply']],
  [
    'aliases that multiply',
    `a: &a [x,x,x,x,x,x,x,x]
b: &b [*a,*a,*a,*a,*a,*a,*a,*a]
c: &c [*b,*b,*b,*b,*b,*b,*b,*b]
d: &d [*c,*c,*c,*c,*c,*c,*c,*c]
e: [*d,*d,*d,*d,*d,*d,*d,*d]
`,
    ['p.yaml:1:7 more than 20000 values, aliases expanded'],
  ],
  [
    'a duplicate key',
    `${RELAY_HOST}pocket_network: main\n`,
    ['p.yaml:14:1 pocket_network: duplicate key "pocket_network"'],
  ],
  [
    'a network that does not exist',
    RELAY_HOST.replace('beta', 'mainet'),
    [
      'p.yaml:1:17 pocket_network: "mainet", expected one of main, beta, local, did you mean "main"?',
    ],
  ],
  [
    'misspelt keys, at every level, with what else is wrong',
    `${RELAY_HOST.replace('redis_hosts', 'redis_host').replace('url:', 'ulr:')}`,
    [
      'p.yaml:4:1 redis_host: unknown key "redis_host", did you mean "redis_hosts"?',
      'p.yaml:5:17 relay_relayers: relayers and miners need a host in redis_hosts',
      'p.yaml:13:11 relayminer.services.eth.backends.jsonrpc.ulr: unknown key "ulr", did you mean "url"?',
    ],
  ],
  [
    'a misspelt key that is required, once',
    RELAY_HOST.replace('web1: root@10.0.0.5', 'web1: {adress: 10.0.0.5}'),
    ['p.yaml:3:10 hosts.web1.adress: unknown key "adress", did you mean "address"?'],
  ],
  [
    'groups: unknown, doubled and too many hosts',
    RELAY_HOST.replace('redis_hosts: [web1]', 'redis_hosts: [wed1, web1, web1]'),
    [
      'p.yaml:4:15 redis_hosts[0]: unknown host "wed1", did you mean "web1"?',
      'p.yaml:4:21 redis_hosts[1]: at most one host is supported in this group: several are for redis.mode: sentinel',
      'p.yaml:4:27 redis_hosts[2]: "web1" is listed twice',
    ],
  ],
  [
    'hosts and members that lack a space',
    RELAY_HOST.replace('web1: root@10.0.0.5', 'web1:root@10.0.0.5\n  b:10.0.0.6').replace(
      'redis_hosts: [web1]',
      'redis_hosts:\n  -web1',
    ),
    [
      'p.yaml:3:3 hosts: a space is missing after web1:',
      'p.yaml:6:3 redis_hosts: a space is missing after -',
    ],
  ],
  [
    'nothing but a key without its space',
    'name:x\n',
    ['p.yaml:1:1 a space is missing after name:'],
  ],
  [
    'a mapping that may hold a secret and lacks a space',
    `${RELAY_HOST}secrets:\n  hunter2:x\n`,
    ['p.yaml:15:3 secrets: expected a mapping'],
  ],
  [
    'text with a colon in it that is no mapping',
    `${RELAY_HOST}redis: cache.lan:6379\n`,
    ['p.yaml:14:8 redis: "cache.lan:6379", expected a mapping'],
  ],
  [
    'groups: a name that is like none, although there is only one',
    RELAY_HOST.replace('redis_hosts: [web1]', 'redis_hosts: [cache]'),
    ['p.yaml:4:15 redis_hosts[0]: unknown host "cache"'],
  ],
  [
    'groups: addresses in place of names',
    RELAY_HOST.replace('web1: root@10.0.0.5', 'web1: root@10.0.0.5:22\n  b: 203.0.113.1')
      .replace('redis_hosts: [web1]', 'redis_hosts: [10.0.0.5]')
      .replace('relay_miners: [web1]', 'relay_miners: [root@203.0.113.1, 203.0.113.1:2222]'),
    [
      'p.yaml:5:15 redis_hosts[0]: unknown host "10.0.0.5", did you mean "web1"?',
      'p.yaml:7:16 relay_miners[0]: unknown host "root@203.0.113.1", did you mean "b"?',
      'p.yaml:7:34 relay_miners[1]: unknown host "203.0.113.1:2222"',
    ],
  ],
  [
    'a key of one group is misspelt: its hosts are not called idle',
    RELAY_HOST.replace('redis_hosts', 'redis_host').replace(
      /relay_relayers: .*\nrelay_miners: .*\n/,
      '',
    ),
    ['p.yaml:4:1 redis_host: unknown key "redis_host", did you mean "redis_hosts"?'],
  ],
  [
    'natural guesses at the names of groups and other keys',
    `${RELAY_HOST.replace('relay_relayers', 'relayer_hosts')
      .replace('relay_miners', 'miner_hosts')
      .replace('redis_hosts', 'sentinel_hosts')}proxy_hosts: [web1]
rpc_url: https://rpc.lan
relay_hosts: []
`,
    [
      'p.yaml:4:1 sentinel_hosts: unknown key "sentinel_hosts"',
      'p.yaml:5:1 relayer_hosts: unknown key "relayer_hosts", did you mean "relay_relayers"?',
      'p.yaml:6:1 miner_hosts: unknown key "miner_hosts", did you mean "relay_miners"?',
      'p.yaml:14:1 proxy_hosts: unknown key "proxy_hosts", did you mean "reverse_proxy_hosts"?',
      'p.yaml:15:1 rpc_url: unknown key "rpc_url", did you mean "pocket_rpc_url"?',
      'p.yaml:16:1 relay_hosts: unknown key "relay_hosts"',
    ],
  ],
  [
    'two hosts that are one machine, and one without a group',
    RELAY_HOST.replace('web1: root@10.0.0.5', 'web1: root@10.0.0.5\n  web2: 10.0.0.5:22'),
    [
      'p.yaml:4:9 hosts.web2: the address of hosts.web1 too: one machine is one host',
      'p.yaml:4:9 hosts.web2: is in no group, so nothing would run on it',
    ],
  ],
  [
    'two hosts with one private address',
    `${RELAY_HOST.replace(
      'web1: root@10.0.0.5',
      'web1: {address: 203.0.113.1, private_address: 10.0.0.5}\n  db: {address: 203.0.113.2, private_address: 10.0.0.5}',
    )}pocket_cli_hosts: [db]\n`,
    [
      'p.yaml:4:47 hosts.db.private_address: 10.0.0.5 is that of hosts.web1 too: each machine has its own',
    ],
  ],
  [
    'a private address that is the address of another host, in either order',
    `${RELAY_HOST.replace(
      'web1: root@10.0.0.5',
      'web1: root@10.0.0.5\n  b: {address: 203.0.113.2, private_address: 10.0.0.5}\n  c: {address: 203.0.113.3, private_address: 10.0.0.6}\n  d: 10.0.0.6',
    )}pocket_cli_hosts: [b, c, d]\n`,
    [
      'p.yaml:4:46 hosts.b.private_address: 10.0.0.5 is that of hosts.web1 too: each machine has its own',
      'p.yaml:6:3 hosts.d.private_address: 10.0.0.6 is that of hosts.c too: each machine has its own',
    ],
  ],
  [
    'an address that would be an option of ssh',
    RELAY_HOST.replace('root@10.0.0.5', '-oProxyCommand=x'),
    [
      'p.yaml:3:9 hosts.web1: "-oProxyCommand=x", expected a host name, an IP address, an ssh alias, user@host:port, or localhost (IPv6 in brackets)',
    ],
  ],
  [
    'a user and a port said twice',
    RELAY_HOST.replace('root@10.0.0.5', '{address: "root@10.0.0.5:22", user: me, port: 22}'),
    [
      'p.yaml:3:45 hosts.web1.user: the address has a user already',
      'p.yaml:3:55 hosts.web1.port: the address has a port already',
    ],
  ],
  [
    'a port that no machine has',
    RELAY_HOST.replace('root@10.0.0.5', 'root@10.0.0.5:65536'),
    ['p.yaml:3:9 hosts.web1: expected a port from 1 to 65535'],
  ],
  [
    'this machine with a user to log in as',
    RELAY_HOST.replace('root@10.0.0.5', 'root@localhost'),
    [
      'p.yaml:3:9 hosts.web1: localhost is this machine, without ssh: expected no user, port or key',
    ],
  ],
  [
    'miners without relayers',
    RELAY_HOST.replace('relay_relayers: [web1]\n', ''),
    ['p.yaml:5:15 relay_miners: miners have nothing to do without a host in relay_relayers'],
  ],
  [
    'relayers without miners',
    RELAY_HOST.replace('relay_miners: [web1]\n', ''),
    [
      'p.yaml:5:17 relay_relayers: nothing is claimed, so nothing is paid, without a host in relay_miners',
    ],
  ],
  [
    'relayers without services and keys',
    `${RELAY_HOST.slice(0, RELAY_HOST.indexOf('relayminer:'))}relayminer: {}\n`,
    [
      'p.yaml:7:1 relayminer.keys_file: missing, expected the file of the supplier keys',
      'p.yaml:7:1 relayminer.services: missing, expected at least one service for the relayers',
    ],
  ],
  [
    'relayers without the section that says what they serve',
    RELAY_HOST.slice(0, RELAY_HOST.indexOf('relayminer:')),
    ['p.yaml:1:1 relayminer: missing, expected keys_file and services for the relayers'],
  ],
  [
    'a service without a backend, and a backend without an address',
    `${RELAY_HOST.slice(0, RELAY_HOST.indexOf('    eth:'))}    eth: {backends: {}}
    poly: {backends: {jsonrpc: {}}}
`,
    [
      'p.yaml:10:21 relayminer.services.eth.backends: expected at least one backend',
      'p.yaml:11:23 relayminer.services.poly.backends.jsonrpc.url: missing, expected the address of the backend',
    ],
  ],
  [
    'a proxy without a domain and without an e-mail address for its certificates',
    `${RELAY_HOST}reverse_proxy_hosts: [web1]\n`,
    [
      'p.yaml:1:1 relay_public_domain: missing, expected it with reverse_proxy_hosts',
      'p.yaml:1:1 reverse_proxy.acme_email: missing, expected it with tls: acme',
    ],
  ],
  [
    'a proxy without anything to forward to',
    `${PROVIDER}reverse_proxy_hosts: [a]\nreverse_proxy: {tls: internal}\n`,
    ['p.yaml:9:22 reverse_proxy_hosts: the proxy has nothing to forward to without relayers'],
  ],
  [
    'backends: schemes, credentials, probes, both forms of the address',
    `${RELAY_HOST.slice(0, RELAY_HOST.indexOf('      backends:'))}      default_backend: rest
      backends:
        jsonrpc:
          url: https://user:hunter2@node.lan/v3/hunter3
          urls: [http://a.lan]
        websocket:
          url: http://a.lan
          health_check: {interval_seconds: 5, endpoint: /}
        grpc:
          url: grpc://a.lan:9090
`,
    [
      'p.yaml:14:16 relayminer.services.eth.backends.jsonrpc.url: "https://***@node.lan/…", expected a URL without user and password in it',
      'p.yaml:17:16 relayminer.services.eth.backends.websocket.url: "http://a.lan", expected a URL that begins with ws:// or wss://',
      'p.yaml:20:16 relayminer.services.eth.backends.grpc.url: "grpc://a.lan:9090", expected host:port without a scheme',
    ],
  ],
  [
    'a price of gas in another denomination, and without any',
    RELAY_HOST.replace('  keys_file', '  gas_price: 0.1mact\n  keys_file'),
    [
      'p.yaml:8:14 relayminer.gas_price: "0.1mact", expected a decimal and upokt, such as 0.000001upokt',
    ],
  ],
  [
    'a price of gas without its denomination',
    RELAY_HOST.replace('  keys_file', '  gas_price: 0.000001\n  keys_file'),
    [
      'p.yaml:8:14 relayminer.gas_price: 0.000001, expected a decimal and upokt, such as 0.000001upokt, in quotes',
    ],
  ],
  [
    'a service id that is longer than the chain allows, beside one that is just not',
    RELAY_HOST.replace(
      '    eth:\n',
      `    ${'a'.repeat(42)}: {backends: {jsonrpc: {url: http://a.lan}}}\n    ${'b'.repeat(43)}:\n`,
    ),
    [
      `p.yaml:11:5 relayminer.services.${'b'.repeat(43)}: expected a service id of letters, digits, - and _, at most 42`,
    ],
  ],
  [
    'backends: what only shows when each value is fine alone',
    `${RELAY_HOST.slice(0, RELAY_HOST.indexOf('      backends:'))}      default_backend: rest
      backends:
        jsonrpc:
          url: http://a.lan
          urls: [http://a.lan, http://a.lan]
          health_check: {}
          authentication: {username: me}
        websocket:
          url: ws://a.lan
          health_check: {endpoint: /}
`,
    [
      'p.yaml:11:24 relayminer.services.eth.default_backend: "rest" is not among the backends, expected one of jsonrpc, websocket',
      'p.yaml:15:17 relayminer.services.eth.backends.jsonrpc.urls: expected url or urls, not both',
      'p.yaml:15:32 relayminer.services.eth.backends.jsonrpc.urls[1]: is listed twice',
      'p.yaml:16:11 relayminer.services.eth.backends.jsonrpc.health_check.endpoint: missing, expected the path to probe',
      'p.yaml:17:27 relayminer.services.eth.backends.jsonrpc.authentication: expected username and password together',
      'p.yaml:20:25 relayminer.services.eth.backends.websocket.health_check: a plain HTTP probe marks a working websocket backend as down: leave health_check out',
    ],
  ],
  [
    'backends: names, probes and ways to sign in',
    `${RELAY_HOST.slice(0, RELAY_HOST.indexOf('      backends:'))}      backends:
        jsonrpc:
          urls: [{name: a, url: http://a.lan}, {name: a, url: http://b.lan}]
          authentication: {bearer_token: one, plain_token: another}
        rest:
          url: http://a.lan
          authentication: {}
        websocket:
          url: ws://a.lan
          authentication: {bearer_token: one}
        grpc:
          url: a.lan:9090
          health_check: {endpoint: /}
        cometbft:
          url: http://a.lan
          authentication: {username: me, password: one, bearer_token: another}
`,
    [
      'p.yaml:13:55 relayminer.services.eth.backends.jsonrpc.urls[1].name: "a" is used twice',
      'p.yaml:14:27 relayminer.services.eth.backends.jsonrpc.authentication: expected one way to sign in, not several',
      'p.yaml:17:27 relayminer.services.eth.backends.rest.authentication: expected a way to sign in',
      'p.yaml:20:27 relayminer.services.eth.backends.websocket.authentication: is not used for WebSocket backends: put the header into headers',
      'p.yaml:23:25 relayminer.services.eth.backends.grpc.health_check: a plain HTTP probe marks a working grpc backend as down: leave health_check out',
      'p.yaml:26:27 relayminer.services.eth.backends.cometbft.authentication: expected one way to sign in, not several',
    ],
  ],
  [
    'a backend at a port that the relayer itself takes, and one at localhost',
    RELAY_HOST.replace(
      'url: http://10.0.0.9:8545',
      'urls: ["http://10.0.0.5:8080", "http://localhost:8545"]',
    ),
    [
      'p.yaml:13:18 relayminer.services.eth.backends.jsonrpc.urls[0]: port 8080 of hosts.web1 is taken by relayer: expected another port',
      'p.yaml:13:42 relayminer.services.eth.backends.jsonrpc.urls[1]: expected an address that containers can reach: localhost is the container itself',
    ],
  ],
  [
    'a node of the network that shares the port of the relayer’s metrics',
    `${RELAY_HOST}pocket_grpc_address: 10.0.0.5:9090\n`,
    [
      'p.yaml:14:22 pocket_grpc_address: port 9090 of hosts.web1 is taken by relayer-metrics: expected another port',
    ],
  ],
  [
    'a local network without endpoints',
    RELAY_HOST.replace('beta', 'local'),
    [
      'p.yaml:1:1 pocket_rpc_url: missing: the network "local" has no public endpoint',
      'p.yaml:1:1 pocket_grpc_address: missing: the network "local" has no public endpoint',
    ],
  ],
  [
    'Igniter on a local network without endpoints',
    PROVIDER.replace('main', 'local'),
    [
      'p.yaml:1:1 pocket_rpc_url: missing: the network "local" has no public endpoint',
      'p.yaml:1:1 pocket_api_url: missing: the network "local" has no public endpoint',
    ],
  ],
  [
    'Redis on a host with a public address that another host needs',
    RELAY_HOST.replace('web1: root@10.0.0.5', 'web1: 10.0.0.5\n  db: 203.0.113.7').replace(
      'redis_hosts: [web1]',
      'redis_hosts: [db]',
    ),
    [
      'p.yaml:4:3 hosts.db.private_address: missing: hosts.web1 connects to its port 6379; write db: { address: 203.0.113.7, private_address: <IP address> }',
    ],
  ],
  [
    'Redis at an IPv6 address, which no container can connect to',
    RELAY_HOST.replace('web1: root@10.0.0.5', 'web1: 10.0.0.5\n  db: "fd00::7"').replace(
      'redis_hosts: [web1]',
      'redis_hosts: [db]',
    ),
    [
      'p.yaml:4:3 hosts.db.private_address: missing: hosts.web1 connects to its port 6379; write db: { address: fd00::7, private_address: <IP address> }',
    ],
  ],
  [
    'a private address that is public',
    RELAY_HOST.replace('root@10.0.0.5', '{address: web1.nodes.net, private_address: 203.0.113.7}'),
    [
      'p.yaml:3:52 hosts.web1.private_address: expected an address of a private network (10/8, 172.16/12, 192.168/16, 100.64/10); where there is none, make one first: README.md, Profiles',
    ],
  ],
  [
    'a private address of IPv6',
    RELAY_HOST.replace('root@10.0.0.5', '{address: 203.0.113.7, private_address: "fd00::7"}'),
    [
      'p.yaml:3:49 hosts.web1.private_address: "fd00::7", expected an IPv4 address of the private network; containers have no other',
    ],
  ],
  [
    'an owner with a mistyped address',
    PROVIDER.replace(OWNER, `${OWNER.slice(0, -1)}x`),
    [
      `p.yaml:7:19 provider.owner_identity: "${OWNER.slice(0, -1)}x", expected a pokt1… address of 43 characters with a valid checksum: copy it from the wallet`,
    ],
  ],
  [
    'placeholders',
    PROVIDER.replace(OWNER, 'pokt1replace…').replace('me@nodes.net', 'you@example.com'),
    [
      'p.yaml:7:19 provider.owner_identity: the placeholder "pokt1replace…" is still there, expected your own value',
      'p.yaml:8:16 provider.owner_email: the placeholder "you@example.com" is still there, expected your own value',
    ],
  ],
  [
    'Provider without PostgreSQL, Temporal and its own section',
    'pocket_network: main\nhosts: {a: a.lan}\nprovider_hosts: [a]\n',
    [
      'p.yaml:1:1 provider: missing, expected it with provider_hosts',
      'p.yaml:3:17 provider_hosts: Provider needs a host in postgres_hosts',
      'p.yaml:3:17 provider_hosts: Provider needs a host in temporal_hosts',
    ],
  ],
  [
    'Temporal without PostgreSQL, and a Provider that is switched on without a host',
    `pocket_network: main
hosts: {a: a.lan}
temporal_hosts: [a]
igniter_provider_enabled: true
`,
    [
      'p.yaml:1:1 provider_hosts: Provider needs a host in postgres_hosts',
      'p.yaml:1:1 provider: missing, expected it with provider_hosts',
      'p.yaml:3:17 temporal_hosts: Temporal needs a host in postgres_hosts',
      'p.yaml:4:27 igniter_provider_enabled: true, but provider_hosts is empty',
    ],
  ],
  [
    'images: moving tags, no tag, and two versions of Provider',
    `${RELAY_HOST}images:
  redis: docker.io/library/redis:latest
  caddy: docker.io/library/caddy
`,
    [
      'p.yaml:15:10 images.redis: "docker.io/library/redis:latest", expected an exact tag instead of latest, which changes without notice',
      'p.yaml:16:10 images.caddy: "docker.io/library/caddy", expected an image with an exact tag',
    ],
  ],
  [
    'two versions of Provider, two of Middleman, and a bundle without its path',
    `${RELAY_HOST}images:
  source: bundle
  provider: ghcr.io/pokt-network/provider:0.9.1
  middleman: ghcr.io/pokt-network/middleman:0.9.1
`,
    [
      'p.yaml:14:1 images.provider_workflows: expected the tag of images.provider, 0.9.1',
      'p.yaml:14:1 images.middleman_workflows: expected the tag of images.middleman, 0.9.1',
      'p.yaml:14:1 images.bundle: missing, expected it with source: bundle',
    ],
  ],
  [
    'an order that cannot work',
    `${RELAY_HOST}order: [common, firewall, redis, install-docker, images, common]\n`,
    [
      'p.yaml:14:8 order: "relayminer" is missing, although a host needs it',
      'p.yaml:14:27 order[2]: "redis" must come in a later stage than "images"',
      'p.yaml:14:58 order[5]: "common" is listed twice',
    ],
  ],
  [
    'an order with a role in one stage with what it needs',
    `${RELAY_HOST}order: [common, firewall, install-docker, [images, redis], relayminer]\n`,
    ['p.yaml:14:52 order[3][1]: "redis" must come in a later stage than "images"'],
  ],
  [
    'an order with an unknown role',
    `${RELAY_HOST}order: [common, [reddis]]\n`,
    [
      'p.yaml:14:18 order[1][0]: "reddis", expected one of common, firewall, install-docker, images, pocketd, redis, postgres, temporal, provider, middleman, relayminer, exporters, reverse-proxy, monitoring, did you mean "redis"?',
    ],
  ],
  [
    'secrets written into the profile, which no message repeats',
    `${RELAY_HOST}secrets:
  redis_password: hunter2
  postgres_password: 12345678
`,
    [
      'p.yaml:15:19 secrets.redis_password: expected env:NAME, file:PATH or cmd:COMMAND',
      'p.yaml:16:22 secrets.postgres_password: expected env:NAME, file:PATH or cmd:COMMAND, in quotes',
    ],
  ],
];

const NO_IPV4 =
  'expected an IPv4 address of four numbers up to 255: ssh would complete a shorter one to another machine’s';
const NO_IPV6 =
  'expected a valid IPv6 address, in brackets where a port follows, such as [2001:db8::1]:2222';

describe('an address that cannot be meant is refused', () => {
  const cases: [address: string, expected: string][] = [
    ['999.1.1.1', NO_IPV4],
    ['root@203.0.113.300:22', NO_IPV4],
    ['203.0.113', NO_IPV4],
    ['127.0.1', NO_IPV4],
    ['10.0.0.5.', NO_IPV4],
    ['2130706433', NO_IPV4],
    ['root@::1:2222', NO_IPV6],
    ['::1:22222', NO_IPV6],
    ['2001:db8:0:0:0:0:0:1:2222', NO_IPV6],
    ['root@[2001:db8:::1]', NO_IPV6],
    ['1::2::3', NO_IPV6],
  ];
  for (const [address, expected] of cases) {
    test(address, (t) => {
      const profile = RELAY_HOST.replace('root@10.0.0.5', `"${address}"`);
      const directory = directoryWith(t, { 'p.yaml': profile });
      assert.deepEqual(problemLines(join(directory, 'p.yaml'), directory), [
        `p.yaml:3:9 hosts.web1: "${address}", ${expected}`,
      ]);
    });
  }

  test('while whatever can be one is accepted', (t) => {
    const good = ['::1', '2001:db8::1:2222', 'root@1:2:3:4:5:6:7:2222', 'root@[2001:db8::1]:2222'];
    for (const address of [...good, '203.0.113.7:22', '1.2.3.4.example.org', '203-0-113']) {
      const profile = RELAY_HOST.replace('root@10.0.0.5', `"${address}"`);
      const directory = directoryWith(t, { 'p.yaml': profile });
      assert.deepEqual(problemLines(join(directory, 'p.yaml'), directory), [], address);
    }
  });
});

function problemLines(path: string, directory: string): string[] {
  try {
    loadDeployment(path);
  } catch (error) {
    assert.ok(error instanceof ProfileError, String(error));
    return error.message.replaceAll(`${directory}/`, '').split('\n');
  }
  return [];
}

describe('every mistake is said on one line, at its place, all at once', () => {
  for (const [title, profile, lines] of CASES) {
    test(title, (t) => {
      const directory = directoryWith(t, { 'p.yaml': profile });
      assert.deepEqual(problemLines(join(directory, 'p.yaml'), directory), lines);
    });
  }
});

describe('extends', () => {
  test('problems are located in the file that has them', (t) => {
    const directory = directoryWith(t, {
      'base.yaml': RELAY_HOST.replace('beta', 'betta'),
      'p.yaml': 'extends: ./base.yaml\nredis: {maxmemory: lots}\n',
    });
    assert.deepEqual(problemLines(join(directory, 'p.yaml'), directory), [
      'base.yaml:1:17 pocket_network: "betta", expected one of main, beta, local, did you mean "beta"?',
      'p.yaml:2:20 redis.maxmemory: "lots", expected an amount of memory such as 512mb or 3gb',
    ]);
  });

  test('a cycle names the chain', (t) => {
    const directory = directoryWith(t, {
      'p.yaml': 'extends: b.yaml\n',
      'b.yaml': 'extends: ./p.yaml\n',
    });
    assert.deepEqual(problemLines(join(directory, 'p.yaml'), directory), [
      'b.yaml:1:10 extends: extends itself: p.yaml → b.yaml → p.yaml',
    ]);
  });

  test('a parent that does not exist is a problem of the child', (t) => {
    const directory = directoryWith(t, { 'p.yaml': 'name: x\nextends: ./gone.yaml\n' });
    assert.deepEqual(problemLines(join(directory, 'p.yaml'), directory), [
      'p.yaml:2:10 extends: "gone.yaml", no such file',
    ]);
  });

  test('maps merge, lists replace, paths belong to the file they are written in', (t) => {
    const directory = directoryWith(t, {
      'base/base.yaml': RELAY_HOST,
      'p.yaml': `extends: ./base/base.yaml
hosts: {web2: 10.0.0.6}
relay_relayers: [web2]
redis: {maxmemory: 1gb}
`,
    });
    const deployment = loadDeployment(join(directory, 'p.yaml'));
    assert.deepEqual(
      deployment.hosts.map(({ name, address }) => [name, address]),
      [
        ['web1', '10.0.0.5'],
        ['web2', '10.0.0.6'],
      ],
    );
    assert.deepEqual(
      deployment.group('relay_relayers').map(({ name }) => name),
      ['web2'],
    );
    assert.equal(deployment.profile.relayminer?.keys_file, `file:${directory}/base/keys.yaml`);
    assert.equal(deployment.profile.redis.maxmemory, '1gb');
  });
});

test('a file that does not exist, and a directory', (t) => {
  const directory = directoryWith(t, {});
  assert.deepEqual(problemLines(join(directory, 'p.yaml'), directory), ['p.yaml: no such file']);
  assert.deepEqual(problemLines(directory, directory), [
    `${directory}: is a directory, expected a file`,
  ]);
});

test('a file that does not exist, and the one that is meant', (t) => {
  const directory = directoryWith(t, { 'profiles/my-node.yaml': RELAY_HOST });
  const meant = 'no such file, did you mean "profiles/my-node.yaml"?';
  for (const name of ['my-node', 'my-node.yaml', 'my-node.yml', 'profiles/my-node']) {
    assert.deepEqual(problemLines(join(directory, name), directory), [`${name}: ${meant}`]);
  }
});

test('a directory that is extended is a problem of the child', (t) => {
  const directory = directoryWith(t, { 'p.yaml': 'extends: base\n', 'base/a.yaml': '' });
  assert.deepEqual(problemLines(join(directory, 'p.yaml'), directory), [
    'p.yaml:1:10 extends: "base", is a directory, expected a file',
  ]);
});

test('a file whose name can be no name of a deployment', (t) => {
  const missing =
    'name: missing, expected it, because the name of the file is not of lower case letters, digits and dashes';
  for (const [file, name] of [
    ['my node.yaml', 'my-node'],
    ['My_Node (2).yml', 'my-node-2'],
    ['__.yaml', 'my-node'],
  ] as const) {
    const directory = directoryWith(t, { [file]: RELAY_HOST });
    assert.deepEqual(problemLines(join(directory, file), directory), [
      `${file}:1:1 ${missing}: add a line such as name: ${name}`,
    ]);
  }
});
