import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { parse } from 'yaml';
import { renderEnvTemplate } from '../../lib/env-template.ts';
import { STACK_SERVICES, type StackService } from '../../lib/stack-services.ts';
import { directoryWith } from './profile/temporary.ts';

interface Service {
  cap_drop?: string[];
  environment?: Record<string, string>;
  healthcheck?: { test: unknown };
  image: string;
  labels?: Record<string, string>;
  logging?: { driver: string; options: Record<string, string> };
  ports?: string[];
  profiles?: string[];
  read_only?: boolean;
  restart?: string;
  security_opt?: string[];
  stop_grace_period?: string;
  volumes?: string[];
}

const root = join(import.meta.dirname, '..', '..');
const file = (stack: string) => join(root, 'compose', stack, 'compose.yaml');
const template = (stack: string) => join(root, 'env-templates', `${stack}.env`);
const stacks = readdirSync(join(root, 'compose'));
const services = stacks.flatMap((stack) =>
  Object.entries(parse(readFileSync(file(stack), 'utf8'), { merge: true }).services).map(
    ([name, service]) => ({ stack, name, service: service as Service }),
  ),
);
const staying = services.filter(({ service }) => service.restart !== 'no');

/** The words that start Docker Compose 2: the plugin, or the program by itself. */
const compose = [['docker', 'compose'], ['docker-compose']].find(([command = '', ...words]) =>
  /^v?2/.test(
    spawnSync(command, [...words, 'version', '--short'], { encoding: 'utf8' }).stdout ?? '',
  ),
);

/** What Docker Compose reads as an amount, by the last word of the placeholder. */
const EXAMPLES: Record<string, string> = { memory: '2gb', cpus: '2' };

describe('docker compose accepts the file by itself', () => {
  const skip = compose ? false : 'Docker Compose 2 is not on this machine';
  for (const stack of stacks) {
    test(stack, { skip }, (t) => {
      const names = readFileSync(template(stack), 'utf8').matchAll(/\{\{([^{}]*)\}\}/g);
      const values = Object.fromEntries(
        [...names].map(([, name = '']) => [name, EXAMPLES[name.split('_').at(-1)!] ?? 'example']),
      );
      const env = renderEnvTemplate(template(stack), values);
      const path = join(directoryWith(t, { env }), 'env');
      const [command = '', ...words] = compose ?? [];
      const { PATH, HOME, DOCKER_CONFIG } = process.env;
      const run = spawnSync(
        command,
        [...words, '-f', file(stack), '--env-file', path, 'config', '-q'],
        {
          encoding: 'utf8',
          env: { PATH, HOME, ...(DOCKER_CONFIG && { DOCKER_CONFIG }) },
        },
      );
      assert.equal(`${run.stdout}${run.stderr}`, '');
      assert.equal(run.status, 0);
    });
  }
});

test('validation asks for every service that a deploy leaves behind: its stack, its image, whether it stays', () => {
  const asked = Object.entries<StackService>(STACK_SERVICES).map(
    ([name, { stack, image, oneShot }]) =>
      `${stack}/${name} \${${image.toUpperCase()}_IMAGE:?} ${oneShot ? 'no' : 'unless-stopped'}`,
  );
  const left = services
    .filter(({ service }) => service.profiles === undefined)
    .map(({ stack, name, service }) => `${stack}/${name} ${service.image} ${service.restart}`);
  assert.deepEqual(asked.toSorted(), left.toSorted());
});

describe('env templates', () => {
  for (const stack of stacks) {
    const text = readFileSync(template(stack), 'utf8');
    const written = [...text.matchAll(/^([A-Z][A-Z0-9_]*)=/gm)].map(([, name]) => name);
    const read = [...readFileSync(file(stack), 'utf8').matchAll(/\$\{([A-Z0-9_]+)/g)].map(
      ([, name]) => name,
    );

    test(`${stack}.env has the variables that its compose file reads, and no other`, () => {
      assert.deepEqual(written.toSorted(), [...new Set(read)].toSorted());
    });
    test(`${stack}.env explains every variable`, () => {
      const paragraphs = text.split(/\n{2,}/).filter((paragraph) => /^[A-Z]/m.test(paragraph));
      for (const paragraph of paragraphs) assert.match(paragraph, /^# [^\n]/, paragraph);
    });
  }
});

describe('peer defect D15 cannot happen here: a restart of the host brings everything back', () => {
  for (const { stack, name, service } of services) {
    test(`${stack}/${name}`, () => {
      const once = ['provider-migration', 'middleman-migration', 'namespace'].includes(name);
      assert.equal(service.restart, once ? 'no' : 'unless-stopped');
    });
  }
});

describe('peer defect D47 cannot happen here: every container is watched, and bounded in what it can do to its host', () => {
  // The workers have no port and nothing else that could be asked; they stay, or they are restarted.
  const silent = ['provider-workflows', 'middleman-workflows'];
  for (const { stack, name, service } of staying) {
    test(`${stack}/${name} has a health check`, () => {
      assert.equal(service.healthcheck === undefined, silent.includes(name));
    });
  }
  // All others are without any capability, and cannot write but to volumes.
  const capable = ['postgres', 'redis', 'sentinel', 'caddy'];
  const writing = [
    ...['provider-migration', 'provider-web', 'provider-workflows'],
    ...['middleman-migration', 'middleman-web', 'middleman-workflows'],
    ...['grafana', 'temporal', 'namespace', 'redis', 'sentinel', 'caddy'],
  ];
  for (const { stack, name, service } of services) {
    test(`${stack}/${name} has capabilities, and a root file system to write to, only if it is listed`, () => {
      assert.deepEqual(service.cap_drop, capable.includes(name) ? undefined : ['ALL']);
      assert.equal(service.read_only, writing.includes(name) ? undefined : true);
    });
    test(`${stack}/${name} cannot fill the disk with logs, gains no privileges, and mounts nothing twice`, () => {
      assert.equal(service.logging?.driver, 'json-file');
      assert.match(service.logging.options['max-size'] ?? '', /^[12]0m$/);
      assert.equal(service.logging.options['max-file'], '5');
      assert.ok(service.security_opt?.includes('no-new-privileges:true'));
      const sources = (service.volumes ?? []).map((volume) => volume.split(':')[0]);
      assert.equal(new Set(sources).size, sources.length);
    });
  }
});

describe('nothing is pinned to a tag in a compose file, or published beyond loopback', () => {
  for (const { stack, name, service } of services) {
    test(`${stack}/${name}`, () => {
      assert.match(service.image, /^\$\{[A-Z_]+_IMAGE:\?\}$/);
      if (stack === 'reverse-proxy') return;
      for (const port of service.ports ?? []) assert.match(port, /^127\.0\.0\.1:(\d+):\1$/);
    });
  }
});

test('relays under way, which take up to 30 s, are answered before what they pass through ends', () => {
  for (const stack of ['reverse-proxy', 'relayminer']) {
    for (const { name, service } of services.filter((one) => one.stack === stack)) {
      assert.match(service.stop_grace_period ?? '', /^\d+s$/, name);
      assert.ok(Number.parseInt(service.stop_grace_period ?? '', 10) >= 30, name);
    }
  }
});

for (const application of ['provider', 'middleman']) {
  describe(`the ${application}`, () => {
    const container = (name: string) => {
      const found = services.find((one) => one.name === `${application}-${name}`);
      if (!found) throw new Error(`no service ${application}-${name}`);
      return found.service;
    };

    test('web and worker wait for the migration', () => {
      const migrated = {
        [`${application}-migration`]: { condition: 'service_completed_successfully' },
      };
      for (const name of ['web', 'workflows']) {
        assert.deepEqual((container(name) as { depends_on?: unknown }).depends_on, migrated);
      }
    });
    test('the worker has time to finish', () => {
      assert.ok(Number.parseInt(container('workflows').stop_grace_period ?? '', 10) >= 60);
    });
    test('each container is given only what it reads', () => {
      const names = (name: string) => Object.keys(container(name).environment ?? {});
      assert.deepEqual(names('migration'), ['DATABASE_URL']);
      for (const secret of ['AUTH_SECRET', 'OWNER_IDENTITY']) {
        assert.ok(names('web').includes(secret));
        assert.ok(!names('workflows').includes(secret));
      }
      assert.ok(names('workflows').includes('POKT_RPC_URL'));
      for (const name of ['web', 'workflows']) assert.ok(names(name).includes('APP_IDENTITY'));
    });
  });
}

test('the Middleman gets nothing that only a Provider uses', () => {
  const text = readFileSync(file('middleman'), 'utf8');
  assert.doesNotMatch(text, /^ *(?:ENCRYPTION_KEY|ENCRYPTION_IV|DELEGATORS_CDN_URL)/m);
});
