// Brings what the tests need besides the project's own packages: `unit` or `fleet`. Called by `make test`.
import { chmodSync, existsSync, globSync } from 'node:fs';
import { join } from 'node:path';
import { $ } from 'zx';
import { installPackages } from './fleet/apt.ts';
import { cachePath } from './fleet/cache.ts';
import { hostImage } from './fleet/host-image.ts';
import { ensureDocker } from './fleet/hosts.ts';
import { ensureBundle } from './lab/bundle.ts';
import { buildImages } from './lab/images/build.ts';
import { ROOT } from './lab/paths.ts';

const quiet = $({ quiet: true, stdio: ['ignore', 'inherit', 'inherit'] });

/**
 * Programs that unit tests start: Redis, Caddy and promtool from Debian, unpacked below .cache; PostgreSQL's binaries and a
 * browser, which are installed.
 */
async function unit(): Promise<void> {
  if (process.arch !== 'x64' || !existsSync('/usr/bin/apt-get')) return;
  const fetch = join(ROOT, 'tests', 'lab', 'standins', 'fetch-redis.sh');
  for (const suite of ['experimental', 'trixie']) {
    if (existsSync(join(ROOT, '.cache', 'redis', suite, 'redis-server'))) continue;
    console.error(`unpacking Redis of Debian ${suite}, once …`);
    await quiet`${fetch} ${suite}`;
  }
  if (!existsSync(cachePath('caddy', 'caddy'))) {
    console.error('unpacking Caddy of Debian sid, once …');
    await quiet`${join(ROOT, 'tests', 'lab', 'standins', 'fetch-caddy.sh')}`;
  }
  if (!existsSync('/usr/bin/chromium') && process.getuid?.() === 0) {
    console.error('installing Chromium, once …');
    const refused = await installPackages('chromium');
    if (refused) throw new Error(`apt-get could not install Chromium: ${refused}`);
  }
  if (!existsSync(cachePath('prometheus', 'promtool'))) {
    console.error('unpacking promtool of Debian, once …');
    await quiet`${join(ROOT, 'tests', 'monitoring', 'fetch-promtool.sh')}`;
  }
  if (globSync('/usr/lib/postgresql/*/bin/initdb').length === 0 && process.getuid?.() === 0) {
    console.error('installing PostgreSQL, once …');
    const refused = await installPackages('postgresql');
    if (refused) throw new Error(`apt-get could not install PostgreSQL: ${refused}`);
  }
}

/** Docker Compose for tests that read compose files on this machine: the one of the test hosts, where it has none. */
async function compose(): Promise<void> {
  if ((await $({ quiet: true, nothrow: true })`docker compose version`).ok) return;
  const plugin = cachePath('docker', 'cli-plugins', 'docker-compose');
  if (existsSync(plugin)) return;
  await ensureDocker();
  const image = await hostImage('docker', 'trixie');
  const path = '/usr/libexec/docker/cli-plugins/docker-compose';
  await $({ quiet: true })`docker run --rm --entrypoint cat ${image} ${path} > ${plugin}`;
  chmodSync(plugin, 0o755);
}

async function fleet(): Promise<void> {
  await ensureDocker();
  await ensureBundle();
  await buildImages(['debian/redis:8.0']);
}

if (process.argv[2] === 'unit') {
  await unit();
  await compose();
} else if (process.argv[2] === 'fleet') await fleet();
else throw new Error('usage: setup.ts unit|fleet');
