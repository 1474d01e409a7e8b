import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { parse } from 'yaml';
import { parseOptions } from '../../lib/commands/options.ts';
import { loadDeployment } from '../../lib/deployment.ts';
import { ROLES } from '../../lib/profile/roles.ts';
import { SECRET_NAMES } from '../../lib/profile/schema.ts';
import { secretFiles } from '../../lib/secrets/secret-files.ts';
import { CHECK_GROUPS } from '../../lib/validation/check.ts';
import { ROOT } from '../lab/paths.ts';
import { filledProfiles } from '../profiles.ts';
import { directoryWith } from '../unit/profile/temporary.ts';
import {
  postgresPrograms,
  skipReason,
  temporaryPostgres,
} from '../unit/standins/temporary-postgres.ts';
import { optionsOf } from './help.ts';

const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');
const GUIDE = read('docs/operations.md');

/** The text of a section. */
function section(title: string): string {
  const found = GUIDE.split(/^## /m).find((text) => text.startsWith(`${title}\n`));
  assert.ok(found, title);
  return found;
}

/** What is typed in a text: the lines of its blocks, and its spans. */
function typed(text: string): string[] {
  const blocks = [...text.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, body]) => body!);
  const spans = text.replace(/^```[\s\S]*?^```$/gm, '').matchAll(/`([^`\n]+)`/g);
  return [
    ...blocks.flatMap((body) => body.trim().split('\n')),
    ...[...spans].map(([, span]) => span!),
  ];
}

/** The rows of the table of a section. */
function rows(title: string): string[][] {
  const lines = section(title).split('\n');
  return lines
    .filter((line) => /^\| `/.test(line))
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
}

const names = (cell: string) => [...cell.matchAll(/`([^`]+)`/g)].map(([, name]) => name!);

describe('docs/operations.md', () => {
  test('types only what the scripts accept, with roles and groups that exist', () => {
    const commands = typed(GUIDE)
      .flatMap((line) => line.split(' | '))
      .filter((line) => line.startsWith('scripts/'));
    assert.ok(commands.length >= 12);
    for (const command of commands) {
      const [script, ...words] = command.split(' ');
      const given = parseOptions(optionsOf(script!), words) as { only?: string };
      const known: readonly string[] = script === 'scripts/validate.mjs' ? CHECK_GROUPS : ROLES;
      for (const one of given.only?.split(',') ?? []) assert.ok(known.includes(one), command);
    }
  });

  test('types on hosts only to stacks and services that there are', () => {
    const commands = typed(GUIDE).filter((line) => line.includes('docker compose -'));
    assert.ok(commands.length >= 9);
    for (const command of commands) {
      const [, stack = ''] = /(?:-p pocket-|--project-directory \/opt\/pocket\/)(\S+)/.exec(
        command,
      )!;
      const { services } = parse(read(`compose/${stack}/compose.yaml`));
      const [, service] = /(?:exec -T|rm --stop --force) ([a-z]+)/.exec(command) ?? [];
      assert.ok(service === undefined || service in services, command);
      if (service === undefined) assert.match(command, / (?:stop|down(?: && rm -r \S+)?)'/);
    }
    const start = read('compose/redis-sentinel/start.sh');
    assert.match(start, /sentinel monitor pocket /, 'the name that Sentinels are asked about');
  });

  test('has each secret in the table of what can be rotated, once', () => {
    const told = rows('Rotate a secret').flatMap(([secret = '']) => names(secret));
    assert.deepEqual(told.toSorted(), [...SECRET_NAMES].toSorted());
  });

  test('finds each secret that is generated where the hosts have it', (t) => {
    const filled = filledProfiles();
    t.after(filled.remove);
    const deployment = loadDeployment(filled.path('provider-plus-public-middleman'), {
      root: filled.directory,
    });
    const files = deployment.hosts.flatMap((host) => secretFiles(deployment, host));
    const generated = SECRET_NAMES.filter((name) => !/^(alert|simulation)_/.test(name));
    const told = rows('Lost secrets.yaml').map(([secret = '', where = '']) => {
      const [name] = names(secret);
      const path = names(where).at(-1)!;
      assert.ok(
        files.some((file) => file.path === `/opt/pocket/${path}`),
        path,
      );
      const [stack, variable] = [path.split('/')[0], names(where)[0]];
      const placeholder = new RegExp(
        `^${variable}=\\{\\{${name!.replace(/^middleman_/, '').replace('postgres_', '')}\\}\\}$`,
        'm',
      );
      if (path.endsWith('.env'))
        assert.match(read(`env-templates/${stack}.env`), placeholder, name);
      return name!;
    });
    assert.deepEqual(told.toSorted(), generated.toSorted());
  });

  test('shows settings for hosts without internet that a profile may have', (t) => {
    const filled = filledProfiles();
    t.after(filled.remove);
    const [, settings = ''] = /```yaml\n([\s\S]*?)```/.exec(section('Hosts without internet'))!;
    const path = join(filled.directory, 'offline.yaml');
    writeFileSync(path, `extends: production-single-host.yaml\n${settings}`);
    const { imageSource, bundlePath, profile } = loadDeployment(path);
    assert.equal(imageSource, 'bundle');
    assert.match(bundlePath ?? '', /\/bundle$/);
    assert.match(profile.pocketd.archive ?? '', /\/pocket_linux_amd64\.tar\.gz$/);
  });
});

test('what docs/operations.md saves of a database, it brings back, and nothing that came since', {
  skip: skipReason,
  timeout: 120_000,
}, async (t) => {
  const postgres = await temporaryPostgres();
  t.after(postgres.remove);
  const directory = directoryWith(t, {});
  const run = (line: string) => {
    // A host and its containers are this machine: what is typed there runs here, but for Compose itself.
    const here = `
      ssh() { shift 3; eval "$*"; }
      docker() {
        while [[ $# -gt 0 && $1 != exec ]]; do shift; done
        shift 3 2>/dev/null || return 0
        "$@"
      }
      ${line}`;
    const { status, stderr } = spawnSync('bash', ['-euo', 'pipefail', '-c', here], {
      cwd: directory,
      encoding: 'utf8',
      env: {
        ...{ PATH: `${postgresPrograms()}:${process.env.PATH}`, PGHOST: '127.0.0.1' },
        ...{ PGPORT: String(postgres.port), PGPASSWORD: postgres.password },
      },
    });
    assert.equal(status, 0, `${line}\n${stderr}`);
  };
  await postgres.query('postgres', 'CREATE DATABASE provider');
  await postgres.query(
    'provider',
    'CREATE TABLE keys (address text)',
    `INSERT INTO keys VALUES ('pokt1a'), ('pokt1b')`,
  );
  const backup = typed(section('Back up')).filter((one) => one.includes('provider.dump'));
  assert.equal(backup.length, 1);
  for (const line of backup) run(line);
  assert.equal(statSync(join(directory, 'provider.dump')).mode & 0o777, 0o600);
  await postgres.query('provider', `DELETE FROM keys`, 'CREATE TABLE newer (id int)');
  const restore = typed(section('Restore')).filter((one) => one.startsWith('ssh '));
  assert.equal(restore.length, 4);
  for (const line of restore) run(line);
  const tables = `SELECT tablename FROM pg_tables WHERE schemaname = 'public'`;
  assert.deepEqual(await postgres.query('provider', tables), [{ tablename: 'keys' }]);
  const kept = await postgres.query('provider', 'SELECT address FROM keys ORDER BY address');
  assert.deepEqual(kept, [{ address: 'pokt1a' }, { address: 'pokt1b' }]);
});
