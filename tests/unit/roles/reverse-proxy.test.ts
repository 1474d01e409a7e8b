import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { renderEnvTemplate } from '../../../lib/env-template.ts';
import { accept, onlyThese, reload, WANTED } from '../../../lib/proxy/configuration.ts';
import { allIntoService, putIntoService, takeOutOfService } from '../../../lib/proxy/upstreams.ts';
import type { Shell } from '../../../lib/shell.ts';
import { reverseProxy } from '../../../scripts/reverse-proxy.mjs';
import { directoryWith } from '../profile/temporary.ts';
import { deployment } from './deployed.ts';

const HOSTS = `
  edge: {address: 203.0.113.7, private_address: 10.0.0.1}
  inside: {address: 203.0.113.8, private_address: 10.0.0.2}
reverse_proxy_hosts: [edge]
provider_hosts: [inside]
postgres_hosts: [inside]
temporal_hosts: [inside]`;
const API = 'provider_public_api_domain: api.nodes.net';
const INTERNAL = 'reverse_proxy: {tls: internal}';

const run = (t: TestContext, settings: string, hosts = HOSTS) =>
  deployment(t, hosts, settings).run(reverseProxy, 'edge');
const written = (steps: { title: string }[]) =>
  steps.flatMap(({ title }) => title.split(`Write ${WANTED}/`)[1] ?? []);

describe('which sites a proxy has follows from the names in the profile', () => {
  test('only those with a name, and what is theirs', (t) => {
    const { steps, text } = run(t, `${API}\n${INTERNAL}`);
    assert.deepEqual(written(steps).toSorted(), [
      ...['Caddyfile', 'configured-caddy', 'sites/provider-api.caddy', 'values.env'],
    ]);
    const values = text(`${WANTED}/values.env`);
    assert.match(values, /^PROVIDER=10\.0\.0\.2:3001$/m);
    assert.match(values, /^PROVIDER_PUBLIC_API_TLS=internal$/m);
    assert.match(values, /^PROVIDER_DOMAIN=$/m);
  });

  test('the portal comes with those whom it lets in, and is where the browser finds it', (t) => {
    const admin = 'provider_admin: {allow_from: [203.0.113.0/24, "2001:db8::1"]}';
    const { loaded, run: deploy } = deployment(
      t,
      HOSTS,
      `provider_domain: Portal.nodes.net\nreverse_proxy: {tls: internal, ${admin}}`,
    );
    const { steps, text } = deploy(reverseProxy, 'edge');
    assert.ok(written(steps).includes('sites/provider-portal.caddy'));
    assert.ok(written(steps).includes('gateway.env'));
    const values = text(`${WANTED}/values.env`);
    assert.match(values, /^PORTAL_FROM=listed$/m);
    assert.match(values, /^PORTAL_ALLOW_FROM='203\.0\.113\.0\/24 2001:db8::1'$/m);
    assert.match(values, /^PORTAL_PASSWORD=without-password$/m);
    assert.equal(loaded.profile.provider?.auth_url, undefined);
  });
});

test('a relay may be as large as the largest body of a service, and its envelope', (t) => {
  t.after(() => delete process.env.TEST_SUPPLIER_KEYS);
  process.env.TEST_SUPPLIER_KEYS = `keys: ["${'11'.repeat(32)}"]`;
  const groups = ['redis_hosts', 'relay_relayers', 'relay_miners'];
  const hosts = `${HOSTS}${groups.map((group) => `\n${group}: [inside]`).join('')}`;
  const limit = (...bodies: (number | undefined)[]) => {
    const services = bodies.map(
      (body, index) =>
        `s${index}: {${body ? `max_body_size_bytes: ${body}, ` : ''}backends: {jsonrpc: {url: "http://192.0.2.9"}}}`,
    );
    const relayminer = `relayminer: {keys_file: "env:TEST_SUPPLIER_KEYS", services: {${services.join(', ')}}}`;
    const settings = `relay_public_domain: relay.nodes.net\n${INTERNAL}\n${relayminer}`;
    const values = run(t, settings, hosts).text(`${WANTED}/values.env`);
    return /^RELAY_BODY_LIMIT=(.*)$/m.exec(values)?.[1];
  };
  assert.equal(limit(undefined), '32MiB');
  assert.equal(limit(1, 26 * 2 ** 20), '32MiB');
  assert.equal(limit(1, 26 * 2 ** 20 + 1, undefined), '33MiB');
  assert.equal(limit(2 ** 31 - 1), '2054MiB');
});

test('another authority is asked where the profile names one, trusted by the certificate of its own', (t) => {
  const { certificate } = authority(t);
  const values = (settings: string) =>
    run(t, `${API}\nreverse_proxy: {acme_email: a@b.net${settings}}`);
  assert.match(
    values('').text(`${WANTED}/values.env`),
    /^ACME_AUTHORITY=public\nACME_DIRECTORY=$/m,
  );
  const directory = ', acme_directory: "https://ca.nodes.net/acme/directory"';
  const listed = values(directory);
  assert.match(
    listed.text(`${WANTED}/values.env`),
    /^ACME_AUTHORITY=listed\nACME_DIRECTORY=https:\/\/ca\.nodes\.net\/acme\/directory$/m,
  );
  assert.ok(!written(listed.steps).includes('authority.pem'));
  const own = values(`${directory}, acme_trusted_authority: "${certificate}"`);
  assert.match(own.text(`${WANTED}/values.env`), /^ACME_AUTHORITY=private$/m);
  assert.equal(own.text(`${WANTED}/authority.pem`), readFileSync(certificate, 'utf8'));
  assert.throws(
    () => values(`${directory}, acme_trusted_authority: /nowhere.pem`),
    /reverse_proxy\.acme_trusted_authority: \/nowhere\.pem holds no certificate/,
  );
});

/** A private authority of its own. */
function authority(t: TestContext): { certificate: string } {
  const directory = directoryWith(t, {});
  const certificate = join(directory, 'crt');
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  const files = ['-keyout', join(directory, 'key'), '-out', certificate];
  const words = ['req', '-x509', ...key, '-days', '2', '-subj', '/CN=Authority', ...files];
  execFileSync('openssl', words, { stdio: 'pipe' });
  return { certificate };
}

test('the password of the portal is hashed by the image from its input, and stands nowhere in the script', (t) => {
  t.after(() => delete process.env.TEST_PORTAL_PASSWORD);
  process.env.TEST_PORTAL_PASSWORD = 'correct horse battery';
  const admin = 'provider_admin: {user: me, password: "env:TEST_PORTAL_PASSWORD"}';
  const settings = `provider_domain: portal.nodes.net\nreverse_proxy: {tls: internal, ${admin}}`;
  const { script, step, text } = run(t, settings);
  assert.ok(!script.includes('correct horse battery'));
  assert.match(step('Write the hash').apply.text, /\$content \| docker run .* caddy hash-password/);
  assert.match(text(`${WANTED}/values.env`), /^PORTAL_PASSWORD=with-password\nPORTAL_USER=me$/m);
  const mark = (password: string) => {
    process.env.TEST_PORTAL_PASSWORD = password;
    return run(t, settings).step('Write the hash').check.text;
  };
  assert.equal(mark('correct horse battery'), mark('correct horse battery'));
  assert.notEqual(mark('correct horse battery'), mark('correct horse batterz'));
});

test('a token of a DNS provider is asked for only where it is used, and refused where Caddy would misread it', (t) => {
  t.after(() => delete process.env.TEST_DNS_TOKEN);
  const settings = (tls: string) =>
    `${API}\nreverse_proxy: {tls: ${tls}, acme_email: a@b.net, dns_provider: cloudflare, dns_token: "env:TEST_DNS_TOKEN"}\nimages: {caddy: "me.net/caddy:2.10"}`;
  assert.throws(
    () => run(t, settings('acme')),
    /reverse_proxy\.dns_token: .*TEST_DNS_TOKEN is not set/,
  );
  assert.doesNotThrow(() => run(t, settings('internal')));
  process.env.TEST_DNS_TOKEN = 'token {$HOME} of-eight';
  assert.throws(() => run(t, settings('acme')), /reverse_proxy\.dns_token: is not a token/);
  process.env.TEST_DNS_TOKEN = 'token-of-the-test';
  const { text, script, step } = run(t, settings('acme'));
  assert.match(text(`${WANTED}/values.env`), /^PROVIDER_PUBLIC_API_TLS=acme-dns$/m);
  assert.ok(!script.includes('token-of-the-test'));
  assert.match(
    step('Put the configuration').apply.text,
    /list-modules.*\n.*dns\.providers\.cloudflare/,
  );
});

test('every value arrives at Caddy byte for byte, whatever the environment has', (t) => {
  const values = [
    'plain',
    '',
    "it's",
    'a b  c',
    '$HOME `id` $(id) \\n \\ "',
    '"double" quotes',
    '#no comment',
    'a=b=c',
    '*',
    '~',
    "'",
    'ends in a \\ ',
  ];
  const template = values.map((_, index) => `VALUE_${index}={{${index}}}`).join('\n');
  const directory = directoryWith(t, {
    template: `# a comment with VALUE_1=nonsense\n\n${template}\n`,
  });
  const given = Object.fromEntries(values.map((value, index) => [index, value]));
  writeFileSync(
    join(directory, 'values.env'),
    renderEnvTemplate(join(directory, 'template'), given),
  );
  writeFileSync(join(directory, 'other.env'), 'OTHER=there\n');
  const real = join(import.meta.dirname, '../../../compose/reverse-proxy/caddy/configured-caddy');
  writeFileSync(join(directory, 'configured-caddy'), readFileSync(real));
  writeFileSync(join(directory, 'caddy'), '#!/bin/sh\nenv -0; printf "%s\\0" "$@"\n');
  chmodSync(join(directory, 'caddy'), 0o755);
  const env = { PATH: `${directory}:${process.env.PATH}`, VALUE_0: 'from the environment' };
  const script = join(directory, 'configured-caddy');
  const output = execFileSync('sh', [script, 'reload', '--force'], { env, encoding: 'utf8' });
  const got = output.split('\0');
  for (const [index, value] of values.entries()) {
    assert.ok(got.includes(`VALUE_${index}=${value}`), `${index}: ${value}`);
  }
  assert.ok(got.includes('OTHER=there') && got.includes(`HERE=${directory}`));
  const words = [
    'reload',
    '--force',
    '--config',
    `${directory}/Caddyfile`,
    '--adapter',
    'caddyfile',
  ];
  assert.deepEqual(got.slice(-7, -1), words);
});

describe('a configuration is put in use as a whole', () => {
  /** A host's directory of the proxy, and what docker does there. */
  const host = (t: TestContext) => {
    const root = directoryWith(t, { 'caddy/wanted/Caddyfile': 'first\n', 'bin/docker': '' });
    const at = join(root, 'caddy');
    const bash = (shell: Shell, docker: string) => {
      writeFileSync(join(root, 'bin/docker'), `#!/bin/sh\n${docker}\n`);
      chmodSync(join(root, 'bin/docker'), 0o755);
      const text = shell.text.replaceAll('/opt/pocket/reverse-proxy/caddy', at);
      return spawnSync('bash', ['--norc', '-euc', `set -o pipefail; work=${root}\n${text}`], {
        encoding: 'utf8',
        env: { PATH: `${root}/bin:${process.env.PATH}` },
      });
    };
    return { at, bash, inUse: () => readFileSync(join(at, 'in-use/Caddyfile'), 'utf8') };
  };
  const taken = accept({ image: 'caddy', after: [] });
  const reloaded = reload({ after: [] });

  test('when Caddy accepts it: one link is moved, and the next time there is nothing to do', (t) => {
    const { at, bash, inUse } = host(t);
    assert.notEqual(bash(taken.check, 'exit 0').status, 0);
    assert.equal(bash(taken.apply, 'exit 0').stderr, '');
    assert.equal(inUse(), 'first\n');
    assert.equal(bash(taken.check, 'exit 0').status, 0);
    assert.notEqual(bash(reloaded.check, 'exit 0').status, 0);
    assert.equal(bash(reloaded.apply, 'exit 0').status, 0);
    assert.equal(bash(reloaded.check, 'exit 0').status, 0);
    mkdirSync(join(at, 'wanted/sites'));
    writeFileSync(join(at, 'wanted/sites/new.caddy'), 'new\n');
    assert.notEqual(bash(taken.check, 'exit 0').status, 0);
    bash(taken.apply, 'exit 0');
    bash(reloaded.apply, 'exit 0');
    assert.ok(existsSync(join(at, 'in-use/sites/new.caddy')));
    const generations = readdirSync(at).filter((name) => name.startsWith('accepted'));
    assert.deepEqual(generations, [readlinkSync(join(at, 'in-use'))]);
  });

  test('peer defect D34 cannot happen here: what Caddy refuses replaces nothing, and is asked for again', (t) => {
    const { at, bash, inUse } = host(t);
    bash(taken.apply, 'exit 0');
    bash(reloaded.apply, 'exit 0');
    writeFileSync(join(at, 'wanted/Caddyfile'), 'bad\n');
    const refused = bash(taken.apply, 'echo "bad on line 1" >&2; exit 1');
    assert.notEqual(refused.status, 0);
    assert.match(refused.stderr, /bad on line 1/);
    assert.equal(inUse(), 'first\n');
    assert.notEqual(bash(taken.check, 'exit 0').status, 0);
  });

  test('what the running Caddy refuses to load is not what it finds when it starts again', (t) => {
    const { at, bash, inUse } = host(t);
    bash(taken.apply, 'exit 0');
    bash(reloaded.apply, 'exit 0');
    writeFileSync(join(at, 'wanted/Caddyfile'), 'second\n');
    bash(taken.apply, 'exit 0');
    assert.equal(inUse(), 'second\n');
    assert.equal(bash(reloaded.apply, 'exit 1').status, 1);
    assert.equal(inUse(), 'first\n');
    assert.notEqual(bash(taken.check, '').status, 0);
  });

  test('a relayer that was left out of service is missed, and put back', (t) => {
    const { at, bash } = host(t);
    const { check, apply } = allIntoService();
    const done = (shell: Shell) => bash(shell, 'exit 1').status === 0;
    assert.ok(
      done(takeOutOfService('[fd00::3]:8080')),
      'where no proxy was deployed, nobody is out',
    );
    mkdirSync(join(at, 'out-of-service'));
    assert.ok(done(check));
    for (const address of ['10.0.0.2:8080', '[fd00::3]:8080']) {
      assert.ok(done(takeOutOfService(address)));
      assert.ok(!done(check), address);
      assert.deepEqual(readdirSync(join(at, 'out-of-service')), [address]);
      assert.ok(done(putIntoService(address)));
      assert.ok(done(check), address);
    }
    assert.ok(done(takeOutOfService('10.0.0.2:8080')));
    assert.ok(done(apply) && done(check));
  });

  test('an image without the plugin that the profile needs is refused by name', (t) => {
    const { at, bash } = host(t);
    const plugin = { module: 'dns.providers.x', purpose: 'reverse_proxy.dns_provider' };
    const { apply } = accept({ image: 'caddy:1', plugin, after: [] });
    const refused = bash(apply, 'echo dns.providers.xy');
    assert.equal(refused.status, 1);
    assert.match(refused.stdout, /caddy:1 lacks the Caddy module dns\.providers\.x.*images\.caddy/);
    assert.ok(!existsSync(join(at, 'in-use')));
    assert.equal(bash(apply, 'echo dns.providers.x').status, 0);
  });

  test('sites that the profile no longer asks for are removed', (t) => {
    const { at, bash } = host(t);
    mkdirSync(join(at, 'wanted/sites'));
    const all = ['relays.caddy', 'grafana.caddy', 'other name.caddy'];
    for (const name of all) writeFileSync(join(at, 'wanted/sites', name), '');
    const { check, apply } = onlyThese(['Caddyfile', 'sites/relays.caddy']);
    assert.notEqual(bash(check, '').status, 0);
    assert.equal(bash(apply, '').status, 0);
    assert.deepEqual(readdirSync(join(at, 'wanted/sites')), ['relays.caddy']);
    assert.equal(bash(check, '').status, 0);
    writeFileSync(join(at, 'wanted/password.env'), 'gone');
    bash(onlyThese(['Caddyfile']).apply, '');
    assert.deepEqual(readdirSync(join(at, 'wanted')), ['Caddyfile', 'sites']);
    assert.deepEqual(readdirSync(join(at, 'wanted/sites')), []);
  });
});

describe('certificates of your own', () => {
  const make = (t: TestContext, name: string) => {
    const directory = directoryWith(t, {});
    execFileSync(
      'openssl',
      [
        ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'],
        ...['-days', '2', '-subj', `/CN=${name}`, '-addext', `subjectAltName=DNS:${name}`],
        ...['-keyout', join(directory, 'key'), '-out', join(directory, 'crt')],
      ],
      { stdio: 'pipe' },
    );
    return directory;
  };
  const settings = (certificate: string, key: string) =>
    `${API}\nreverse_proxy: {certificates: {api.nodes.net: {certificate: "${certificate}", key: "${key}"}}}`;

  test('are one file with their key for Caddy alone; nothing is asked of an authority', (t) => {
    const directory = make(t, '*.nodes.net');
    const { text, script, step } = run(t, settings(`${directory}/crt`, `${directory}/key`));
    const pem = text(`${WANTED}/certificates/api.nodes.net.pem`);
    assert.ok(pem.includes(readFileSync(`${directory}/key`, 'utf8').trim()));
    assert.ok(pem.includes(readFileSync(`${directory}/crt`, 'utf8').trim()));
    assert.match(step(`Write ${WANTED}/certificates`).apply.text, / 400 root:root /);
    const [, line = ''] = readFileSync(`${directory}/key`, 'utf8').split('\n');
    assert.ok(!script.includes(line));
    assert.match(text(`${WANTED}/values.env`), /^PROVIDER_PUBLIC_API_TLS=certificate$/m);
  });

  test('are refused when they are for another name or key, or are none, before a host is touched', (t) => {
    const good = make(t, 'api.nodes.net');
    const other = make(t, 'other.nodes.net');
    const cases: [certificate: string, key: string, said: RegExp][] = [
      [`${other}/crt`, `${other}/key`, /is for DNS:other\.nodes\.net, not for api\.nodes\.net/],
      [`${good}/crt`, `${other}/key`, /does not belong to key/],
      [`${good}/key`, `${good}/key`, /is not a certificate in PEM/],
      [`${good}/none`, `${good}/key`, /cannot be read \(ENOENT\)/],
      [`${good}/crt`, `${good}/crt`, /key: is not a private key in PEM/],
      [`${good}/crt`, `${good}/none`, /key: .*cannot be read/],
    ];
    for (const [certificate, key, said] of cases)
      assert.throws(() => run(t, settings(certificate, key)), said, `${said}`);
  });

  test('are refused once they have expired, before a host is touched', (t) => {
    const directory = make(t, 'api.nodes.net');
    const load = () => run(t, settings(`${directory}/crt`, `${directory}/key`));
    load();
    t.mock.timers.enable({ apis: ['Date'], now: Date.now() + 3 * 24 * 60 * 60 * 1000 });
    assert.throws(load, /api\.nodes\.net\.certificate: .* has expired: /);
  });
});
