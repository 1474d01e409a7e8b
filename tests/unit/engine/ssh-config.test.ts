import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { UserError } from '../../../lib/exit-codes.ts';
import type { Host } from '../../../lib/hosts.ts';
import { writeSshConfig } from '../../../lib/run/ssh-config.ts';
import { temporary } from './run.ts';

const skip = spawnSync('ssh', ['-V']).status === 0 ? false : 'there is no ssh here';

/** What ssh makes of a configuration for a host: its own words, by directive. */
function asked(config: string, name: string): Record<string, string> {
  const { stdout, stderr, status } = spawnSync('ssh', ['-G', '-F', config, name], {
    encoding: 'utf8',
  });
  assert.equal(status, 0, stderr);
  const found: Record<string, string> = {};
  for (const line of stdout.trim().split('\n')) {
    const [key = '', ...rest] = line.split(' ');
    found[key] = found[key] === undefined ? rest.join(' ') : `${found[key]} ${rest.join(' ')}`;
  }
  return found;
}

const host = (name: string, address: string, more: Partial<Host> = {}): Host => ({
  name,
  address,
  local: false,
  roles: [],
  ...more,
});

/** Writes the operator's configuration and ours; what ssh makes of ours, by host. */
function written(t: TestContext, operator: string, hosts: Host[], directory = temporary(t)) {
  const operatorConfig = join(temporary(t), 'config');
  writeFileSync(operatorConfig, operator);
  const path = writeSshConfig({ directory, hosts, name: 'test' }, { operatorConfig });
  return { path, operatorConfig, of: (name: string) => asked(path, name) };
}

/** Puts an ssh before the other in PATH that counts how often it is started, for as long as the test runs. */
function countedSsh(t: TestContext): () => number {
  const directory = temporary(t);
  const calls = join(directory, 'calls');
  const path = process.env.PATH;
  writeFileSync(calls, '');
  writeFileSync(
    join(directory, 'ssh'),
    `#!/bin/sh\necho >>'${calls}'\nPATH='${path}' exec ssh "$@"\n`,
    { mode: 0o755 },
  );
  process.env.PATH = `${directory}:${path}`;
  t.after(() => {
    process.env.PATH = path;
  });
  return () => readFileSync(calls, 'utf8').length;
}

test('a host is what the profile says, whatever ssh would do by itself', { skip }, (t) => {
  const { path, of } = written(t, 'Host *\n  User someone\n  Port 2200\n', [
    host('lab', '203.0.113.7', { user: 'operator', port: 22022, identityFile: '/keys/a b/id' }),
    host('six', '2001:db8::7'),
    host('odd', '203.0.113.8', { identityFile: "/keys/o'brien" }),
    host('Upper', 'RELAY.Example.Org'),
  ]);
  const lab = of('lab');
  assert.deepEqual(
    [lab.hostname, lab.user, lab.port, lab.identityfile, lab.identitiesonly],
    ['203.0.113.7', 'operator', '22022', '/keys/a b/id', 'yes'],
  );
  assert.equal(of('odd').identityfile, "/keys/o'brien");
  assert.equal(lab.batchmode, 'yes');
  assert.match(lab.stricthostkeychecking!, /accept-new/);
  assert.deepEqual(
    [of('six').hostname, of('six').user, of('six').port],
    ['2001:db8::7', 'someone', '2200'],
  );
  assert.match(of('Upper').hostname!, /^relay\.example\.org$/i);
  assert.equal(statSync(path).mode & 0o777, 0o600);
});

test('what the operator’s own ssh does for the address is done for the host', { skip }, (t) => {
  const included = join(temporary(t), 'more');
  writeFileSync(included, 'Host included\n  HostName 192.0.2.9\n  User from-include\n');
  const operator = `
Include ${included}
Host lab
  ProxyJump wrong-bastion
  HostName wrong
  User wrong
Host prod-1
  hostname 192.0.2.1
  USER deploy
  Port=2201
  ProxyJump jump@bastion.example.org:2222,second
Host prod-2
  HostName 192.0.2.2
  ProxyCommand ssh -W "%h:%p" -o "User=a b" bastion
Host *.corp
  HostName %h.example.org
Host quoted
  IdentityFile "~/keys/with space"
  IdentityFile ~/keys/second
  HostKeyAlias alias-of-it
Match host matched
  User from-match
Host * !prod-1
  ServerAliveInterval 5
`;
  const addresses = ['prod-1', 'prod-2', 'web.corp', 'quoted', 'matched', 'included', 'nothing'];
  const names = ['lab', 'a', 'b', 'c', 'd', 'e', 'f'];
  const { operatorConfig, of } = written(
    t,
    operator,
    addresses.map((address, index) => host(names[index]!, address)),
  );
  const keys = [
    ...['hostname', 'user', 'port', 'proxyjump', 'proxycommand'],
    ...['identityfile', 'hostkeyalias'],
  ];
  for (const [index, address] of addresses.entries()) {
    const [ours, theirs] = [of(names[index]!), asked(operatorConfig, address)];
    for (const key of keys) assert.equal(ours[key], theirs[key], `${address}: ${key}`);
  }
});

describe('hosts that the operator’s ssh treats alike', { skip }, () => {
  const addresses = ['203.0.113.1', '203.0.113.2', 'one.example.org', 'Two.example.org', 'alias'];
  const ask = (t: TestContext, operator: string) => {
    const calls = countedSsh(t);
    const { path, operatorConfig, of } = written(
      t,
      operator,
      addresses.map((address, index) => host(`host-${index}`, address)),
    );
    const count = calls();
    for (const [index, address] of addresses.entries()) {
      const [ours, theirs] = [of(`host-${index}`), asked(operatorConfig, address)];
      for (const key of ['hostname', 'user', 'port', 'proxyjump', 'identityfile', 'hostkeyalias'])
        assert.equal(ours[key]?.toLowerCase(), theirs[key]?.toLowerCase(), `${address}: ${key}`);
    }
    assert.match(readFileSync(path, 'utf8'), /^Host host-4$/m);
    return count;
  };

  test('are asked for at once', (t) => {
    assert.equal(ask(t, 'Host github.com\n  User git\nHost *\n  User me\n  Port 2200\n'), 1);
    const operator = `
Host *.example.org !two.* !Two.*
  User example
  ProxyJump bastion
Host alias 203.0.113.2
  HostName 203.0.113.2
  IdentityFile ~/.ssh/other
Host *
  User me
`;
    assert.equal(ask(t, operator), 3);
  });

  for (const [what, line] of Object.entries({
    'a token': 'Host *.example.org\n  HostName %h.internal',
    'a single-character pattern': 'Host 203.0.113.?\n  User numbers',
    'a match': 'Match host alias\n  User matched',
    'an inclusion': '  include /nowhere/*',
    'another name for hosts': 'CanonicalizeHostname no',
  }))
    test(`are each asked for where there is ${what}`, (t) => {
      assert.equal(ask(t, `${line}\n`), addresses.length);
    });

  test('are told of by ssh where their configuration is wrong', (t) => {
    for (const [operator, words] of [
      ['Host *\n  Nonsense yes\n', /Bad configuration option: nonsense/],
      ['Host "open\n  User me\n', /config line 1: invalid quotes/],
      ['Host *\n  ProxyCommand nc "host port\n', /config line 2: invalid quotes/],
    ] as const)
      assert.throws(
        () => ask(t, operator),
        (error) => error instanceof UserError && words.test(error.message),
      );
  });

  test('are what ssh makes of them where it alone can read their configuration', (t) => {
    const directory = temporary(t);
    const options = { operatorConfig: directory };
    const hosts = [host('lab', '203.0.113.7')];
    const path = writeSshConfig({ directory, hosts, name: 'test' }, options);
    assert.equal(asked(path, 'lab').hostname, '203.0.113.7');
  });
});

test('a host that has the name of another one of the operator’s hosts is not mixed up with it', {
  skip,
}, (t) => {
  const operator = 'Host lab\n  HostName wrong\n  User wrong\n  ProxyJump wrong\n  Port 2\n';
  const lab = written(t, operator, [host('lab', '203.0.113.7')]).of('lab');
  assert.equal(lab.hostname, '203.0.113.7');
  assert.equal(lab.proxyjump, undefined);
});

test('the operator’s defaults apply where the profile is silent', { skip }, (t) => {
  const operator = 'Host *\n  Compression yes\n  ConnectTimeout 3\n  IdentityAgent /run/agent\n';
  const lab = written(t, operator, [host('lab', '203.0.113.7')]).of('lab');
  assert.equal(lab.compression, 'yes');
  assert.equal(lab.identityagent, '/run/agent');
});

test('known hosts are the deployment’s own, also below a directory with a space, and the operator’s', {
  skip,
}, (t) => {
  const directory = join(temporary(t), 'with space');
  mkdirSync(directory);
  const { of } = written(t, '', [host('lab', '203.0.113.7')], directory);
  const files = [join(directory, 'known_hosts'), join(homedir(), '.ssh/known_hosts')];
  assert.equal(of('lab').userknownhostsfile, files.join(' '));
});

test('this machine needs no entry', { skip }, (t) => {
  const { of } = written(t, '', [host('here', 'localhost', { local: true })]);
  assert.equal(of('here').hostname, 'here');
});

test('without any configuration of the operator’s there is still one', { skip }, (t) => {
  const directory = temporary(t);
  const path = writeSshConfig(
    { directory, hosts: [host('lab', '203.0.113.7')], name: 'test' },
    { operatorConfig: join(directory, 'missing') },
  );
  assert.equal(asked(path, 'lab').hostname, '203.0.113.7');
});
