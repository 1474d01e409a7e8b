import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { inspect, promisify } from 'node:util';
import { bech32Decode } from '../../lib/bech32.ts';
import { loadDeployment } from '../../lib/deployment.ts';
import { ROOT } from '../../lib/own-files.ts';
import { SECRET_NAMES } from '../../lib/profile/schema.ts';
import {
  generatePrivateKey,
  isPrivateKey,
  parseSupplierKeys,
  publicKey,
  supplierAddress,
} from '../../lib/secrets/keys.ts';
import { formsOf, maskWith, Secret } from '../../lib/secrets/secret.ts';
import { fromCommand } from '../../lib/secrets/secret-references.ts';
import { SECRET_KINDS } from '../../lib/secrets/secret-store.ts';
import { loadSecrets } from '../../lib/secrets/secrets.ts';
import { directoryWith, OWNER, RELAY_HOST } from './profile/temporary.ts';

const ONE = '0000000000000000000000000000000000000000000000000000000000000001';
const ORDER = 'fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141';
const CANARY = 'canary-5f3a91';

/** The secrets that are made where the profile does not say where they are. */
const GENERATED = SECRET_NAMES.filter((name) => SECRET_KINDS[name].create);

const EVERYTHING = `${RELAY_HOST}postgres_hosts: [web1]
temporal_hosts: [web1]
provider_hosts: [web1]
provider: {owner_identity: ${OWNER}, owner_email: me@nodes.net}
middleman_hosts: [web1]
middleman: {owner_identity: ${OWNER}, owner_email: me@nodes.net}
monitoring_hosts: [web1]
reverse_proxy_hosts: [web1]
reverse_proxy: {tls: internal}
relay_public_domain: relay.nodes.net
provider_public_api_domain: api.nodes.net
middleman_domain: stake.nodes.net
`;

function deploymentIn(t: TestContext, profile: string, keys = `keys: ["${ONE}"]\n`) {
  const directory = directoryWith(t, { 'p.yaml': profile, 'keys.yaml': keys });
  return loadDeployment(join(directory, 'p.yaml'), { root: directory });
}

function messageOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    return `${(error as Error).message}\n${inspect(error)}`;
  }
  return 'nothing was thrown';
}

describe('the store', () => {
  test('is created once, for its owner alone, with values of the right form', (t) => {
    const deployment = deploymentIn(t, EVERYTHING);
    const first = loadSecrets(deployment, { create: true });
    const path = join(deployment.directory, 'secrets.yaml');
    assert.equal(statSync(path).mode & 0o777, 0o600);
    assert.equal(statSync(deployment.directory).mode & 0o777, 0o700);
    assert.deepEqual(readdirSync(deployment.directory), ['secrets.yaml']);
    const value = (name: (typeof SECRET_NAMES)[number]) => first.get(name).reveal();
    assert.ok(isPrivateKey(value('app_identity')));
    assert.match(value('encryption_key'), /^[0-9a-f]{64}$/);
    assert.match(value('encryption_iv'), /^[0-9a-f]{32}$/);
    assert.match(value('auth_secret'), /^.{48,}$/);
    assert.match(value('postgres_password'), /^[0-9a-f]{32,}$/);
    assert.match(value('redis_password'), /^[0-9a-f]{32,}$/);

    const before = readFileSync(path, 'utf8');
    const second = loadSecrets(deployment, { create: true });
    assert.equal(readFileSync(path, 'utf8'), before);
    for (const name of GENERATED) assert.equal(second.get(name).reveal(), value(name));
  });

  test('gains what a grown deployment needs and keeps what it has', (t) => {
    const small = deploymentIn(t, RELAY_HOST);
    const password = loadSecrets(small, { create: true }).get('redis_password').reveal();
    assert.throws(() => loadSecrets(small, { create: true }).get('app_identity'), /no role/);
    writeFileSync(small.profilePath!, EVERYTHING);
    const root = join(small.directory, '../..');
    const grown = loadSecrets(loadDeployment(small.profilePath!, { root }), { create: true });
    assert.equal(grown.get('redis_password').reveal(), password);
    assert.ok(isPrivateKey(grown.get('app_identity').reveal()));
  });

  test('is not created by what only reads', (t) => {
    const deployment = deploymentIn(t, RELAY_HOST);
    assert.throws(
      () => loadSecrets(deployment, { create: false }),
      /secrets\.yaml does not exist yet/,
    );
    assert.ok(!existsSync(deployment.directory));
  });

  test('is not created by a run that changes nothing, which has secrets all the same', (t) => {
    const deployment = deploymentIn(t, RELAY_HOST);
    const secrets = loadSecrets(deployment, { create: true, forThisRun: true });
    assert.match(secrets.get('redis_password').reveal(), /^[0-9a-f]{32,}$/);
    assert.ok(!existsSync(deployment.directory));
  });

  test('has what each of two processes has created in it at once', async (t) => {
    const small = deploymentIn(t, RELAY_HOST);
    loadSecrets(small, { create: true });
    writeFileSync(small.profilePath!, EVERYTHING);
    const path = join(small.directory, 'secrets.yaml');
    const create = (name: string) =>
      promisify(execFile)(process.execPath, [
        ...['--input-type=module', '--eval'],
        `import { openStore } from ${JSON.stringify(join(ROOT, 'lib/secrets/secret-store.ts'))};
        console.log(openStore(${JSON.stringify(path)}, ['${name}'], 'stored').get('${name}'));`,
      ]);
    // Of a process that was killed meanwhile.
    writeFileSync(`${path}.lock`, '');
    const names = ['app_identity', 'encryption_key', 'encryption_iv', 'auth_secret'] as const;
    const used = await Promise.all(names.map(create));
    const kept = loadSecrets(
      loadDeployment(small.profilePath!, { root: join(small.directory, '../..') }),
      { create: true },
    );
    for (const [index, name] of names.entries())
      assert.equal(used[index]!.stdout.trim(), kept.get(name).reveal(), name);
    assert.deepEqual(readdirSync(small.directory), ['secrets.yaml']);
  });

  test('is refused when others can read it, with the command that mends it', (t) => {
    const deployment = deploymentIn(t, RELAY_HOST);
    loadSecrets(deployment, { create: true });
    const path = join(deployment.directory, 'secrets.yaml');
    chmodSync(path, 0o640);
    assert.throws(() => loadSecrets(deployment, { create: true }), {
      message: `secrets: ${path} can be read by others (mode 640): chmod 600 ${path}`,
    });
  });

  test('is refused, not regenerated, when it is damaged', (t) => {
    const deployment = deploymentIn(t, EVERYTHING);
    loadSecrets(deployment, { create: true });
    const path = join(deployment.directory, 'secrets.yaml');
    for (const [text, message] of [
      ['', /damaged/],
      [`${CANARY}: [`, /damaged/],
      ['- a\n', /damaged/],
      [`encryption_key: ${CANARY}\n`, /encryption_key is not 64 hexadecimal digits/],
      [`app_identity: "${ORDER}"\n`, /app_identity is not a secp256k1 private key/],
      ['encryption_iv: 12345678901234567890123456789012\n', /encryption_iv is not 32 hex/],
    ] as const) {
      writeFileSync(path, text);
      const said = messageOf(() => loadSecrets(deployment, { create: true }));
      assert.match(said, message);
      assert.doesNotMatch(said, new RegExp(CANARY));
      assert.equal(readFileSync(path, 'utf8'), text);
    }
  });
});

describe('references', () => {
  test('that lead to a secret too short to be masked are refused, without showing it', (t) => {
    t.after(() => delete process.env.PROFILE_TEST_SECRET);
    for (const [secret, lines, problem] of [
      [
        'eleven-long',
        'secrets: {redis_password: env:PROFILE_TEST_SECRET}',
        'secrets.redis_password: is not at least 12 characters',
      ],
      [
        'whisper',
        '          headers: {Authorization: env:PROFILE_TEST_SECRET}',
        'jsonrpc.headers.Authorization: is shorter than 8 characters',
      ],
    ] as const) {
      process.env.PROFILE_TEST_SECRET = secret;
      const deployment = deploymentIn(t, `${RELAY_HOST}${lines}\n`);
      const said = messageOf(() => loadSecrets(deployment, { create: true }));
      assert.ok(said.includes(problem), said);
      assert.ok(!said.includes(secret), said);
    }
  });

  test('are read from the environment, a file or a command, a newline at the end trimmed', (t) => {
    process.env.PROFILE_TEST_SECRET = `${CANARY} p@ss`;
    t.after(() => delete process.env.PROFILE_TEST_SECRET);
    for (const reference of [
      'env:PROFILE_TEST_SECRET',
      'file:./password',
      `"cmd:printf '%s\\\\n' '${CANARY} p@ss'"`,
    ]) {
      const deployment = deploymentIn(t, `${RELAY_HOST}secrets: {redis_password: ${reference}}\n`);
      writeFileSync(join(deployment.profilePath!, '../password'), `${CANARY} p@ss\n`);
      const secrets = loadSecrets(deployment, { create: false });
      assert.equal(secrets.get('redis_password').reveal(), `${CANARY} p@ss`, reference);
    }
  });

  test('to the same key for both of simulated relays are refused', (t) => {
    process.env.PROFILE_TEST_SECRET = ONE;
    t.after(() => delete process.env.PROFILE_TEST_SECRET);
    const both = ['simulation_application_key', 'simulation_gateway_key'];
    const deployment = deploymentIn(
      t,
      `${RELAY_HOST}secrets:\n${both.map((name) => `  ${name}: env:PROFILE_TEST_SECRET\n`).join('')}`,
    );
    const said = messageOf(() => loadSecrets(deployment, { create: true }));
    assert.match(said, /simulation_gateway_key: is the key of simulation_application_key/);
  });

  test('that fail are all listed, without what was read or printed', (t) => {
    const deployment = deploymentIn(
      t,
      `${EVERYTHING}secrets:
  redis_password: env:PROFILE_TEST_UNSET
  postgres_password: file:./gone
  auth_secret: "cmd:echo ${CANARY}; echo ${CANARY} >&2; exit 3"
  encryption_key: "cmd:echo ${CANARY}"
  encryption_iv: "cmd:printf '${CANARY}\\\\nx'"
`,
    );
    const said = messageOf(() => loadSecrets(deployment, { create: true }));
    for (const part of [
      'secrets.redis_password: the environment variable PROFILE_TEST_UNSET is not set',
      /secrets\.postgres_password: \S+\/gone cannot be read \(ENOENT\)/,
      'secrets.auth_secret: its command failed with exit code 3',
      'secrets.encryption_key: is not 64 hexadecimal digits',
      'secrets.encryption_iv: is not 32 hexadecimal digits',
    ]) {
      assert.match(said, part instanceof RegExp ? part : new RegExp(part.replaceAll('.', '\\.')));
    }
    assert.doesNotMatch(said, new RegExp(CANARY));
    assert.ok(!existsSync(deployment.directory), 'a run that fails leaves nothing behind');
  });

  test('to commands show nothing of what these say on standard error', async () => {
    const source = JSON.stringify(join(ROOT, 'lib/secrets/secret-references.ts'));
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [
      ...['--input-type=module', '--eval'],
      `import { resolveReference } from ${source};
      console.log(resolveReference('cmd:echo ${CANARY} >&2; echo value'));`,
    ]);
    assert.equal(stdout, 'value\n');
    assert.doesNotMatch(stderr, new RegExp(CANARY));
  });

  test('to commands that hang are given up, whatever these do against it', () => {
    const began = performance.now();
    const said = messageOf(() => fromCommand("trap '' TERM; exec sleep 20", 300));
    assert.match(said, /^its command did not finish within 0\.3 seconds\n/);
    assert.ok(performance.now() - began < 15_000);
  });

  test('in headers and authentication resolve, and are masked', (t) => {
    process.env.PROFILE_TEST_TOKEN = CANARY;
    t.after(() => delete process.env.PROFILE_TEST_TOKEN);
    const deployment = deploymentIn(
      t,
      `${RELAY_HOST}          headers: {X-Plain: yes-please, Authorization: "Bearer plain-token"}
          authentication: {bearer_token: "env:PROFILE_TEST_TOKEN"}
`,
    );
    const secrets = loadSecrets(deployment, { create: true });
    assert.equal(secrets.resolve('env:PROFILE_TEST_TOKEN'), CANARY);
    assert.equal(secrets.resolve('yes-please'), 'yes-please');
    assert.equal(secrets.mask(`${CANARY} Bearer plain-token yes-please`), '*** *** yes-please');
  });

  test('in a header and in that of the health check of the same name resolve both', (t) => {
    const given = { PROFILE_TEST_TOKEN: 'token-of-relays', PROFILE_TEST_HEALTH: 'token-of-health' };
    Object.assign(process.env, given);
    t.after(() => {
      for (const name of Object.keys(given)) delete process.env[name];
    });
    const deployment = deploymentIn(
      t,
      `${RELAY_HOST}          headers: {Authorization: "env:PROFILE_TEST_TOKEN"}
          health_check: {endpoint: /health, headers: {Authorization: "env:PROFILE_TEST_HEALTH"}}
`,
    );
    const secrets = loadSecrets(deployment, { create: true });
    for (const [name, value] of Object.entries(given)) {
      assert.equal(secrets.resolve(`env:${name}`), value);
      assert.equal(secrets.mask(value), '***');
    }
  });
});

describe('supplier keys that do not exist yet', () => {
  const gone = (t: TestContext) => {
    const deployment = deploymentIn(t, EVERYTHING);
    rmSync(join(deployment.profilePath!, '../keys.yaml'));
    return deployment;
  };
  const empty = (t: TestContext) => deploymentIn(t, EVERYTHING, '# nothing yet\n');

  test('are missed by the roles that use them, before anything is generated', (t) => {
    for (const [deployment, why] of [
      [gone(t), 'does not exist yet'],
      [empty(t), 'has no keys yet'],
    ] as const) {
      for (const roles of [['relayminer'], ['redis', 'monitoring'], undefined] as const) {
        const said = messageOf(() =>
          loadSecrets(deployment, { create: true, ...(roles && { roles }) }),
        );
        assert.match(
          said,
          new RegExp(
            `^relayminer\\.keys_file: \\S+/keys\\.yaml ${why}; [a-z ]+ needs? the keys\\. `,
          ),
          `${roles}`,
        );
        assert.ok(!existsSync(deployment.directory));
      }
      const said = messageOf(() =>
        loadSecrets(deployment, { create: true, roles: ['redis', 'monitoring'] }),
      );
      assert.ok(said.includes(`${why}; monitoring needs the keys. `), said);
    }
  });

  test('are nothing to deploy for where the Provider is of another deployment', (t) => {
    const deployment = deploymentIn(t, RELAY_HOST, 'keys:\n');
    const said = messageOf(() => loadSecrets(deployment, { create: true }));
    assert.match(
      said,
      /^relayminer\.keys_file: \S+ has no keys yet; relayminer needs the keys\. The Provider makes them: README\.md, “Where supplier keys come from”\n/,
    );
    assert.doesNotMatch(said, /deploy\.mjs/);
  });

  test('are missed by no other role, and by nobody who only asks', (t) => {
    for (const deployment of [gone(t), empty(t)]) {
      for (const roles of [['provider', 'postgres'], []] as const) {
        const secrets = loadSecrets(deployment, { create: roles.length > 0, roles });
        assert.deepEqual(secrets.supplierKeys, []);
        assert.match(secrets.get('encryption_key').reveal(), /^[0-9a-f]{64}$/);
      }
    }
  });

  test('a file that is there is read whatever is deployed, and refused when it is malformed', (t) => {
    const deployment = deploymentIn(t, EVERYTHING);
    const { supplierKeys } = loadSecrets(deployment, { create: true, roles: ['provider'] });
    assert.equal(supplierKeys.length, 1);
    const malformed = deploymentIn(t, EVERYTHING, 'keys: [x]\n');
    assert.throws(
      () => loadSecrets(malformed, { create: true, roles: ['provider'] }),
      /keys\[0\] is not a private key/,
    );
  });
});

describe('supplier keys', () => {
  test('give addresses and public keys', () => {
    // The key 1 is the generator point itself, whose hash160 every wallet of this curve agrees on.
    assert.equal(
      publicKey(ONE),
      '0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798',
    );
    assert.equal(
      Buffer.from(bech32Decode('pokt', supplierAddress(ONE))!).toString('hex'),
      '751e76e8199196d454941c45d1b3a323f1433bd6',
    );
  });

  test('a malformed or doubled entry is named by its position, never by its value', () => {
    const text = `keys: ["${ONE}", "${CANARY}", "0x${ONE}", "${ORDER}", 12]\n`;
    const said = messageOf(() => parseSupplierKeys(text, 'keys.yaml'));
    assert.match(said, /keys\[1\] is not a private key/);
    assert.match(said, /keys\[2\] is the same key as keys\[0\]/);
    assert.match(said, /keys\[3\] is not a private key/);
    assert.match(said, /keys\[4\] is not a private key/);
    assert.doesNotMatch(said, new RegExp(`${CANARY}|${ORDER}|${ONE}`));
  });

  test('an unquoted key of digits only is read as it is written', () => {
    const digits = '1234567890'.repeat(7).slice(0, 64);
    const [key] = parseSupplierKeys(`keys:\n  - ${digits}\n`, 'keys.yaml');
    assert.equal(key?.privateKey.reveal(), digits);
  });

  test('a file in which there is none yet has none; one with something else is refused', () => {
    for (const text of ['', '# later\n', 'keys:\n', 'keys: []\n'])
      assert.deepEqual(parseSupplierKeys(text, 'keys.yaml'), [], text);
    for (const text of ['[]\n', 'keys: x\n', 'keys: {}\n', 'key: []\n', `${CANARY}: [`]) {
      const said = messageOf(() => parseSupplierKeys(text, 'keys.yaml'));
      assert.match(said, /^keys\.yaml(?:: expected a list named keys| is not valid YAML)/, text);
      assert.doesNotMatch(said, new RegExp(CANARY));
    }
  });

  test('what the portal exports is told by what it is, and by what makes the file of it', () => {
    for (const exported of [[{ hex: ONE }], [{ address: 'pokt1x', hex: ONE }], { keys: { ONE } }]) {
      const said = messageOf(() => parseSupplierKeys(JSON.stringify(exported), 'keys.json'));
      assert.equal(
        said.split('\n')[0],
        'keys.json: expected a list named keys; this is JSON, as the portal exports it: README.md, “Where supplier keys come from”, has the command that makes the keys file of it',
      );
    }
  });

  test('are 64 hexadecimal digits in range', () => {
    assert.ok(!isPrivateKey('0'.repeat(64)));
    assert.ok(!isPrivateKey(ORDER));
    assert.ok(!isPrivateKey(`0x${ONE}`));
    assert.ok(isPrivateKey(ORDER.replace(/1$/, '0')));
    for (let n = 0; n < 50; n += 1) assert.ok(isPrivateKey(generatePrivateKey()));
  });
});

describe('masking', () => {
  test('a secret prints as ***, however it is printed', () => {
    const secret = new Secret(CANARY);
    const printed = [
      String(secret),
      `${secret}`,
      JSON.stringify({ secret }),
      inspect({ deep: { secret } }, { showHidden: true, depth: 9 }),
      JSON.stringify(Object.assign({}, secret)),
      inspect([secret]),
    ];
    for (const text of printed) assert.doesNotMatch(text, new RegExp(CANARY));
    assert.equal(String(secret), '***');
    assert.equal(secret.reveal(), CANARY);
  });

  test('covers encoded forms, the longest first, and leaves short words alone', () => {
    const value = 'p@ss/w"rd>>>??';
    const base64 = 'cEBzcy93InJkPj4+Pz8=';
    assert.equal(Buffer.from(value).toString('base64'), base64);
    const text = [
      value,
      encodeURIComponent(value),
      base64,
      base64.replace('=', ''),
      base64.replace('+', '-').replace('=', ''),
      JSON.stringify({ a: value }),
    ];
    assert.deepEqual(maskWith(formsOf(value), text.join('\n')).split('\n'), [
      ...Array(5).fill('***'),
      '{"a":"***"}',
    ]);
    assert.equal(maskWith(['secret-long', 'secret'], 'secret-long secret'), '*** ***');
    assert.equal(maskWith(['beta'], 'beta'), 'beta');
  });

  test('everything that was loaded is masked, and printing the secrets shows none', (t) => {
    const secrets = loadSecrets(deploymentIn(t, EVERYTHING), { create: true });
    const values = [...GENERATED.map((name) => secrets.get(name).reveal()), ONE];
    for (const value of values) {
      assert.equal(secrets.mask(`redis://:${encodeURIComponent(value)}@h`), 'redis://:***@h');
      assert.ok(!inspect(secrets, { depth: 9, showHidden: true }).includes(value));
      assert.ok(!JSON.stringify(secrets).includes(value));
    }
  });
});
