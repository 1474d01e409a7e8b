import assert from 'node:assert/strict';
import { test } from 'node:test';
import { containerVerdict, readContainers, runningImages } from '../../../lib/checks/containers.ts';
import { dockerChecks } from '../../../lib/checks/docker.ts';
import { exposureVerdict } from '../../../lib/checks/exposure.ts';
import { hostChecks } from '../../../lib/checks/host.ts';
import { middlemanChecks } from '../../../lib/checks/middleman.ts';
import { postgresChecks } from '../../../lib/checks/postgres.ts';
import { providerChecks } from '../../../lib/checks/provider.ts';
import {
  blockedVerdict,
  portalVerdict,
  redirectVerdict,
  relayVerdict,
} from '../../../lib/checks/public.ts';
import { registryChecks } from '../../../lib/checks/registry.ts';
import { oneLeader, relayminerChecks } from '../../../lib/checks/relayminer.ts';
import { straysVerdict } from '../../../lib/checks/strays.ts';
import type { HttpAnswer } from '../../../lib/probes/http.ts';
import { publicKey } from '../../../lib/secrets/secrets.ts';
import { findingOf, fleetFindingOf } from '../../../lib/validation/check.ts';
import { wayToRedis } from '../../../lib/validation/fixes.ts';
import { lastWords } from '../../../lib/validation/verdict.ts';
import { OWNER } from '../profile/temporary.ts';
import { bash } from '../roles/deployed.ts';
import { labContext } from './deployment.ts';
import { answered } from './moved.ts';

const context = labContext();
const judged = (
  checks: ReturnType<typeof hostChecks>,
  id: string,
  output: string,
  status = 0,
  errors = '',
) =>
  findingOf(checks.find((check) => check.id === id)!, answered(output, { status, errors })).verdict;
/** What is told of a worker whose last known line is this one, and of which the log begins then. */
const worker = (line: string, oldest = '2026-08-18T13:10:02.123456789Z') =>
  `2026-08-18T13:10:00.987654321Z\n${oldest}\n${line}\n`;
const http = (status: number, body: string, contentType = 'application/json'): HttpAnswer => ({
  status,
  body,
  contentType,
  milliseconds: 1,
});

test('the last words of a program are what is wrong, not what it says before', () => {
  for (const [errors, words] of [
    [
      'psql: error: connection to server at "8e41dddcb5b8" (172.18.0.3), port 5432 failed: FATAL:  password authentication failed for user "igniter"',
      'FATAL: password authentication failed for user "igniter"',
    ],
    [
      'psql: error: connection to server at "db" (192.0.2.1), port 5432 failed: Connection refused\n\tIs the server running on that host and accepting TCP/IP connections?\n',
      'Connection refused',
    ],
    ['psql: error: could not translate host name "db"', 'could not translate host name "db"'],
    ['curl: (7) Failed to connect', '(7) Failed to connect'],
    [
      'curl: (28) Operation timed out after 8002 milliseconds with 0 bytes received',
      '(28) Operation timed out after 8 s with 0 bytes received',
    ],
    [
      'curl: (60) SSL certificate problem: unable to get local issuer certificate\nMore details here: https://curl.se/docs/sslcerts.html\n\ncurl failed to verify. To learn\nhow to fix it, please visit the webpage mentioned above.\n',
      '(60) SSL certificate problem: unable to get local issuer certificate',
    ],
    ['bash: line 7: nothing: command not found', 'nothing: command not found'],
    ['', 'exit status 3'],
  ] as const)
    assert.equal(lastWords(answered('', { status: 3, errors })), words);
});

test('the operating systems', () => {
  const checks = hostChecks(context);
  const cases: Record<string, string> = {
    'ubuntu 22.04': 'pass',
    'ubuntu 24.04': 'pass',
    'ubuntu 26.04': 'pass',
    'debian 12': 'pass',
    'debian 13': 'pass',
    'ubuntu 20.04': 'fail',
    'debian 11': 'fail',
    'debian ': 'fail',
    'alpine 3.20': 'fail',
    '': 'fail',
  };
  for (const [system, verdict] of Object.entries(cases)) {
    assert.equal(judged(checks, 'host.os', `${system}\n`), verdict, system);
  }
  assert.equal(judged(checks, 'host.architecture', 'aarch64\n'), 'fail');
  assert.equal(judged(checks, 'host.time', 'yes\n'), 'pass');
  assert.equal(judged(checks, 'host.time', 'no\n'), 'warn');
  assert.equal(judged(checks, 'host.time', 'container\n'), 'skip');
  assert.equal(judged(checks, 'host.time', '', 1, 'Failed to connect to bus'), 'skip');
  const disk = (free: number) => `/\n/dev/vda1 1000000 0 ${free} 1% /\n`;
  assert.equal(judged(checks, 'host.disk', disk(100_000)), 'pass');
  assert.equal(judged(checks, 'host.disk', disk(99_999)), 'warn');
  assert.equal(judged(checks, 'host.disk', disk(29_999)), 'fail');
  assert.equal(judged(checks, 'host.disk', ''), 'fail');
});

test('the versions of Docker, and whether it starts with the host', () => {
  const checks = dockerChecks(context);
  for (const [id, output, verdict] of [
    ['docker.engine', '20.10.24+dfsg1\n', 'pass'],
    ['docker.engine', '28.2.2\n', 'pass'],
    ['docker.engine', '19.03.15\n', 'fail'],
    ['docker.engine', '\n', 'fail'],
    ['docker.compose', '2.26.1-4\n', 'pass'],
    ['docker.compose', 'v2.40.0\n', 'pass'],
    ['docker.compose', '2.9.0\n', 'fail'],
    ['docker.compose', '1.29.2\n', 'fail'],
  ] as const) {
    assert.equal(judged(checks, id, output), verdict, output);
  }
  assert.equal(judged(checks, 'docker.enabled', 'enabled\n'), 'pass');
  assert.equal(judged(checks, 'docker.enabled', 'disabled\n', 1), 'fail');
  // Until the next reboot.
  assert.equal(judged(checks, 'docker.enabled', 'enabled-runtime\n'), 'fail');
  assert.equal(judged(checks, 'docker.enabled', '', 1, 'No such file or directory'), 'fail');
});

/** As Docker 26 tells it. */
const container = (changes: object = {}, state: object = {}) =>
  JSON.stringify({
    name: '/pocket-redis-redis-1',
    labels: { 'com.docker.compose.project': 'pocket-redis', 'com.docker.compose.service': 'redis' },
    image: 'docker.io/library/redis:8.10.1-alpine',
    imageId: 'sha256:1111',
    log: { Type: 'json-file', Config: { 'max-size': '10m' } },
    restarts: 0,
    ...changes,
    state: {
      Status: 'running',
      ExitCode: 0,
      StartedAt: '2026-08-19T11:00:00.123456789Z',
      Health: { Status: 'healthy' },
      ...state,
    },
  });
const NOW = `${Date.parse('2026-08-19T12:00:00Z') / 1000}
{"tags":["redis:8.10.1-alpine"],"digests":null,"id":"sha256:1111"}`;
const wanted = {
  project: 'pocket-redis',
  service: 'redis',
  image: 'docker.io/library/redis:8.10.1-alpine',
  oneShot: false,
};

test('a container passes only when it runs, is healthy and was made from the right image', () => {
  const cases: [verdict: string, changes: object, state: object][] = [
    ['pass', {}, {}],
    ['pass', { image: 'redis:8.10.1-alpine' }, {}],
    ['pass', {}, { Health: undefined }],
    ['pass', { restarts: 3 }, {}],
    ['warn', { restarts: 1 }, { StartedAt: '2026-08-19T11:59:30Z' }],
    ['warn', {}, { Health: { Status: 'starting' } }],
    ['fail', {}, { Health: { Status: 'unhealthy' } }],
    ['fail', {}, { Status: 'restarting' }],
    ['fail', {}, { Status: 'exited', ExitCode: 1 }],
    ['fail', {}, { Status: 'created' }],
    ['fail', {}, { Status: 'paused' }],
    ['fail', { image: 'docker.io/library/redis:8.0-alpine' }, {}],
    ['fail', { imageId: 'sha256:2222' }, {}],
    ['fail', { labels: { 'com.docker.compose.project': 'other' } }, {}],
  ];
  for (const [verdict, changes, state] of cases) {
    const found = readContainers(`${NOW}\n${container(changes, state)}\n`);
    assert.equal(
      containerVerdict(found, wanted).verdict,
      verdict,
      JSON.stringify({ changes, state }),
    );
  }
  assert.equal(containerVerdict(readContainers(`${NOW}\n`), wanted).verdict, 'fail');
  const [now] = NOW.split('\n');
  assert.equal(containerVerdict(readContainers(`${now}\n${container()}`), wanted).verdict, 'warn');
  const two = [container(), container({}, { Status: 'exited' })].join('\n');
  assert.equal(containerVerdict(readContainers(`${NOW}\n${two}`), wanted).verdict, 'fail');
});

test('a container that ends again and again fails, and one that did so once does not', () => {
  const of = (restarts: number, upSeconds: number, health = 'healthy') => {
    const StartedAt = new Date(Date.parse('2026-08-19T12:00:00Z') - upSeconds * 1000).toISOString();
    const one = container({ restarts }, { StartedAt, Health: { Status: health } });
    const { verdict, evidence } = containerVerdict(readContainers(`${NOW}\n${one}\n`), wanted);
    return `${verdict}: ${evidence}`;
  };
  assert.equal(of(500, 10), 'fail: up for 10 s, after 500 restarts; wanted: up for 120 s');
  assert.match(of(500, 61), /^fail: up for 61 s/);
  assert.match(of(3, 5, 'starting'), /^fail: up for 5 s, after 3 restarts/);
  assert.equal(of(500, 121), 'pass: healthy');
  assert.equal(of(2, 30), 'warn: up for 30 s, after 2 restarts');
  assert.equal(of(1, 61), 'pass: healthy');
  assert.equal(of(0, 5, 'starting'), 'warn: running; its health check has not succeeded yet');
  assert.equal(
    of(0, 500, 'unhealthy'),
    'fail: running, but its health check fails; wanted: healthy',
  );
});

test('what is wrong with a container is told with its log, unless another image is', () => {
  const check = dockerChecks(context).find(({ id }) => id === 'docker.redis')!;
  const fix = (changes: object, state: object) =>
    findingOf(check, answered(`${NOW}\n${container(changes, state)}`)).fix;
  assert.match(fix({ restarts: 9 }, { Status: 'restarting' }), /logs --tail 50 redis$/);
  assert.match(fix({}, { Health: { Status: 'unhealthy' } }), /docker restart pocket-redis-redis-1/);
  assert.match(fix({}, { Health: { Status: 'starting' } }), /logs --tail 50 redis$/);
  assert.doesNotMatch(fix({ image: 'redis:8.0' }, {}), /logs/);
});

test('an image that is pinned by its digest is found by it, whatever tag stands beside it', () => {
  const digest = `sha256:${'0123456789ab'.padEnd(64, 'c')}`;
  const repository = 'ghcr.io/pokt-network/pocket-relay-miner';
  const of = (pinned: string, started: string, known: string, id = 'sha256:1111') => {
    const inspected = JSON.stringify({ tags: [], digests: [known], id });
    const output = `${NOW.split('\n')[0]}\n${inspected}\n${container({ image: started })}\n`;
    const image = `${repository}:${pinned}`;
    const { verdict, evidence } = containerVerdict(readContainers(output), { ...wanted, image });
    return `${verdict}: ${evidence}`;
  };
  const started = `${repository}:v1@${digest}`;
  const known = `${repository}@${digest}`;
  assert.equal(of(`v1@${digest}`, started, known), 'pass: healthy, from sha256:0123456789ab');
  // The digest says what it is; the tag is for people.
  assert.match(of(`v2@${digest}`, started, known), /^pass/);
  assert.equal(
    of(`v1@${digest}`, started, known, 'sha256:2222'),
    `fail: it was made from 1111; ${repository}:v1@sha256:0123456789ab is 2222 now`,
  );
  assert.equal(
    of(`v1@sha256:${'f'.repeat(64)}`, started, known),
    `fail: it was made from ${repository}:v1@sha256:0123456789ab; the profile says ${repository}:v1@sha256:${'f'.repeat(12)}`,
  );
  assert.equal(
    of(`v1@${digest}`, started, `ghcr.io/other/miner@${digest}`),
    `warn: the host no longer has its image ${repository}:v1@sha256:0123456789ab`,
  );
});

test('what runs but belongs elsewhere is a stray, and what ended or is somebody else’s is none', () => {
  const of = (project: string, service: string, state: object = {}) => {
    const labels = {
      'com.docker.compose.project': project,
      'com.docker.compose.service': service,
    };
    const output = `${NOW}\n${container({ labels }, state)}\n`;
    const { verdict, evidence } = straysVerdict(answered(output), ['redis', 'relayer']);
    return `${verdict}: ${evidence}`;
  };
  assert.equal(of('pocket-redis', 'redis'), 'pass: none');
  assert.equal(
    of('pocket-provider', 'provider-web'),
    'fail: pocket-provider-provider-web-1',
    'the stack belongs elsewhere',
  );
  assert.equal(of('pocket-relayminer', 'miner'), 'fail: pocket-relayminer-miner-1');
  assert.equal(of('pocket-temporal', 'namespace'), 'fail: pocket-temporal-namespace-1');
  assert.equal(of('pocket-redis', 'by-hand'), 'pass: none');
  assert.equal(of('their-own', 'miner'), 'pass: none');
  assert.equal(of('pocket-provider', 'provider-migration', { Status: 'exited' }), 'pass: none');
});

test('what a container runs is told by the digest of its registry, or by its id where it has none', () => {
  const [now] = NOW.split('\n');
  const inspected = (digests: string[] | null) =>
    JSON.stringify({ tags: ['redis:8.10.1-alpine'], digests, id: 'sha256:1111' });
  const runs = (digests: string[] | null, changes: object, state: object = {}) =>
    runningImages(
      readContainers(`${now}\n${inspected(digests)}\n${container(changes, state)}`),
      wanted,
    );
  const { image } = wanted;
  const digests = ['mirror.net/redis@sha256:aaaa', 'redis@sha256:bbbb'];
  const pulled = { reference: image, id: 'sha256:1111', digest: 'sha256:bbbb' };
  assert.deepEqual(runs(digests, {}), [pulled]);
  assert.deepEqual(runs(null, {}), [{ reference: image, id: 'sha256:1111' }]);
  assert.deepEqual(runs(['mirror.net/redis@sha256:aaaa'], {}), [
    { reference: image, id: 'sha256:1111' },
  ]);
  assert.deepEqual(runs(digests, { imageId: 'sha256:2222' }), [
    { reference: image, id: 'sha256:2222' },
  ]);
  assert.deepEqual(runs(digests, { image: 'redis:8.0' }), [{ ...pulled, reference: 'redis:8.0' }]);
  for (const reference of ['redis@sha256:bbbb', 'redis:8@sha256:bbbb']) {
    assert.deepEqual(runs(digests, { image: reference }), [{ ...pulled, reference }]);
  }
  assert.deepEqual(runs(digests, {}, { Status: 'exited' }), []);
});

test('the check of a container carries what it runs into its finding', () => {
  const check = dockerChecks(context).find(({ id }) => id === 'docker.redis')!;
  const { runs } = findingOf(check, answered(`${NOW}\n${container()}`));
  assert.deepEqual(runs, [{ reference: context.deployment.images.redis, id: 'sha256:1111' }]);
});

test('a migration has to have ended well', () => {
  const ended = (state: object) =>
    containerVerdict(readContainers(`${NOW}\n${container({}, state)}`), {
      ...wanted,
      oneShot: true,
    }).verdict;
  assert.equal(ended({ Status: 'exited', ExitCode: 0 }), 'pass');
  assert.equal(ended({ Status: 'exited', ExitCode: 1 }), 'fail');
  assert.equal(ended({ Status: 'running' }), 'fail');
});

test('the list of delegators is told with its names', () => {
  const check = registryChecks(context).find(({ id }) => id === 'registry.delegators')!;
  const told = (body: string, status = 200) =>
    findingOf(check, answered(`\n${body}\n${status} text/plain`));
  const list = JSON.stringify([{ name: 'One' }, { name: 'Two\n\u001b[31m' }, {}, null]);
  const { verdict, evidence } = told(list);
  assert.equal(verdict, 'pass');
  assert.equal(evidence, '4 delegators: One, Two [31m, without a name, without a name');
  for (const body of ['[]', '{}', '<html>']) assert.equal(told(body).verdict, 'warn', body);
  assert.equal(told(list, 404).verdict, 'warn');
});

test('what the Provider answers', () => {
  const checks = providerChecks(context);
  const identity = publicKey(context.secrets.get('app_identity').reveal());
  const cases: [id: string, output: string, verdict: string][] = [
    ['provider.health', '{}\n200 application/json', 'pass'],
    ['provider.health', '{"error":"Database connection failed"}\n500 application/json', 'fail'],
    ['provider.health', '<html>\n200 text/html', 'fail'],
    [
      'provider.status',
      '{"error":"Forbidden. Application is not ready for requests."}\n403 application/json',
      'pass',
    ],
    ['provider.status', '{"error":"x"}\n400 application/json', 'pass'],
    ['provider.status', '{"error":"Invalid request"}\n500 application/json', 'fail'],
    ['provider.status', 'Forbidden\n403 text/html', 'fail'],
    ['provider.status', '{}\n200 application/json', 'fail'],
    ['provider.identity', `{"identity":"${identity}"}\n200 application/json`, 'pass'],
    ['provider.identity', `{"identity":"02${'0'.repeat(64)}"}\n200 application/json`, 'fail'],
    ['provider.identity', '<html>\n404 text/html', 'skip'],
    ['provider.identity', '{"error":"Identity unavailable"}\n500 application/json', 'fail'],
    ['provider.worker', worker('Application is not yet bootstrapped'), 'pass'],
    ['provider.worker', worker('Bootstrap completed'), 'pass'],
    ['provider.worker', worker('Failed to check bootstrap status'), 'fail'],
    ['provider.worker', worker('failed setting up the worker'), 'fail'],
    ['provider.worker', worker(''), 'warn'],
    ['provider.worker', worker('', ''), 'warn'],
  ];
  for (const [id, output, verdict] of cases) {
    assert.equal(judged(checks, id, output), verdict, `${id}: ${output}`);
  }
  assert.equal(judged(checks, 'provider.worker', '', 1, 'the container … does not run'), 'fail');
});

test('a worker of which Docker has thrown the first lines away is judged by others', () => {
  const of = (output: string) => {
    const check = providerChecks(context).find(({ id }) => id === 'provider.worker')!;
    const { verdict, evidence } = findingOf(check, answered(output));
    return `${verdict}: ${evidence}`;
  };
  const rotated = '2026-08-25T02:00:00.000000001Z';
  assert.equal(
    of(worker('', rotated)),
    'skip: its log no longer tells: it runs since 2026-08-18 13:10, and the oldest line is of 2026-08-25 02:00; provider.workflow-pollers and provider.activity-pollers do',
  );
  assert.equal(
    of(worker('Failed to check bootstrap status', rotated)),
    'fail: it cannot read the database',
  );
  // A container that was started again has lines of before.
  assert.match(of(worker('', '2026-08-01T00:00:00.000000001Z')), /^warn: its log does not tell/);
});

test('the worker’s log is read for its oldest line and the last that is known', () => {
  const { probe } = providerChecks(context).find(({ id }) => id === 'provider.worker')!;
  const read = (...log: string[]) =>
    bash(
      probe.text,
      `container() { echo id-of-$2; }
       docker() {
         case "$*" in
           'inspect --format {{.State.StartedAt}} id-of-provider-workflows') echo started ;;
           'logs --timestamps id-of-provider-workflows') printf '%s\\n' ${log.map((line) => `'${line}'`).join(' ')} >&2 ;;
           *) return 1 ;;
         esac
       }`,
    );
  assert.equal(
    read(
      'T1 {"msg":"Application is not yet bootstrapped. Retrying..."}',
      'T2 {"msg":"Application is bootstrapped. Proceeding with worker setup."}',
      'T3 {"msg":"Worker state changed"}',
    ),
    'started\nT1\nApplication is bootstrapped\n',
  );
  assert.equal(read('T8 {"msg":"activity done"}', 'T9 bye'), 'started\nT8\n\n');
});

test('PostgreSQL: the databases, and a password that matters', () => {
  const checks = postgresChecks(context);
  assert.equal(judged(checks, 'postgres.reachable', 'N'), 'pass');
  assert.equal(judged(checks, 'postgres.reachable', 'H'), 'fail');
  assert.equal(judged(checks, 'postgres.reachable', '', 1, 'Connection refused'), 'fail');
  const list = 'postgres\nprovider\ntemplate1\n';
  assert.equal(judged(checks, 'postgres.database-provider', list), 'pass');
  assert.equal(judged(checks, 'postgres.database-temporal', list), 'fail');
  assert.equal(judged(checks, 'postgres.login', '', 2, 'password authentication failed'), 'fail');
  assert.equal(judged(checks, 'postgres.password', list), 'fail');
  const refused = 'FATAL:  password authentication failed for user "igniter"';
  assert.equal(judged(checks, 'postgres.password', '', 2, refused), 'pass');
  assert.equal(judged(checks, 'postgres.password', '', 2, 'Connection refused'), 'fail');
});

test('PostgreSQL: whoever has too few connections is told the setting that gives more', () => {
  const check = postgresChecks(context).find(({ id }) => id === 'postgres.connections')!;
  assert.match(
    findingOf(check, answered('96|100')).fix ?? '',
    /; postgres\.max_connections in the profile, then, .* scripts\/postgres\.mjs --profile /,
  );
});

test('relayer and miner', () => {
  const checks = relayminerChecks(context);
  const metrics = (leads: number, keys: number) =>
    `ha_miner_leader_status{instance="a-1"} ${leads}\nha_keys_supplier_keys_active ${keys}\n`;
  const cases: [id: string, output: string, verdict: string][] = [
    ['relayminer.relayer-health', 'OK\n200 text/plain', 'pass'],
    ['relayminer.relayer-health', 'welcome\n200 text/plain', 'fail'],
    ['relayminer.relayer-ready', 'READY\n200 text/plain', 'pass'],
    ['relayminer.relayer-ready', 'no service factor manifest\n503 text/plain', 'fail'],
    ['relayminer.miner-metrics', metrics(1, 1), 'pass'],
    ['relayminer.miner-metrics', metrics(0, 1), 'pass'],
    ['relayminer.miner-metrics', 'ha_keys_supplier_keys_active 1\n', 'fail'],
    ['relayminer.miner-keys', metrics(1, 1), 'pass'],
    ['relayminer.miner-keys', metrics(1, 2), 'warn'],
    ['relayminer.miner-keys', metrics(1, 0), 'fail'],
    ['relayminer.miner-keys', '', 'fail'],
    ['relayminer.relayer-keys', 'ha_keys_supplier_keys_active 1\n', 'pass'],
    ['relayminer.relayer-keys', 'ha_keys_supplier_keys_active 2\n', 'warn'],
    ['relayminer.relayer-keys', 'ha_keys_supplier_keys_active 0\n', 'fail'],
    ['relayminer.relayer-keys', '', 'skip'],
    ['relayminer.miner-ready', 'Ready\n200 text/plain', 'pass'],
    ['relayminer.miner-ready', 'Not Ready\n503 text/plain', 'fail'],
    ['relayminer.miner-ready', '404 page not found\n404 text/plain', 'skip'],
    ['relayminer.miner-ready', 'welcome\n200 text/plain', 'fail'],
  ];
  for (const [id, output, verdict] of cases) {
    assert.equal(judged(checks, id, output), verdict, `${id}: ${output}`);
  }
});

test('a process that has loaded some of the keys only fails', () => {
  const supplierKeys = Array.from({ length: 10 }, () => context.secrets.supplierKeys[0]!);
  const secrets = Object.assign(Object.create(context.secrets), { supplierKeys });
  const checks = relayminerChecks({ ...context, secrets });
  for (const id of ['relayminer.miner-keys', 'relayminer.relayer-keys']) {
    const check = checks.find((one) => one.id === id)!;
    const of = (keys: number) =>
      findingOf(check, answered(`ha_keys_supplier_keys_active ${keys}\n`));
    assert.equal(of(10).verdict, 'pass');
    assert.equal(`${of(1).verdict}: ${of(1).evidence}`, 'fail: 1 of 10 keys');
    assert.equal(of(11).verdict, 'warn');
  }
});

test('a miner that does not reach Redis is told apart from one that does not answer', () => {
  const check = relayminerChecks(context).find(({ id }) => id === 'relayminer.miner-ready')!;
  const cut = findingOf(check, answered('Not Ready\n503 text/plain'));
  assert.equal(cut.evidence, 'HTTP 503 Not Ready; wanted: 200 Ready');
  assert.match(cut.fix, /^scripts\/redis\.mjs /);
  assert.doesNotMatch(cut.fix, /what keeps/);
  const { deployment, host } = context;
  const elsewhere = wayToRedis(deployment, { ...host, name: 'relay' });
  assert.match(
    elsewhere,
    /^scripts\/redis\.mjs .*; else: what keeps relay from lab, such as a fire/,
  );
  const away = findingOf(check, answered('', { status: 7, errors: 'curl: (7) refused' }));
  assert.match(away.fix, /^scripts\/relayminer\.mjs /);
});

test('exactly one of all miners leads', () => {
  const [host] = context.deployment.hosts;
  const hosts = ['a', 'b'].map((name) => ({ ...host!, name }));
  const [check] = oneLeader({ ...context.deployment, group: () => hosts });
  const leads = (value: number) => answered(`ha_miner_leader_status{instance="x"} ${value}\n`);
  const finding = (a: number, b: number) =>
    fleetFindingOf(
      check!,
      new Map([
        ['a', leads(a)],
        ['b', leads(b)],
      ]),
    );
  assert.equal(finding(1, 0).verdict, 'pass');
  const none = finding(0, 0);
  assert.equal(none.verdict, 'fail');
  assert.match(none.fix, /^if Redis fails here, too, mend that first/);
  const both = finding(1, 1);
  assert.equal(both.verdict, 'fail');
  assert.match(both.fix, /^end any other miner/);
  assert.equal(fleetFindingOf(check!, new Map([['a', leads(1)]])).verdict, 'skip');
});

test('the public side', () => {
  assert.equal(relayVerdict(http(400, '{"error":"invalid relay request"}')).verdict, 'pass');
  const provider = '{"error":"Invalid request. X-Middleman-Identity header was not provided."}';
  assert.equal(relayVerdict(http(400, provider)).verdict, 'fail');
  assert.equal(relayVerdict(http(400, '{}')).verdict, 'fail');
  assert.equal(relayVerdict(http(400, 'null')).verdict, 'fail');
  assert.equal(relayVerdict(http(400, 'Bad Request')).verdict, 'fail');
  assert.equal(relayVerdict(http(502, '')).verdict, 'fail');
  assert.equal(relayVerdict(http(200, '{}')).verdict, 'fail');
  assert.equal(blockedVerdict(http(404, '')).verdict, 'pass');
  assert.equal(blockedVerdict(http(403, 'Forbidden')).verdict, 'pass');
  assert.equal(blockedVerdict(http(200, 'READY')).verdict, 'fail');
  assert.equal(blockedVerdict(http(404, '{"error":"unknown service"}')).verdict, 'fail');
  assert.equal(blockedVerdict(http(400, '{"error":"invalid relay request"}')).verdict, 'fail');
  assert.equal(blockedVerdict(http(502, '')).verdict, 'fail');
  assert.equal(portalVerdict(http(401, 'Unauthorized')).verdict, 'pass');
  assert.equal(portalVerdict(http(403, '')).verdict, 'pass');
  // The Provider's own: the proxy has let a stranger through.
  assert.equal(portalVerdict(http(403, '{"error":"Forbidden"}')).verdict, 'fail');
  assert.equal(portalVerdict(http(200, '')).verdict, 'fail');
});

test('port 80 leads to https of the same name, and nowhere else', () => {
  const told = (status: number, location?: string) => {
    const headers = `HTTP/1.1 ${status} x\r\nServer: x\r\n${location === undefined ? '' : `Location: ${location}\r\n`}\r\n`;
    const { verdict, evidence } = redirectVerdict(http(status, headers), 'Relay.nodes.net');
    return `${verdict} ${evidence}`;
  };
  const wanted = 'wanted: 308 to https://Relay.nodes.net';
  assert.equal(told(308, 'https://Relay.nodes.net/'), 'pass HTTP 308 to https://Relay.nodes.net/');
  assert.match(told(301, 'https://relay.nodes.net'), /^pass/);
  assert.match(told(301, 'https://relay.nodes.net:443/'), /^pass/);
  assert.equal(told(301, 'https://other.net/'), `fail HTTP 301 to https://other.net/; ${wanted}`);
  assert.match(told(301, 'https://relay.nodes.net.other.net/'), /^fail/);
  assert.match(told(301, 'http://relay.nodes.net/'), /^fail/);
  assert.match(told(302, 'https://relay.nodes.net/'), /^fail/);
  assert.equal(told(308), `fail HTTP 308; ${wanted}`);
  assert.equal(told(404), `fail HTTP 404; ${wanted}`);
});

test('where a private port listens', () => {
  const listens = (...addresses: string[]) =>
    addresses.map((address) => `LISTEN 0      4096   ${address}    0.0.0.0:*`).join('\n');
  const verdict = (output: string, wanted = ['127.0.0.1', '10.0.0.7']) =>
    exposureVerdict(output, 6379, wanted).verdict;
  assert.equal(verdict(listens('127.0.0.1:6379', '10.0.0.7:6379', '0.0.0.0:22')), 'pass');
  assert.equal(verdict(listens('[::1]:6379')), 'pass');
  assert.equal(verdict(listens('0.0.0.0:6379')), 'fail');
  assert.equal(verdict(listens('*:6379')), 'fail');
  assert.equal(verdict(listens('[::]:6379')), 'fail');
  assert.equal(verdict(listens('127.0.0.1:6379', '203.0.113.9:6379')), 'fail');
  assert.equal(verdict(listens('10.0.0.7%eth0:6379')), 'pass');
  assert.equal(verdict(listens('10.0.0.7:6379'), ['127.0.0.1']), 'fail');
  assert.equal(verdict(listens('0.0.0.0:16379')), 'skip');
});

test('what the Middleman answers, and what it reaches', () => {
  const middleman = `middleman_hosts: [lab]
middleman_domain: stake.nodes.net
provider_public_api_domain: api.nodes.net
pocket_cli_hosts: [lab]
middleman: {owner_identity: ${OWNER}, owner_email: you@nodes.net}`;
  const own = labContext({ profile: middleman });
  const checks = middlemanChecks(own);
  const identity = publicKey(own.secrets.get('app_identity').reveal());
  const json = '200 application/json';
  const cases: [id: string, output: string, verdict: string][] = [
    ['middleman.health', `{}\n${json}`, 'pass'],
    ['middleman.health', '{"error":"x"}\n500 application/json', 'fail'],
    ['middleman.relay', '{"error":"x"}\n400 application/json', 'pass'],
    ['middleman.relay', '{"error":"x"}\n404 application/json', 'pass'],
    ['middleman.relay', '{"error":"x"}\n500 application/json', 'fail'],
    ['middleman.relay', '<html>\n404 text/html', 'fail'],
    ['middleman.session', `null\n${json}`, 'pass'],
    ['middleman.session', '{"message":"x"}\n500 application/json', 'fail'],
    ['middleman.bootstrap', `{"isBootstrapped":false}\n${json}`, 'pass'],
    ['middleman.bootstrap', `{"isBootstrapped":true}\n${json}`, 'pass'],
    ['middleman.bootstrap', `{}\n${json}`, 'fail'],
    ['middleman.bootstrap', '\n500 ', 'fail'],
    ['middleman.worker', worker('Application is not yet bootstrapped'), 'pass'],
    ['middleman.worker', worker('failed setting up the worker'), 'fail'],
    ['middleman.own-url', `{"isBootstrapped":true}\n${json}`, 'pass'],
    ['middleman.own-url', '<html>\n404 text/html', 'fail'],
    ['middleman.provider-api', `{"identity":"${identity}"}\n${json}`, 'pass'],
    ['middleman.provider-api', `{"identity":"02${'0'.repeat(64)}"}\n${json}`, 'fail'],
    ['middleman.provider-api', '\n502 ', 'fail'],
  ];
  for (const [id, output, verdict] of cases) {
    assert.equal(judged(checks, id, output), verdict, `${id}: ${output}`);
  }
  for (const id of ['middleman.own-url', 'middleman.provider-api']) {
    const refused = (context: typeof own, says: string) =>
      judged(middlemanChecks(context), id, '', 1, says);
    const says = 'unable to get local issuer certificate';
    assert.equal(refused(own, says), 'warn', 'the lab’s proxy makes its own');
    assert.equal(refused(own, 'connect ECONNREFUSED 172.17.0.1:443'), 'fail');
    const acme = 'reverse_proxy: {tls: acme, acme_email: me@nodes.net}';
    assert.equal(refused(labContext({ profile: `${middleman}\n${acme}` }), says), 'fail');
  }
});

test('the version of pocketd is the profile’s', () => {
  const profile = 'pocket_cli_hosts: [lab]';
  const checks = hostChecks(labContext({ profile }));
  assert.equal(judged(checks, 'host.pocketd', '0.1.35\n'), 'pass');
  assert.equal(judged(checks, 'host.pocketd', 'v0.1.35\n'), 'pass');
  assert.equal(judged(checks, 'host.pocketd', '0.1.35-1a2b3c4d\n'), 'warn');
  assert.equal(judged(checks, 'host.pocketd', '0.1.34\n'), 'fail');
  assert.equal(judged(checks, 'host.pocketd', '0.1.350\n'), 'fail');
  assert.equal(judged(checks, 'host.pocketd', 'no such file\n', 127), 'fail');
});
