import assert from 'node:assert/strict';
import { test } from 'node:test';
import { portVerdict, preflightChecks } from '../../../lib/checks/preflight.ts';
import { labContext } from './deployment.ts';

test('a port that a container of ours listens at in the host’s own network is ours', () => {
  const listener = `LISTEN 0 4096 127.0.0.1:9100 0.0.0.0:* users:(("node_exporter",pid=962,fd=3))`;
  const verdict = (more: string) =>
    portVerdict(`${listener}\n${more}`, 9100, 'pocket-exporters-').verdict;
  assert.equal(verdict('process 962 /pocket-exporters-node-exporter-1'), 'pass');
  assert.equal(verdict('process 962 /somebody-elses-exporter'), 'fail');
  assert.equal(verdict('process 96 /pocket-exporters-node-exporter-1'), 'fail');
  assert.equal(verdict(''), 'fail');
});

test('of what is told about all ports, only what is about this one counts', () => {
  const output = `LISTEN 0 4096 127.0.0.1:6379 0.0.0.0:* users:(("docker-proxy",pid=14,fd=4))
LISTEN 0 511 0.0.0.0:443 0.0.0.0:* users:(("nginx",pid=77,fd=6))
LISTEN 0 511 [::]:80 [::]:*
container pocket-redis-redis-1 127.0.0.1:6379->6379/tcp
container cache 0.0.0.0:8080-8082->8080-8082/tcp, 5432/tcp, 0.0.0.0:9090->9090/udp
container quiet
`;
  const told = (port: number) => {
    const { verdict, evidence } = portVerdict(output, port, 'pocket-redis-');
    return `${verdict}: ${evidence}`;
  };
  assert.equal(told(6379), 'pass: free, or ours');
  assert.equal(told(443), 'fail: port 443 is taken by nginx (process 77)');
  assert.equal(told(80), 'fail: port 80 is taken by another program');
  for (const port of [8080, 8081, 8082])
    assert.equal(told(port), `fail: port ${port} is taken by the container cache`);
  for (const port of [3, 43, 79, 8079, 8083, 5432, 9090]) assert.match(told(port), /^pass/);
  assert.match(
    portVerdict(output, 6379, 'pocket-other-').evidence,
    /by the container pocket-redis/,
  );
});

test('all ports of a host are asked about at once', () => {
  const checks = preflightChecks(labContext(), ['redis', 'postgres', 'relayminer']);
  const ports = checks.filter(({ id }) => /^host\.port-\d+$/.test(id));
  assert.ok(ports.length > 4);
  assert.equal(new Set(ports.map(({ probe }) => probe.text)).size, 1);
});
