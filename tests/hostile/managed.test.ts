import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parseEnv } from 'node:util';
import { stringify } from 'yaml';
import { loadDeployment } from '../../lib/deployment.ts';
import { UserError } from '../../lib/exit-codes.ts';
import { ProfileError } from '../../lib/profile/problem.ts';
import { parseRedisUrl } from '../../lib/redis-url.ts';
import { compile } from '../../lib/run/compile.ts';
import { loadSecrets } from '../../lib/secrets/secrets.ts';
import { provider } from '../../scripts/provider.mjs';
import { temporal } from '../../scripts/temporal.mjs';
import { directoryWith } from '../unit/profile/temporary.ts';
import { type Data, fullProfile } from './full-profile.ts';
import { nastyValue } from './nasty-values.ts';
import { randomFrom, SEED } from './random.ts';
import { textAt, withText } from './string-fields.ts';

const CASES = 400;
const FIELDS = [
  ['redis_url'],
  ['redis', 'user'],
  ['postgres', 'address'],
  ['postgres', 'user'],
  ['temporal', 'address'],
];
const PASSWORD = 'a password of the test';
const PASSWORDS = ['HOSTILE_MANAGED_REDIS', 'HOSTILE_MANAGED_POSTGRES'];

/** The full profile with everything managed that can be. */
function base(): Data {
  return {
    ...fullProfile(),
    postgres_hosts: [],
    redis_hosts: [],
    temporal_hosts: ['data'],
    relay_miners: ['data'],
    redis: { mode: 'external', user: 'relays' },
    redis_url: 'rediss://redis.cloud.net:6380/1',
    postgres: { mode: 'external', address: 'db.cloud.net:5433', user: 'owner_of_all' },
    secrets: {
      redis_password: `env:${PASSWORDS[0]}`,
      postgres_password: `env:${PASSWORDS[1]}`,
    },
  };
}

test(`${CASES} nasty values for managed services arrive in their URLs, or are refused by name`, (t) => {
  const directory = directoryWith(t, {});
  const path = join(directory, 'p.yaml');
  process.env.HOSTILE_KEYS = `keys: ["${'11'.repeat(32)}"]`;
  for (const name of ['HOSTILE_DNS', 'HOSTILE_PORTAL']) process.env[name] = 'token-of-the-test';
  t.after(() => {
    for (const name of PASSWORDS) delete process.env[name];
  });
  const counts = { refused: 0, arrived: 0 };
  for (let number = 0; number < CASES; number += 1) {
    const random = randomFrom(SEED * 7_000_003 + number);
    for (const name of PASSWORDS) process.env[name] = PASSWORD;
    const external: Data = {
      ...(base() as { [key: string]: Data }),
      ...(number % 2 === 0 && {
        temporal_hosts: [],
        temporal: { mode: 'external', address: 't.lan:7233' },
      }),
    };
    const secret = number % 3 === 0 ? PASSWORDS[random(2)]! : undefined;
    const field = FIELDS[number % FIELDS.length]!;
    const from = textAt(external, field);
    if (!secret && from === undefined) continue;
    const to = nastyValue(random, secret ? PASSWORD : from!).toWellFormed();
    if (secret && (to.includes('\0') || to.length > 100_000)) continue;
    if (secret) process.env[secret] = to;
    const label = `case ${number} of seed ${SEED}, ${secret ?? field.join('.')} = ${JSON.stringify(to.slice(0, 200))}`;
    writeFileSync(
      path,
      stringify(secret ? external : withText(external, field, to), { lineWidth: 0 }),
    );
    try {
      const deployment = loadDeployment(path, { root: directory });
      const secrets = loadSecrets(deployment, { create: true });
      const host = deployment.host('front');
      const redisPassword = secrets.get('redis_password').reveal();
      const postgresPassword = secrets.get('postgres_password').reveal();
      const redis = new URL(deployment.redisUrl(host, redisPassword));
      assert.equal(decodeURIComponent(redis.password), redisPassword, label);
      assert.equal(parseRedisUrl(deployment.profile.redis_url!).servers.length > 0, true, label);
      for (const role of [provider, temporal].filter(({ name }) =>
        deployment.hosts.some(({ roles }) => roles.includes(name)),
      )) {
        const on = deployment.hosts.find(({ roles }) => roles.includes(role.name))!;
        const steps = role.steps({ deployment, host: on, secrets });
        compile('a case', steps, secrets.named());
        const env = steps.find(({ title }) => title.endsWith(`/${role.name}/.env`))?.content;
        const values = parseEnv(String(env));
        const written = values.DATABASE_URL
          ? decodeURIComponent(new URL(values.DATABASE_URL).password)
          : values.POSTGRES_PWD;
        assert.equal(written, postgresPassword, label);
      }
      counts.arrived += 1;
    } catch (error) {
      if (!(error instanceof ProfileError || error instanceof UserError))
        throw new Error(`${label}: ${(error as Error).stack}`);
      if (secret) assert.ok(to.length < 6 || !error.message.includes(to), `${label}: it is shown`);
      counts.refused += 1;
    }
  }
  t.diagnostic(`${counts.refused} refused, ${counts.arrived} arrived`);
  assert.ok(counts.arrived > CASES / 10 && counts.refused > CASES / 10, JSON.stringify(counts));
});
