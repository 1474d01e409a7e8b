import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { endPrograms, IGNITER, run } from './program.ts';
import { skipReason, type TemporaryPostgres, temporaryPostgres } from './temporary-postgres.ts';

const COMMAND = [`${IGNITER}/bin/pnpm`, 'provider:migration:migrate'];

describe('stand-in provider migration', { skip: skipReason, timeout: 60_000 }, () => {
  let postgres: TemporaryPostgres;
  before(async () => {
    postgres = await temporaryPostgres();
    await postgres.query('postgres', 'CREATE DATABASE provider');
  });
  after(() => {
    endPrograms();
    postgres.remove();
  });

  const refusals: [string, () => string | undefined, RegExp][] = [
    ['no DATABASE_URL', () => undefined, /url: undefined/],
    ['a server that is not there', () => 'postgres://igniter@127.0.0.1:1/provider', /ECONNREFUSED/],
    [
      'a wrong password',
      () => postgres.url('provider').replace('correct', 'wrong'),
      /password authentication failed/,
    ],
    [
      'a database that does not exist',
      () => postgres.url('nowhere'),
      /database "nowhere" does not exist/,
    ],
    [
      'TLS against a server without',
      () => `${postgres.url('provider')}?sslmode=require`,
      /does not support SSL/,
    ],
  ];
  for (const [what, url, message] of refusals) {
    test(`refuses ${what} with exit 1`, async () => {
      const { status, output } = await run(IGNITER, COMMAND, { DATABASE_URL: url() });
      assert.equal(status, 1);
      assert.match(output, message);
      assert.doesNotMatch(output, /successfully/);
    });
  }

  test('refuses another script name', async () => {
    const { status, output } = await run(IGNITER, [
      COMMAND[0] as string,
      'middleman:migration:migrate',
    ]);
    assert.equal(status, 1);
    assert.match(output, /ERR_PNPM_NO_SCRIPT/);
  });

  test('applies the journal once, without sslmode in the URL', async () => {
    const journal = readFileSync(`${IGNITER}/apps/provider/drizzle/meta/_journal.json`, 'utf8');
    const { entries } = JSON.parse(journal) as { entries: unknown[] };
    for (const attempt of ['first', 'second']) {
      const { status, output } = await run(IGNITER, COMMAND, {
        DATABASE_URL: postgres.url('provider'),
      });
      assert.equal(status, 0, `${attempt}: ${output}`);
      assert.match(output, /migrations applied successfully!/);
      assert.match(output, /stand-in/);
      const rows = await postgres.query('provider', 'SELECT * FROM drizzle.__drizzle_migrations');
      assert.equal(rows.length, entries.length);
    }
    const columns = await postgres.query(
      'provider',
      `SELECT column_name FROM information_schema.columns WHERE table_name = 'keys' AND column_name = 'privateKey'`,
    );
    assert.equal(columns.length, 1);
  });
});
