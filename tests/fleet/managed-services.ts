import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { $ } from 'zx';
import { loadDeployment } from '../../lib/deployment.ts';
import { loadSecrets } from '../../lib/secrets/secrets.ts';
import { type Host, startHost } from './hosts.ts';
import { type Lab, runScript } from './lab-fixture.ts';

/** Who the lab is to the PostgreSQL of somebody else. */
export const DATABASE_USER = 'managed_user';

/** Redis, PostgreSQL and Temporal of somebody else, on a host of their own. */
export interface State {
  host: Host;
  redisPassword: string;
  postgresPassword: string;
  /** What statements say in a database, `postgres` unless named. */
  sql(statement: string, database?: string): Promise<string>;
  /** Deploys to it, what is named with `--only` besides what it has. */
  deploy(...words: string[]): Promise<void>;
}

/**
 * A host with Redis, PostgreSQL with TLS and, when deployed, Temporal, in a deployment of its own: to the lab's, they
 * are somebody else's.
 */
export async function stateBeside(one: Lab): Promise<State> {
  const run = one.host.container.slice(0, -'-lab'.length);
  const host = await startHost({ name: 'state', run });
  const path = join(one.home, 'state.yaml');
  const profile = parse(readFileSync(one.profile, 'utf8'));
  const { address, user, identityFile } = host;
  writeFileSync(
    path,
    stringify({
      ...profile,
      name: 'state',
      // The lab's host uses them, so they are published at the private address.
      hosts: { ...profile.hosts, state: { address, user, identity_file: identityFile } },
      redis_hosts: ['state'],
      postgres_hosts: ['state'],
      temporal_hosts: ['state'],
    }),
  );
  const deploy = async (...words: string[]) => {
    const script = ['--profile', path, '--limit', 'state', '--yes', '--json'];
    const deployed = await runScript(one.home, 'deploy', ...script, ...words);
    assert.equal(deployed.status, 0, deployed.stdout + deployed.stderr);
  };
  await deploy('--only', 'common,install-docker,images,redis,postgres');
  const secrets = loadSecrets(loadDeployment(path), { create: false });
  const sql = async (statement: string, database = 'postgres') => {
    const psql = `docker exec -i pocket-postgres-postgres-1 psql -X -q -A -t -U igniter -d ${database}`;
    return (await host.exec(`${psql} <<'SQL'\n${statement}\nSQL`)).stdout.trim();
  };
  await withTls(host);
  await sql(`DROP DATABASE provider; DROP DATABASE temporal;
    CREATE ROLE ${DATABASE_USER} LOGIN PASSWORD 'p@ss/w#rd $x'`);
  const passwords = { redis: secrets.get('redis_password').reveal(), postgres: 'p@ss/w#rd $x' };
  for (const [name, password] of Object.entries(passwords))
    writeFileSync(join(one.home, `${name}-password`), password, { mode: 0o600 });
  return {
    ...{ host, sql, deploy },
    redisPassword: passwords.redis,
    postgresPassword: passwords.postgres,
  };
}

/** Gives PostgreSQL a certificate that nobody vouches for. */
async function withTls(host: Host): Promise<void> {
  const key = await $({
    quiet: true,
  })`openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=state -keyout -`;
  await host.exec(`docker exec -i pocket-postgres-postgres-1 sh -c '
    cat >$PGDATA/both.pem && chmod 600 $PGDATA/both.pem && chown postgres $PGDATA/both.pem' <<'PEM'
${key.stdout}
PEM
    for statement in "ALTER SYSTEM SET ssl_key_file = 'both.pem'" "ALTER SYSTEM SET ssl_cert_file = 'both.pem'" \
      "ALTER SYSTEM SET ssl = on" "SELECT pg_reload_conf()"; do
      docker exec pocket-postgres-postgres-1 psql -U igniter -d postgres -c "$statement"
    done`);
}

/** What is different in the lab that uses them. */
export function managed({ host }: State, more: Record<string, unknown>): Record<string, unknown> {
  return {
    redis_hosts: [],
    postgres_hosts: [],
    redis: { mode: 'external' },
    redis_url: `redis://${host.address}:6379/2`,
    ...more,
    postgres: {
      mode: 'external',
      address: `${host.address}:5432`,
      user: DATABASE_USER,
      sslmode: 'no-verify',
      ...(more.postgres as object),
    },
    secrets: {
      redis_password: `file:${process.env.POCKET_AUTOMATIONS_HOME}/redis-password`,
      postgres_password: `file:${process.env.POCKET_AUTOMATIONS_HOME}/postgres-password`,
    },
  };
}
