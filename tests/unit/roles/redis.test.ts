import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import type { Shell } from '../../../lib/shell.ts';
import { redis } from '../../../scripts/redis.mjs';
import { directoryWith } from '../profile/temporary.ts';
import { deployment, THREE_REDIS } from './deployed.ts';

const SENTINEL = `redis: {mode: sentinel}\nsecrets: {redis_password: "env:TEST_REDIS_PASSWORD"}`;
const PASSWORD = `p@ss"w\\rd $x`;

function three(t: TestContext) {
  t.after(() => delete process.env.TEST_REDIS_PASSWORD);
  process.env.TEST_REDIS_PASSWORD = PASSWORD;
  return deployment(t, THREE_REDIS, SENTINEL);
}

describe('one Redis', () => {
  const ONE = `
  one: 203.0.113.7
postgres_hosts: [one]
temporal_hosts: [one]
provider_hosts: [one]
redis_hosts: [one]`;

  test('has no Sentinel, replicates nothing, and takes no turns', (t) => {
    const deployed = deployment(t, ONE).run(redis, 'one');
    assert.deepEqual(
      deployed.steps
        .map(({ title }) => title)
        .filter((title) => /redis-sentinel|no other|next Redis/.test(title)),
      [],
    );
    assert.match(deployed.text('/opt/pocket/redis/config/replication.conf'), /^#.*\n$/);
    assert.doesNotMatch(deployed.text('/opt/pocket/redis/config/password.conf'), /masterauth/);
    const { REDIS_HOSTS, REDIS_ADDRESS } = deployed.env('redis');
    assert.deepEqual([REDIS_HOSTS, REDIS_ADDRESS], ['', '']);
  });
});

describe('one of several Redis', () => {
  test('takes no writes without a replica, and tells its private address', (t) => {
    const { text } = three(t).run(redis, 'two');
    const lines = text('/opt/pocket/redis/config/replication.conf').split('\n');
    for (const line of [
      'replica-announce-ip 10.0.0.2',
      'min-replicas-to-write 1',
      'min-replicas-max-lag 10',
    ])
      assert.ok(lines.includes(line), line);
  });

  test('is the same on every host but for its address, so that no deploy moves the primary', (t) => {
    const { run } = three(t);
    const texts = (['one', 'two', 'three'] as const).map((host, index) =>
      run(redis, host)
        .steps.filter(({ title }) => title.startsWith('Write /opt'))
        .map(({ title, content }) => {
          const written = typeof content === 'string' ? content : (content as Shell).text;
          return `${title}\n${written.replaceAll(/(?<=ip |ADDRESS='?|\["?)10\.0\.0\.\d(?!\d| )/g, 'ADDRESS')}`;
        })
        .join('\n')
        .replaceAll(`10.0.0.${index + 1}:`, 'ADDRESS:'),
    );
    assert.equal(texts[1], texts[0]);
    assert.equal(texts[2], texts[0]);
  });

  test('publishes both ports at the private address alone', (t) => {
    const { step } = three(t).run(redis, 'three');
    const override = (stack: string) =>
      (step(`Write /opt/pocket/${stack}/compose.override.yaml`).content as Shell).text;
    assert.match(override('redis'), /ports: \["10\.0\.0\.3:6379:6379"\]/);
    assert.match(override('redis-sentinel'), /ports: \["10\.0\.0\.3:26379:26379"\]/);
  });

  test('has its password in files that only it reads, and in no shell', (t) => {
    const { script, text, step } = three(t).run(redis, 'one');
    const quoted = JSON.stringify(PASSWORD);
    assert.equal(
      text('/opt/pocket/redis/config/password.conf'),
      `requirepass ${quoted}\nmasterauth ${quoted}\n`,
    );
    assert.equal(
      text('/opt/pocket/redis-sentinel/config/password.conf'),
      `sentinel auth-pass pocket ${quoted}\n`,
    );
    for (const stack of ['redis', 'redis-sentinel'])
      assert.match(
        step(`Write /opt/pocket/${stack}/config/password.conf`).check.text,
        / 400 999:0/,
      );
    assert.ok(!script.includes(PASSWORD));
  });

  test('waits for its turn only when its container is made anew', (t) => {
    const { steps, step } = three(t).run(redis, 'one');
    const take = step('Wait until no other Redis restarts');
    const up = step('Bring up the stack redis');
    assert.deepEqual(take.after, steps.slice(1, steps.indexOf(take)));
    assert.deepEqual(step('Let the next Redis restart').after, [take]);
    assert.equal(steps.indexOf(take) + 1, steps.indexOf(up));
  });
});

/** A world of Sentinels and Redis, as `redis-cli` sees it: what to answer to which question. */
interface World {
  /** By host: config epoch and primary that its Sentinel knows. */
  sentinels: Record<string, [epoch: number, primary: string]>;
  /** By host: INFO replication. */
  redis?: Record<string, string>;
  /** Which primary all Sentinels name once they were told to fail over. */
  promoted?: string;
  /** What Sentinels say of the primary that they name, where they say more than that it is one. */
  flags?: string;
  /** After so many questions to Sentinels they have promoted that one by themselves. */
  promotedAfter?: number;
  /** No Sentinel answers any more once one has agreed to fail over. */
  goneAfterFailover?: boolean;
  /** How often a Sentinel was told to fail over. */
  failovers?: number;
  /** What each Redis was told besides questions, in order. */
  told?: string[];
  /** By host: how many keys its Redis has. */
  keys?: Record<string, number>;
  /** After how many questions for its keys a Redis has one more than before. */
  filledAfter?: number;
  /** The replicas that each Sentinel knows. */
  replicas?: string[];
}

/** Runs a script of the stack in a directory in place of the container; what it told and started, and its volume. */
function started(
  t: TestContext,
  script: string,
  world: World,
  data: Record<string, string> = {},
  environment: Record<string, string> = {},
  ...words: string[]
) {
  const root = directoryWith(t, {
    'etc/password.conf': `requirepass ${JSON.stringify(PASSWORD)}\n`,
    'world.json': JSON.stringify(world),
  });
  const compose = join(import.meta.dirname, '../../../compose');
  const inPlace = (path: string) =>
    readFileSync(join(compose, path), 'utf8')
      .replaceAll('/etc/redis', join(root, 'etc'))
      .replaceAll('/data', join(root, 'data'))
      .replaceAll('chown redis', ': chown')
      .replaceAll(/sleep [\d.]+/g, 'sleep 0');
  mkdirSync(join(root, 'data'));
  for (const [name, content] of Object.entries(data))
    writeFileSync(join(root, 'data', name), content);
  writeFileSync(join(root, 'etc/sentinels.sh'), inPlace('redis/sentinels.sh'));
  writeFileSync(join(root, 'etc/sentinel.conf'), inPlace('redis-sentinel/sentinel.conf'));
  writeFileSync(join(root, 'script.sh'), inPlace(script));
  mkdirSync(join(root, 'bin'));
  for (const [name, text] of Object.entries(programs(root))) {
    writeFileSync(join(root, 'bin', name), text);
    chmodSync(join(root, 'bin', name), 0o755);
  }
  const ended = spawnSync('sh', [join(root, 'script.sh'), ...words], {
    encoding: 'utf8',
    timeout: 60_000,
    env: {
      PATH: `${join(root, 'bin')}:${process.env.PATH}`,
      SENTINELS: '10.0.0.1 10.0.0.2 10.0.0.3',
      ADDRESS: '10.0.0.1',
      ...environment,
    },
  });
  const state = join(root, 'data/sentinel.conf');
  assert.equal(ended.signal, null, ended.stderr);
  const after: World = JSON.parse(readFileSync(join(root, 'world.json'), 'utf8'));
  return {
    failovers: after.failovers ?? 0,
    told: after.told ?? [],
    status: ended.status,
    said: ended.stderr,
    command: /^started (.*)$/m.exec(ended.stdout)?.[1]?.replaceAll(`${root}/`, '/'),
    kind: existsSync(join(root, 'data/kind')) ? readFileSync(join(root, 'data/kind'), 'utf8') : '',
    state: existsSync(state) ? readFileSync(state, 'utf8') : '',
  };
}

function programs(root: string): Record<string, string> {
  return {
    'docker-entrypoint.sh': '#!/bin/sh\necho "started $*"\n',
    'redis-cli': `#!${process.execPath}
const { readFileSync, writeFileSync, existsSync } = require('node:fs');
const world = JSON.parse(readFileSync('${root}/world.json', 'utf8'));
const [, , , host, , port, , ...words] = process.argv;
if (port === '6379') {
  if (process.env.REDISCLI_AUTH !== ${JSON.stringify(PASSWORD)}) throw new Error('wrong password');
  if (!world.redis?.[host]) process.exit(1);
  if (words[0] === 'INFO') {
    console.log(world.redis[host].replaceAll('\\n', '\\r\\n'));
  } else if (words[0] === 'PING') {
    console.log('PONG');
  } else if (words[0] === 'EVAL') {
    console.log(world.keys?.[host] ?? 'LOADING Redis is loading the dataset in memory');
    if (world.filledAfter && --world.filledAfter === 0) world.keys[host] = 1;
    writeFileSync('${root}/world.json', JSON.stringify(world));
  } else {
    (world.told ??= []).push([host, ...words].join(' '));
    writeFileSync('${root}/world.json', JSON.stringify(world));
    console.log('OK');
  }
} else {
  const gone = world.goneAfterFailover && world.failovers;
  const known = !gone && world.sentinels[host];
  if (!known) process.exit(1);
  const promote = () => {
    for (const one of Object.values(world.sentinels)) one.splice(0, 2, one[0] + 1, world.promoted);
    world.flags = 'master';
  };
  if (words[1] === 'FAILOVER') {
    world.failovers = (world.failovers ?? 0) + 1;
    if (world.promotedAfter) world.flags = 'master,failover_in_progress';
    else if (world.promoted) promote();
    console.log(world.promoted ? 'OK' : 'NOGOODSLAVE No suitable replica to promote\\n');
  } else if (words[1] === 'REPLICAS') {
    for (const one of world.replicas ?? []) console.log(['name', one + ':6379', 'ip', one, 'port', '6379'].join('\\n'));
  } else {
    if (world.promotedAfter && --world.promotedAfter === 0) promote();
    const flags = world.flags ?? 'master';
    console.log(['name', 'pocket', 'ip', known[1], 'port', '6379', 'flags', flags, 'num-slaves', (world.replicas ?? []).length, 'config-epoch', known[0]].join('\\n'));
  }
  writeFileSync('${root}/world.json', JSON.stringify(world));
}
`,
  };
}

const PRIMARY = 'redis-server /etc/redis.conf';
const replicaOf = (host: string) => `${PRIMARY} --replicaof ${host} 6379`;
const all = (epoch: number, primary: string): World['sentinels'] => ({
  '10.0.0.1': [epoch, primary],
  '10.0.0.2': [epoch, primary],
  '10.0.0.3': [epoch, primary],
});
const follows = (primary: string, link: string) =>
  `role:slave\nmaster_host:${primary}\nmaster_link_status:${link === 'up' ? 'up' : 'down'}\n${link === 'up' ? '' : `master_link_down_since_seconds:${link}`}`;

const SEVERAL = { appendonlydir: '', kind: 'several\n' };
const ALONE = { appendonlydir: '', kind: 'alone\n' };

describe('a Redis that starts', () => {
  const start = (t: TestContext, world: World, empty = false) =>
    started(t, 'redis/start.sh', world, empty ? {} : SEVERAL).command;

  test('is the primary on the first host when everything is new', (t) => {
    assert.equal(start(t, { sentinels: {} }, true), PRIMARY);
  });
  test('is a replica where the Sentinels have another primary, with data or without', (t) => {
    const world = { sentinels: all(3, '10.0.0.2'), replicas: ['10.0.0.1'] };
    for (const empty of [true, false]) assert.equal(start(t, world, empty), replicaOf('10.0.0.2'));
  });
  test('goes by the latest agreement, not by a Sentinel that was away', (t) => {
    const sentinels: World['sentinels'] = {
      '10.0.0.1': [1, '10.0.0.1'],
      '10.0.0.2': [2, '10.0.0.3'],
      '10.0.0.3': [2, '10.0.0.3'],
    };
    assert.equal(start(t, { sentinels, replicas: ['10.0.0.1'] }), replicaOf('10.0.0.3'));
  });
  test('is the primary where nobody followed it until now, as when all hosts restart', (t) => {
    const redis = { '10.0.0.2': follows('10.0.0.1', '-1'), '10.0.0.3': follows('10.0.0.1', '-1') };
    const world = { sentinels: all(1, '10.0.0.1'), redis, promoted: '10.0.0.2' };
    assert.equal(start(t, world), PRIMARY);
  });
  for (const [link, flags] of [
    ['up', 'master'],
    ['2', 'master,disconnected'],
  ] as const) {
    test(`hands over to a replica that has all it acknowledged, link ${link}`, (t) => {
      const redis = { '10.0.0.2': follows('10.0.0.1', link) };
      const world = { sentinels: all(1, '10.0.0.1'), redis, promoted: '10.0.0.2', flags };
      assert.equal(start(t, world), replicaOf('10.0.0.2'));
    });
  }
  for (const flags of ['s_down,master', 'master,failover_in_progress']) {
    test(`leaves it to Sentinels that hand over by themselves: ${flags}`, (t) => {
      const redis = { '10.0.0.2': follows('10.0.0.1', '6') };
      const world = { sentinels: all(1, '10.0.0.1'), redis, flags };
      const own = { ...world, promoted: '10.0.0.2', promotedAfter: 12 };
      const { command, failovers } = started(t, 'redis/start.sh', own, SEVERAL);
      assert.equal(command, replicaOf('10.0.0.2'));
      assert.equal(failovers, 0);
    });
  }
  test('asks for it once, however long it takes until the others know', (t) => {
    const redis = { '10.0.0.2': follows('10.0.0.1', '2') };
    const promoted = { promoted: '10.0.0.2', promotedAfter: 20 };
    const world = { sentinels: all(1, '10.0.0.1'), redis, ...promoted };
    const { command, failovers } = started(t, 'redis/start.sh', world, SEVERAL);
    assert.equal(command, replicaOf('10.0.0.2'));
    assert.equal(failovers, 1);
  });
  test('is the primary after all where no replica can be promoted', (t) => {
    const redis = { '10.0.0.2': follows('10.0.0.1', '2') };
    assert.equal(start(t, { sentinels: all(1, '10.0.0.1'), redis }), PRIMARY);
  });
  test('does not hand over to one that follows somebody else', (t) => {
    const redis = { '10.0.0.2': follows('10.0.0.3', 'up') };
    const world = { sentinels: all(1, '10.0.0.1'), redis, promoted: '10.0.0.2' };
    assert.equal(start(t, world), PRIMARY);
  });
});

describe('a Redis with data that may be of nobody else', () => {
  const there = { '127.0.0.2': 'role:master', '10.0.0.2': 'role:master' };
  const keys = (own: number, other: number) => ({ '127.0.0.2': own, '10.0.0.2': other });
  const start = (t: TestContext, world: Partial<World>, data: Record<string, string>) =>
    started(t, 'redis/start.sh', { sentinels: {}, redis: there, ...world }, data, {
      SENTINELS: '10.0.0.2 10.0.0.1 10.0.0.3',
    });
  const NOTHING_NOTED = { appendonlydir: '' };

  for (const [who, data] of [
    ['that was the only one', ALONE],
    ['of which nobody knows more than that', NOTHING_NOTED],
  ] as const) {
    for (const [where, sentinels] of [
      ['the first host', {}],
      ['what Sentinels name', all(0, '10.0.0.2')],
    ] as const) {
      test(`${who}, does not follow ${where}, and says what to do`, (t) => {
        for (const other of where === 'the first host' ? [3] : [0, 3]) {
          const { status, command, said } = start(t, { sentinels, keys: keys(700, other) }, data);
          assert.deepEqual([status, command], [1, undefined]);
          assert.match(
            said,
            /^not started: this Redis was the only one, .* keys \(700\) .* 10\.0\.0\.2$/m,
          );
          assert.match(said, /^ {2}List the host of 10\.0\.0\.1 first in redis_hosts\./m);
        }
      });
    }
  }
  test('that was the only one, does not follow even where a Sentinel has once seen it do so', (t) => {
    const world = { sentinels: all(3, '10.0.0.2'), replicas: ['10.0.0.1'], keys: keys(700, 3) };
    assert.equal(start(t, world, ALONE).status, 1);
  });
  test('that cannot be counted, is not taken for empty', (t) => {
    const { status, said } = start(t, { redis: {} }, ALONE);
    assert.equal(status, 1);
    assert.match(said, /keys \(unknown\)/);
  });
  test('that was the only one, is the primary where it comes first', (t) => {
    const { command, kind } = started(t, 'redis/start.sh', { sentinels: {} }, ALONE);
    assert.deepEqual([command, kind], [PRIMARY, 'several\n']);
  });
  test('that was the only one, follows where it has no keys', (t) => {
    const { command, kind } = start(t, { keys: keys(0, 0) }, ALONE);
    assert.deepEqual([command, kind], [replicaOf('10.0.0.2'), 'several\n']);
  });
  test('that a Sentinel has seen follow, does so where nothing else is noted', (t) => {
    const world = { sentinels: all(0, '10.0.0.2'), replicas: ['10.0.0.1'], redis: {} };
    assert.equal(start(t, world, NOTHING_NOTED).command, replicaOf('10.0.0.2'));
  });
  test('that was one of several, follows the first where no Sentinel can tell, if that has data', (t) => {
    const { command } = start(t, { keys: keys(700, 3) }, SEVERAL);
    assert.equal(command, replicaOf('10.0.0.2'));
  });
  for (const sentinels of [{}, all(0, '10.0.0.2')]) {
    test(`that was one of several, waits until the other has data, ${Object.keys(sentinels).length} Sentinels`, (t) => {
      const { command, said } = start(
        t,
        { sentinels, keys: keys(700, 0), filledAfter: 5 },
        SEVERAL,
      );
      assert.equal(command, replicaOf('10.0.0.2'));
      assert.equal(
        said.match(/^waiting: .* keys \(700\) .* 10\.0\.0\.2, which has none/gm)?.length,
        1,
      );
    });
  }
  test('that was one of several, waits until Sentinels name another primary', (t) => {
    const world = { sentinels: all(0, '10.0.0.2'), keys: keys(700, 0), promoted: '10.0.0.1' };
    assert.equal(start(t, { ...world, promotedAfter: 66 }, SEVERAL).command, PRIMARY);
  });
  test('that is started alone, is noted to be', (t) => {
    const { command, kind } = started(t, 'redis/start.sh', { sentinels: {} }, SEVERAL, {
      SENTINELS: '',
    });
    assert.deepEqual([command, kind], [PRIMARY, 'alone\n']);
  });
  test('that is lost, is waited for: a replica is promoted instead of emptied', (t) => {
    const world = { sentinels: all(1, '10.0.0.1'), replicas: ['10.0.0.2'] };
    const promoted = { promoted: '10.0.0.2', promotedAfter: 20 };
    const { command, said } = started(t, 'redis/start.sh', { ...world, ...promoted });
    assert.equal(command, replicaOf('10.0.0.2'));
    assert.match(said, /^waiting: this Redis has lost its data/m);
  });
  test('and that no replica has, is not waited for on the first host of a new deployment', (t) => {
    assert.equal(started(t, 'redis/start.sh', { sentinels: all(0, '10.0.0.1') }).command, PRIMARY);
  });
});

describe('a Redis that is about to restart', () => {
  const primary = 'role:master\nmaster_repl_offset:700';
  const copy = (offset: number) => `${follows('10.0.0.1', 'up')}\nslave_repl_offset:${offset}`;
  const turn = '10.0.0.1 SET pocket-automations:turn 10.0.0.1 NX PX 900000';
  const pause = '127.0.0.1 CLIENT PAUSE 60000 WRITE';
  const unpause = '127.0.0.1 CLIENT UNPAUSE';
  const world: World = {
    sentinels: all(1, '10.0.0.1'),
    redis: {
      '127.0.0.1': primary,
      '10.0.0.1': primary,
      '10.0.0.2': copy(700),
      '10.0.0.3': copy(700),
    },
    promoted: '10.0.0.2',
  };
  const take = (t: TestContext, changes: Partial<World> = {}) => {
    const changed = { ...structuredClone(world), ...changes };
    const { told, failovers } = started(t, 'redis/turns.sh', changed, {}, {}, 'take');
    return { told, failovers };
  };

  test('holds writes back, has a replica promoted and follows it', (t) => {
    const told = [turn, pause, '127.0.0.1 REPLICAOF 10.0.0.2 6379', unpause];
    assert.deepEqual(take(t), { told, failovers: 1 });
  });
  test('waits until the others know who was promoted', (t) => {
    const told = [turn, pause, '127.0.0.1 REPLICAOF 10.0.0.2 6379', unpause];
    assert.deepEqual(take(t, { promotedAfter: 30 }), { told, failovers: 1 });
  });
  test('stays the primary where a replica lacks something, is not there, or follows another', (t) => {
    const of = (other?: string) => ({ ...world.redis!, ...(other && { '10.0.0.3': other }) });
    const { '10.0.0.3': _, ...gone } = of();
    const elsewhere = copy(700).replace('master_host:10.0.0.1', 'master_host:10.0.0.2');
    for (const redis of [of(copy(699)), gone, of(elsewhere)])
      assert.deepEqual(take(t, { redis }), { told: [turn, pause, unpause], failovers: 0 });
  });
  test('stays the primary where no replica can be promoted', (t) => {
    assert.deepEqual(take(t, { promoted: '' }).told, [turn, pause, unpause]);
  });
  test('takes no more writes where nobody can tell whether a replica was promoted', (t) => {
    const told = [turn, pause];
    assert.deepEqual(take(t, { goneAfterFailover: true }), { told, failovers: 1 });
  });
  test('leaves it to Sentinels that promote another by themselves', (t) => {
    assert.deepEqual(take(t, { flags: 's_down,master' }), { told: [turn], failovers: 0 });
  });
  test('holds nothing back as a replica', (t) => {
    const told = [turn.replace('10.0.0.1', '10.0.0.2')];
    assert.deepEqual(take(t, { sentinels: all(1, '10.0.0.2') }), { told, failovers: 0 });
  });
});

describe('a Sentinel that starts', () => {
  const start = (t: TestContext, world: World, old = '') =>
    started(t, 'redis-sentinel/start.sh', world, old ? { 'sentinel.conf': old } : {}).state;

  test('watches the first host when everything is new', (t) => {
    assert.match(start(t, { sentinels: {} }), /^sentinel monitor pocket 10\.0\.0\.1 6379 2$/m);
  });
  test('whose volume is lost asks the others', (t) => {
    assert.match(
      start(t, { sentinels: { '10.0.0.3': [4, '10.0.0.2'] } }),
      /^sentinel monitor pocket 10\.0\.0\.2 6379 2$/m,
    );
  });
  test('watches another where the one that it remembers has a new address or is gone', (t) => {
    const old = 'sentinel monitor pocket 10.0.0.10 6379 2\n';
    assert.match(start(t, { sentinels: {} }, old), /^sentinel monitor pocket 10\.0\.0\.1 6379 2$/m);
    const others: World['sentinels'] = { '10.0.0.3': [4, '10.0.0.2'] };
    assert.match(
      start(t, { sentinels: others }, old),
      /^sentinel monitor pocket 10\.0\.0\.2 6379 2$/m,
    );
  });
  test('keeps what it has learnt of the hosts that there are, and takes settings from the deployment', (t) => {
    const learnt = [
      'sentinel myid 0123456789',
      'sentinel current-epoch 7',
      'sentinel config-epoch pocket 7',
      'sentinel leader-epoch pocket 7',
      'sentinel known-replica pocket 10.0.0.1 6379',
      'sentinel known-sentinel pocket 10.0.0.2 26379 aaaa',
    ];
    const gone = [
      'sentinel known-replica pocket 10.0.0.9 6379',
      'sentinel known-sentinel pocket 10.0.0.9 26379 bbbb',
      'sentinel auth-pass pocket "the old one"',
      'sentinel down-after-milliseconds pocket 99',
      'user default on nopass',
    ];
    const old = ['sentinel monitor pocket 10.0.0.3 6379 9', ...learnt, ...gone].join('\n');
    const lines = start(t, { sentinels: {} }, `${old}\n`).split('\n');
    assert.ok(lines.includes('sentinel monitor pocket 10.0.0.3 6379 2'), 'the primary stays');
    for (const line of learnt) assert.ok(lines.includes(line), line);
    for (const line of gone) assert.ok(!lines.includes(line), line);
    assert.ok(lines.includes('sentinel down-after-milliseconds pocket 5000'));
  });
});
