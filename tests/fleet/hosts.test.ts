import assert from 'node:assert/strict';
import { test } from 'node:test';
import { $ } from 'zx';
import { dockerLines } from './docker.ts';
import { type Host, removeAll, startHost, testHosts } from './hosts.ts';

const TINY_SERVER = `tar -C / -ch usr/bin/perl $(ldd /usr/bin/perl | grep -oE '/[^ ]+' | cut -c2-) usr/lib/x86_64-linux-gnu/perl-base |
  docker import -c 'CMD ["perl","-MIO::Socket::INET","-e","$e=chr(13).chr(10);$s=IO::Socket::INET->new(LocalPort=>80,Listen=>5,ReuseAddr=>1) or die; while($c=$s->accept){<$c>; print $c q(HTTP/1.0 200 OK).$e.$e.q(hello); close $c}"]' - tiny:1
  docker run -d --stop-timeout 1 --restart unless-stopped -p 8080:80 tiny:1`;

function ssh(host: Host, command: string) {
  const options = ['-o', 'BatchMode=yes', '-o', 'StrictHostKeyChecking=no'];
  const files = ['-o', 'UserKnownHostsFile=/dev/null', '-o', 'LogLevel=ERROR', '-F', 'none'];
  const login = ['-i', host.identityFile, '-p', `${host.port}`, `${host.user}@${host.address}`];
  return $({ quiet: true, nothrow: true })`ssh ${options} ${files} ${login} ${command}`;
}

function fetchHello(host: Host): Promise<string> {
  return fetch(`http://${host.address}:8080/`, { signal: AbortSignal.timeout(2000) }).then(
    (response) => response.text(),
  );
}

test('a docker host runs containers, serves their ports, freezes whole, and comes back after a restart', async (t) => {
  const { alpha } = await testHosts(t, { alpha: { memory: '1g' } });
  assert.equal((await ssh(alpha, 'id -un; hostname')).stdout, 'root\nalpha\n');

  await alpha.exec(TINY_SERVER);
  await alpha.exec('until curl -sf localhost:8080; do sleep 0.2; done', { timeoutSeconds: 20 });
  assert.equal(await fetchHello(alpha), 'hello');

  await alpha.pause();
  await assert.rejects(fetchHello(alpha), { name: 'TimeoutError' });
  await alpha.unpause();

  const key = (await alpha.exec('cat /etc/ssh/ssh_host_ed25519_key.pub')).stdout;
  await alpha.restart();
  assert.equal((await ssh(alpha, 'cat /etc/ssh/ssh_host_ed25519_key.pub')).stdout, key);
  await alpha.exec('until curl -sf localhost:8080; do sleep 0.2; done', { timeoutSeconds: 20 });
  assert.equal(await fetchHello(alpha), 'hello');
});

test('a bare host has no Docker, and its users have the rights their names say', async (t) => {
  const hosts = await testHosts(t, {
    first: { variant: 'bare', user: 'operator' },
    second: { variant: 'bare', user: 'nosudo' },
  });
  await assert.rejects(hosts.first.exec('command -v docker'), { exitCode: 1 });
  await assert.rejects(hosts.first.exec('command -v python3'), { exitCode: 1 });
  assert.equal((await ssh(hosts.first, 'sudo -n id -un')).stdout, 'root\n');
  assert.equal((await ssh(hosts.second, 'id -un')).stdout, 'nosudo\n');
  assert.notEqual((await ssh(hosts.second, 'sudo -n id -un')).exitCode, 0);
  assert.notEqual(hosts.first.address, hosts.second.address);
  const seen = await hosts.second.exec('getent hosts first');
  assert.equal(seen.stdout.split(/\s+/)[0], hosts.first.address);
  await hosts.first.exec('curl --http2 --version');
});

test('a script on a host is stopped at its timeout', async (t) => {
  const { slow } = await testHosts(t, { slow: { variant: 'bare' } });
  await assert.rejects(slow.exec('sleep 30', { timeoutSeconds: 1 }), { exitCode: 124 });
});

test('removing a run leaves no container, network or volume', async (t) => {
  const run = `fleet-${process.pid}-removal`;
  t.after(() => removeAll(run));
  const host = await startHost({ name: 'gone', run });
  const volumes = await dockerLines(
    ...['inspect', '--format', '{{range .Mounts}}{{.Name}}{{end}}', host.container],
  );
  assert.equal(volumes.length, 1);
  await removeAll(run);
  const label = `label=pocket-automations.run=${run}`;
  assert.deepEqual(await dockerLines('ps', '--all', '--quiet', '--filter', label), []);
  assert.deepEqual(await dockerLines('network', 'ls', '--quiet', '--filter', label), []);
  const left = await dockerLines('volume', 'ls', '--quiet', '--filter', `name=${volumes[0]}`);
  assert.deepEqual(left, []);
});
