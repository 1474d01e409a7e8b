import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dockerChecks } from '../../../lib/checks/docker.ts';
import { kernelVerdict, rebootVerdict } from '../../../lib/checks/host-kernel.ts';
import { memoryCheck, memoryVerdict } from '../../../lib/checks/host-memory.ts';
import { spaceChecks, spaceVerdict } from '../../../lib/checks/host-space.ts';
import { ledgerVerdict } from '../../../lib/checks/migrations.ts';
import { connectionsVerdict, schemaVerdict } from '../../../lib/checks/postgres-state.ts';
import { headroomVerdict } from '../../../lib/checks/redis.ts';
import { claimedVerdict } from '../../../lib/checks/relayminer.ts';
import { configVerdict } from '../../../lib/checks/relayminer-config.ts';
import { backlogVerdict, oneVersionVerdict } from '../../../lib/checks/relayminer-fleet.ts';
import { serviceVerdict } from '../../../lib/checks/relayminer-services.ts';
import { retentionVerdict } from '../../../lib/checks/temporal.ts';
import {
  onceBootstrapped,
  pollersVerdict,
  schedulesVerdict,
} from '../../../lib/checks/workflows.ts';
import { textField } from '../../../lib/probes/protobuf.ts';
import type { ProbeResult, Verdict } from '../../../lib/validation/check.ts';
import { labContext } from './deployment.ts';
import { answered } from './moved.ts';

const told = ({ verdict, evidence }: Verdict) => `${verdict}: ${evidence}`;
const from = (...outputs: string[]) =>
  new Map(outputs.map((output, index) => [`host${index}`, answered(output)]));

test('a file system that has no number of files has no limit', () => {
  const of = (total: number, left: number) =>
    told(
      spaceVerdict(answered(`/\n/dev/sda1 ${total} 1 ${left} 1% /\n`), {
        full: 20,
        words: ({ mount, percent }) => `${mount} ${percent}`,
        fix: () => '',
      }),
    );
  assert.equal(of(0, 0), 'pass: no file system has a limit');
  assert.equal(of(1000, 100), 'pass: / 10');
  assert.equal(of(1000, 99), 'warn: / 9; wanted: 10 %');
  assert.equal(of(1000, 30), 'warn: / 3; wanted: 10 %');
  assert.equal(of(1000, 20), 'warn: / 2; wanted: 10 %');
  assert.equal(of(1000, 19), 'fail: / 1; wanted: 10 %');
  assert.equal(of(1000, 0), 'fail: / 0; wanted: 10 %');
});

test('a disk that is full is told with what makes room there', () => {
  const [disk, inodes] = spaceChecks(labContext());
  const of = (...lines: string[]) =>
    disk!.judge(answered(['/ /var/lib/docker /var/log', ...lines].join('\n')));
  const one = of(...Array(3).fill('/dev/sda1 100000000 1 1000000 99% /'));
  assert.equal(told(one), 'fail: /: 1 % free, 0 GiB; wanted: 10 %');
  assert.match(
    one.fix!,
    /docker image prune --all; .*journalctl --vacuum-size=500M; why it is so: .*du -xh \/ \| sort -h \| tail$/,
  );
  const root = '/dev/sda1 100000000 1 50000000 50% /';
  const logs = of(root, root, '/dev/sdb1 1000000 1 50000 95% /var/log');
  assert.equal(told(logs), 'warn: /: 50 % free, 47 GiB; /var/log: 5 % free, 0 GiB; wanted: 10 %');
  assert.doesNotMatch(logs.fix!, /docker/);
  assert.match(logs.fix!, /journalctl .*du -xh \/var\/log \|/);
  // 80 GiB, as much as it is, are little of 4 TiB.
  assert.match(
    told(of(root, '/dev/sdb1 4294967296 1 83886080 98% /var/lib/docker', root)),
    /^warn/,
  );
  const files = inodes!.judge(answered('/\n/dev/sda1 1000000 1 9000 99% /'));
  assert.equal(told(files), 'fail: /: 0 % free, 9000; wanted: 10 %');
  assert.throws(() => of(root), /of df/);
});

test('memory: what Redis may use, what is left, and what the roles want', () => {
  const of = (total: number, available: number) =>
    told(
      memoryVerdict(
        answered(`MemTotal: ${total * 1024} kB\nMemAvailable: ${available * 1024} kB\n`),
        { redis: 3000, others: 2000 },
      ),
    );
  assert.equal(of(8000, 4000), 'pass: 8000 MiB, 4000 available');
  assert.equal(of(4999, 4000), 'warn: 4999 MiB, 4000 available; wanted: 5000');
  assert.equal(of(8000, 399), 'fail: 8000 MiB, 399 available; wanted: 5 % available');
  assert.equal(
    of(3999, 3000),
    'fail: 3999 MiB, 3000 available; Redis alone may use 3000; wanted: at most 75 % of it',
  );
});

test('memory: relayer and miner want what the profile lets them use', () => {
  const context = labContext();
  const of = (relayer: object, miner: object, groups = ['relay_relayers', 'relay_miners']) => {
    const { profile } = context.deployment;
    const relayminer = { ...profile.relayminer!, relayer, miner };
    const check = memoryCheck({
      ...context,
      deployment: {
        ...context.deployment,
        profile: { ...profile, relayminer },
        group: (name) => (groups.includes(name) ? [context.host] : []),
      },
    });
    const { evidence } = check.judge(answered('MemTotal: 2097152 kB\nMemAvailable: 2097152 kB\n'));
    return { wanted: Number(/wanted: (\d+)/.exec(evidence)?.[1]), fix: check.fix };
  };
  const usual = of({}, {});
  assert.doesNotMatch(usual.fix!, /relayminer/);
  const given = of({ memory: '3gb' }, { memory: '700mb' });
  assert.equal(given.wanted - usual.wanted, 3072 - 1024 + 700 - 512);
  assert.match(given.fix!, /relayminer\.relayer\.memory, relayminer\.miner\.memory in the profile/);
  const apart = of({}, { memory: '4gb' }, ['relay_relayers']);
  assert.equal(usual.wanted - apart.wanted, 512);
  assert.doesNotMatch(apart.fix!, /relayminer/);
});

test('kernel settings that are not in force are named, and a container’s are its machine’s', () => {
  const wanted = { 'net.core.somaxconn': 4096, 'net.ipv4.ip_local_port_range': '16384 65000' };
  const of = (text: string) => told(kernelVerdict(answered(text), wanted));
  const range = 'net.ipv4.ip_local_port_range = 16384\t65000\n';
  assert.equal(of(`net.core.somaxconn = 4096\n${range}`), 'pass: 2 settings');
  assert.match(of(`net.core.somaxconn = 128\n${range}`), /^fail: net\.core\.somaxconn is 128; /);
  assert.match(of('container\n'), /^skip: /);
  assert.equal(
    told(rebootVerdict(answered('pending\nlibc6\nlinux\n'))),
    'warn: pending, for libc6, linux; wanted: none',
  );
  assert.equal(told(rebootVerdict(answered('6.12.1\n'))), 'pass: 6.12.1');
});

test('a container of ours that logs without a limit is named', () => {
  const container = (project: string, log: object) =>
    JSON.stringify({
      name: `/${project}-redis-1`,
      labels: { 'com.docker.compose.project': project, 'com.docker.compose.service': 'redis' },
      ...{ image: 'a', imageId: 'b', log, restarts: 0, state: { StartedAt: '2026-01-01' } },
    });
  const check = dockerChecks(labContext()).find(({ id }) => id === 'docker.log-rotation')!;
  const judged = (...lines: string[]) => check.judge(answered(['1', ...lines].join('\n')));
  const of = (...lines: string[]) => told(judged(...lines));
  const limited = { Type: 'json-file', Config: { 'max-size': '10m' } };
  assert.equal(
    of(container('pocket-a', limited), container('pocket-b', { Type: 'local' })),
    'pass: 2 containers',
  );
  assert.equal(
    of(container('other', { Type: 'json-file', Config: {} })),
    'skip: there is no container yet',
  );
  assert.equal(
    of(container('pocket-a', { Type: 'json-file', Config: {} })),
    'fail: without a limit: redis of pocket-a; wanted: max-size',
  );
  const { fix } = judged(
    ...['pocket-a', 'pocket-b'].map((one) => container(one, { Type: 'json-file' })),
  );
  assert.match(
    fix!,
    /docker stop pocket-a-redis-1 pocket-b-redis-1; .*docker rm pocket-a-redis-1 pocket-b-redis-1; scripts\/redis\.mjs [^;]*--limit lab$/,
  );
});

test('Redis has room while RelayMiner takes relays', () => {
  const of = (limit: number, used: number) =>
    headroomVerdict(
      new Map([
        ['maxmemory', String(limit * 1024 ** 2)],
        ['used_memory', String(used * 1024 ** 2)],
      ]),
    ).verdict;
  assert.equal(of(800, 640), 'pass');
  assert.equal(of(800, 660), 'warn');
  assert.equal(of(800, 701), 'fail');
  assert.equal(of(16_000, 14_977), 'fail', 'below 1 GiB');
  assert.equal(of(0, 1), 'skip');
});

test('a configuration passes only with the validator’s own words', () => {
  assert.equal(
    told(configVerdict(answered('config OK: /config/miner.yaml would start\n'))),
    'pass: config OK',
  );
  assert.match(
    told(configVerdict(answered('warning: x\nconfig OK: a would start\n'))),
    /^warn: warning: x/,
  );
  assert.match(told(configVerdict(answered('Usage: …\n'))), /^fail: /);
  const errors = 'Error: config is INVALID: yaml: line 3\n  ^\n';
  assert.equal(
    told(configVerdict(answered('', { status: 1, errors }))),
    'fail: config is INVALID: yaml: line 3',
  );
});

test('each backend of a service is looked at, and of a URL only the server is shown', () => {
  const of = (status: number, ...healthy: boolean[]) => {
    const endpoints = healthy.map((one, index) => ({
      name: index === 0 ? '' : `n${index}`,
      ...{ url: 'http://me:secret@10.0.0.1/v3/key', healthy: one },
    }));
    const good = healthy.filter(Boolean).length;
    const backends = { total: healthy.length, healthy: good, endpoints };
    const body = JSON.stringify({ service_id: 'eth', backends });
    return told(serviceVerdict({ status, body, contentType: '', milliseconds: 1 }));
  };
  assert.equal(of(200, true, true), 'pass: 2 of 2 healthy');
  assert.equal(of(200, true, false), 'warn: 1 of 2 healthy; not n1');
  assert.equal(of(200, false, true), 'warn: 1 of 2 healthy; not http://10.0.0.1');
  assert.equal(of(503, false, false), 'fail: 0 of 2 healthy');
  assert.match(of(404), /^fail: HTTP 404/);
});

test('suppliers: none before staking, all after it, none twice', () => {
  const of = (counts: (number | undefined)[], staked?: number, keys = 3) =>
    claimedVerdict(
      from(
        ...counts.map((count) =>
          count === undefined ? '' : `ha_miner_supplier_claimed_count{instance="a"} ${count}\n`,
        ),
      ),
      keys,
      staked,
    ).verdict;
  assert.equal(of([2, 1]), 'pass');
  assert.equal(of([0, 0]), 'skip');
  assert.equal(of([2, 0]), 'warn');
  assert.equal(of([3, 1]), 'fail');
  assert.equal(of([3, undefined]), 'skip');
  assert.equal(of([0, 0], 0), 'skip');
  assert.equal(of([0, 0], 1), 'fail', 'the chain knows one as staked');
  assert.equal(of([1, 0], 2), 'fail');
  assert.equal(of([1, 1], 2), 'warn');
  assert.equal(of([2, 1], 2), 'pass', 'one is about to leave');
  assert.equal(of([2, 1], undefined, 0), 'skip', 'the keys are not on this machine');
});

test('one version everywhere, by reference and by what it was built from', () => {
  assert.equal(told(oneVersionVerdict(from('a:1 ff\na:1 ff\n', 'a:1 ff\n'))), 'pass: a:1 ff');
  assert.match(
    told(oneVersionVerdict(from('a:latest ff\n', 'a:latest ee\n'))),
    /^fail: a:latest ff on host0; a:latest ee on host1/,
  );
  const silent = new Map([...from('a:1\n'), ['b', answered('', { status: 1 })]]);
  assert.equal(oneVersionVerdict(silent).verdict, 'skip');
});

test('the miners keep up, whichever of them consumes what', () => {
  const reading = (first: number, second: number, word: string) =>
    `${word} ${first}\n${word} ${second}\n`;
  const of = (published: number, consumed: number) =>
    backlogVerdict(
      from(reading(5000, 5000 + published, 'published'), reading(100, 100 + consumed, 'consumed')),
    ).verdict;
  assert.equal(of(0, 0), 'pass');
  assert.equal(of(1000, 990), 'pass');
  assert.equal(of(50, 0), 'pass', 'on their way');
  assert.equal(of(1000, 0), 'fail');
  assert.equal(backlogVerdict(new Map([['a', answered('', { status: 22 })]])).verdict, 'skip');
  assert.equal(backlogVerdict(from(reading(500, 0, 'published'))).verdict, 'pass', 'started anew');
});

test('the database has had each migration of the image', () => {
  assert.equal(told(ledgerVerdict(from('image 3\n', 'applied 3\n'))), 'pass: 3 of 3');
  assert.equal(told(ledgerVerdict(from('image 3\napplied 2\n'))), 'fail: 2 of 3');
  assert.match(told(ledgerVerdict(from('image 3\napplied 4\n'))), /^warn: 4 of 3: the database/);
  assert.match(told(ledgerVerdict(from('applied 4\n'))), /^fail/);
});

test('connections and schemas of PostgreSQL', () => {
  const used = (text: string) => told(connectionsVerdict(answered(text)));
  assert.equal(used('79|100\n'), 'pass: 79 of 100 in use');
  assert.equal(used('80|100\n'), 'warn: 80 of 100 in use; wanted: below 80 %');
  assert.equal(used('95|100\n'), 'fail: 95 of 100 in use; wanted: below 80 %');
  assert.equal(told(schemaVerdict(answered('1.18|1.0\n'))), 'pass: version 1.18');
  assert.match(told(schemaVerdict(answered('1.9|1.10\n'))), /^fail/);
  assert.equal(told(schemaVerdict(answered('\n'))), 'fail: it has none');
});

const message = (field: number, bytes: Buffer) =>
  Buffer.concat([Buffer.from([(field << 3) | 2, bytes.length]), bytes]);

test('the retention of a namespace is the profile’s, and whoever else made one decides for himself', () => {
  const day = message(2, message(1, Buffer.from([0x08, 0x80, 0xa3, 0x05]))); // 86 400 s
  assert.match(told(retentionVerdict(day, 24)), /^pass: .* 24 hours$/);
  assert.match(told(retentionVerdict(day, 72)), /^warn: .* 24 hours; the profile says 72$/);
  assert.match(told(retentionVerdict(day, undefined)), /^pass/);
});

test('a worker asks for tasks within two minutes, once the wizard was completed', () => {
  const poller = message(1, message(1, Buffer.from([0x08, 100])));
  assert.equal(told(pollersVerdict(poller, 110)), 'pass: 1 worker, asked 10 s ago');
  assert.equal(
    told(pollersVerdict(poller, 221)),
    'fail: 1 worker, asked 121 s ago; wanted: within 120 s',
  );
  assert.equal(told(pollersVerdict(Buffer.alloc(0), 110)), 'fail: nobody asks for tasks');
  const schedules = Buffer.concat(
    ['A-scheduled', 'B-scheduled'].map((id) => message(1, textField(1, id))),
  );
  const scheduled = (always: string[], later: string[], from = schedules) =>
    told(schedulesVerdict(from, { always, later }));
  assert.equal(scheduled(['A'], ['B']), 'pass: 2 schedules');
  assert.equal(scheduled(['A'], ['B', 'C']), 'fail: 2 of 3 schedules, without C');
  assert.equal(scheduled(['A', 'C'], ['B']), 'fail: 2 of 3 schedules, without C');
  assert.equal(scheduled(['A', 'C'], ['D']), 'fail: 1 of 3 schedules, without C, D');
  assert.match(
    scheduled(['A', 'B'], ['C', 'D']),
    /^warn: 2 of 4 .* without C, D: an older Igniter/,
  );
  assert.equal(scheduled(['A'], [], Buffer.alloc(0)), 'fail: there is none');

  const asked = (bootstrapped: boolean, rest: string, more: Partial<ProbeResult> = {}) =>
    onceBootstrapped(
      answered(`{"isBootstrapped":${bootstrapped}}\n200 application/json\n110\n${rest}`, more),
      'the way to Temporal',
      pollersVerdict,
    );
  const frame = Buffer.concat([Buffer.from([0, 0, 0, 0, poller.length]), poller]);
  const grpc = `HTTP/2 200\r\ngrpc-status: 0\r\n\r\n${frame.toString('base64')}`;
  assert.equal(told(asked(true, grpc)), 'pass: 1 worker, asked 10 s ago');
  assert.match(told(asked(false, grpc)), /^pass: none yet/);
  const refused = (words: string) =>
    told(asked(true, `HTTP/2 200\r\ngrpc-status: 5\r\ngrpc-message: ${words}\r\n\r\n`));
  assert.equal(refused('no%20such%3A queue'), 'fail: gRPC status 5: no such: queue');
  assert.equal(refused('100% lost'), 'fail: gRPC status 5: 100% lost');
  assert.equal(
    onceBootstrapped(answered('\n500 text/html\n110\n'), '', pollersVerdict).verdict,
    'fail',
  );
  // A worker that waits for the wizard does not dial Temporal, so that this is all that tells of a way that is blocked.
  const silent = { status: 7, errors: 'curl: (7) Failed to connect' };
  for (const bootstrapped of [true, false]) {
    const blocked = asked(bootstrapped, '', silent);
    assert.equal(told(blocked), 'fail: no answer: (7) Failed to connect');
    assert.equal(blocked.fix, 'the way to Temporal');
    const down = asked(bootstrapped, 'HTTP/2 200\r\ngrpc-status: 14\r\n\r\n');
    assert.equal(told(down), 'fail: gRPC status 14');
    assert.equal(down.fix, 'the way to Temporal');
    assert.match(told(asked(bootstrapped, 'HTTP/1.1 200 OK\r\n\r\n')), /^fail: .* not gRPC/);
  }
  assert.match(told(asked(false, 'HTTP/2 200\r\ngrpc-status: 5\r\n\r\n')), /^pass: none yet/);
});
