import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { docker } from '../fleet/docker.ts';
import { type Host, testHosts } from '../fleet/hosts.ts';
import { ensureBundle } from '../lab/bundle.ts';
import { login, type Scene, scene } from './scene.ts';

const STACKS = ['--only', 'common,install-docker,images,redis,postgres'];

test('a host that lacks something, with containers on it', { timeout: 600_000 }, async (t) => {
  await ensureBundle();
  const { one } = await testHosts(t, { one: {} });
  const place = scene(t);
  const groups = { redis_hosts: ['one'], postgres_hosts: ['one'] };
  place.write({ one: login(one) }, groups);

  await t.test('Ctrl-C while images are carried, and then to the end', async () => {
    const run = place.start('--only', 'common,install-docker,images');
    await run.says(/Load images from the bundle/);
    run.child.kill('SIGINT');
    assert.equal(await run.ended, 130, run.said());
    assert.match(run.said(), /images: ended (?:while something was carried|after step)/);
    const whole = await place.deploy('--only', 'common,install-docker,images');
    assert.equal(whole.status, 0, whole.said);
  });

  await t.test('a disk that images fill', async (s) => {
    const under = (how: string) =>
      one.exec(`
        systemctl stop docker.socket docker
        ${how}
        systemctl reset-failed docker.socket docker
        systemctl start docker`);
    s.after(() =>
      one.exec('! findmnt --types tmpfs /var/lib/docker || umount --lazy /var/lib/docker'),
    );
    await under('mount -t tmpfs -o size=40m tmpfs /var/lib/docker');
    const run = await place.deploy('--only', 'common,install-docker,images');
    await under('umount /var/lib/docker');
    tells(run, /one: docker load --quiet: .*/, /What to do: The disk is full: see df -h/);
    const whole = await place.deploy('--only', 'common,install-docker,images');
    assert.equal(whole.status, 0, whole.said);
  });

  await t.test('a full disk', async (s) => {
    s.after(() => one.exec('! mountpoint -q /opt/pocket || umount /opt/pocket'));
    await one.exec(
      'mount -t tmpfs -o size=4k,mode=750 tmpfs /opt/pocket; chgrp pocket /opt/pocket',
    );
    const run = await place.deploy(...STACKS);
    tells(run, /redis: .*: exit status 1/, /What to do: The disk is full: see df -h/);
    assert.doesNotMatch(run.said, /half/);
    assert.equal(await unfinished(one), '');
    await one.exec('umount /opt/pocket');
  });

  await t.test('a read-only file system', async (s) => {
    s.after(() => one.exec('! mountpoint -q /opt/pocket || umount /opt/pocket'));
    await one.exec('mount --bind /opt/pocket /opt/pocket; mount -o remount,bind,ro /opt/pocket');
    const run = await place.deploy(...STACKS);
    tells(run, /redis: .*: exit status 1/, /What to do: The file system is read-only/);
    await one.exec('umount /opt/pocket');
    await converges(place);
  });

  await t.test('no memory for a container', async (s) => {
    place.write({ one: login(one) }, { ...groups, postgres: { memory: '600mb' } });
    await limitContainers(one, 8);
    const run = await place.deploy(...STACKS);
    await limitContainers(one, undefined);
    s.diagnostic(`told after ${run.said.match(/[\d.]+ s$/gm)?.at(-1)}`);
    tells(
      run,
      /(redis|postgres): Bring up the stack \1: exit status 1/,
      /What to do: The memory is not/,
    );
    await converges(place);
  });

  await t.test('containers that a cut-off recreation has left', async () => {
    // Compose makes the new one under such a name, and gives it its own once the old one is gone.
    await one.exec(`
      id=$(docker ps --filter name='^pocket-postgres-postgres-1$' --format '{{.ID}}')
      docker inspect --format '{{range $name, $value := .Config.Labels}}{{println (printf "%s=%s" $name $value)}}{{end}}' "$id" |
        grep . >/run/labels
      docker create --name "\${id}_pocket-postgres-postgres-1" --label-file /run/labels debian/postgres:17`);
    place.write({ one: login(one) }, { ...groups, postgres: { memory: '768mb' } });
    await converges(place);
    assert.equal(
      (await one.exec("docker ps --all --format '{{.Names}}' | grep -c _ || :")).stdout,
      '0\n',
    );
  });

  await t.test('a host that restarts while its containers are made anew', async () => {
    place.write({ one: login(one) }, { ...groups, postgres: { memory: '512mb' } });
    const run = place.start('--verbose', ...STACKS);
    await run.says(/postgres: Write .*compose\.override\.yaml/);
    await sleep(500);
    await one.restart();
    // What goes down first, the step's own program sees: Docker, or sshd.
    const docker = (await run.ended) === 1;
    const told = docker ? /What to do: Docker does not answer/ : /the connection was lost while/;
    assert.equal(await run.ended, docker ? 1 : 4, run.said());
    assert.match(run.said(), told);
    assert.match(run.said(), /go on with: scripts\/deploy\.mjs/);
    await converges(place);
  });

  await t.test('only IPv6 leads to the host', async (s) => {
    const address = await onlyIpv6(s, one);
    const where = scene(s);
    const host = { ...login(one), address: `[${address}]` };
    where.write({ one: host }, groups);
    const run = await where.deploy(...STACKS);
    assert.equal(run.status, 0, run.said);
    const again = await where.deploy(...STACKS);
    assert.match(again.said, /Everything was already so/);
    where.write(
      { one: host, two: { address: 'fd00:dead::1' } },
      { ...groups, temporal_hosts: ['two'] },
    );
    const refused = await where.deploy(...STACKS);
    assert.equal(refused.status, 2, refused.said);
    assert.match(
      refused.said,
      /hosts\.one\.private_address: missing: hosts\.two connects to its port/,
    );
  });
});

/** What a person sees of a failure: each of these, the resuming command, no stack trace. */
function tells(run: { status: number | string; said: string }, ...patterns: RegExp[]): void {
  assert.equal(run.status, 1, run.said);
  for (const pattern of patterns) assert.match(run.said, pattern);
  assert.match(run.said, /When it is mended, go on with: scripts\/deploy\.mjs --profile/);
  assert.doesNotMatch(run.said, /^\s+at .*:\d+/m);
}

async function converges(place: Scene): Promise<void> {
  const first = await place.deploy(...STACKS);
  assert.equal(first.status, 0, first.said);
  assert.match((await place.deploy(...STACKS)).said, /Everything was already so/);
}

async function unfinished(host: Host): Promise<string> {
  const left = `find / -xdev -name '.*.pocket-new'; find /opt/pocket -name '.*.pocket-new'; find /run -maxdepth 1 -name 'pocket-automations.*' ! -name '*.lock'`;
  return (await host.exec(left)).stdout;
}

/** Lets the containers that are made from now on have so much memory together, by a control group around them. */
async function limitContainers(host: Host, megabytes: number | undefined): Promise<void> {
  if (megabytes === undefined) {
    await host.exec('rm /etc/docker/daemon.json; systemctl restart docker');
    return;
  }
  await host.exec(`
    if [[ $(docker info --format '{{.CgroupDriver}}') == systemd ]]; then
      group=small.slice
      printf '[Slice]\\nMemoryMax=${megabytes}M\\n' >/run/systemd/system/small.slice
      systemctl daemon-reload
    else
      group=/small
      mkdir -p /sys/fs/cgroup/memory/small
      echo ${megabytes}M >/sys/fs/cgroup/memory/small/memory.limit_in_bytes
    fi
    mkdir -p /etc/docker
    printf '{"cgroup-parent": "%s"}\\n' "$group" >/etc/docker/daemon.json
    systemctl restart docker`);
}

/** Gives a host an IPv6 address in a network of its own, and takes its IPv4 addresses there away. */
async function onlyIpv6(t: TestContext, host: Host): Promise<string> {
  const network = `${host.container}-ipv6`;
  const prefix = `fd00:${(process.pid % 65_536).toString(16)}:213`;
  // Both ranges are named: Docker would choose an IPv4 range that Docker on the host may have chosen as well.
  const ranges = [`${prefix}::/64`, `10.214.${process.pid % 256}.0/24`];
  await docker(
    ...['network', 'create', '--ipv6', ...ranges.flatMap((range) => ['--subnet', range]), network],
  );
  t.after(async () => {
    await docker('network', 'disconnect', '--force', network, host.container).catch(() => {});
    await docker('network', 'rm', network);
  });
  await docker('network', 'connect', '--ip6', `${prefix}::10`, network, host.container);
  await host.exec('for device in eth0 eth1; do ip -4 address flush dev $device; done');
  return `${prefix}::10`;
}
