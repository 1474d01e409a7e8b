import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  dockerApiVerdict,
  dockerSocketVerdict,
  pprofVerdict,
  temporalUiVerdict,
} from '../../../lib/checks/docker-exposure.ts';

const told = ({ verdict, evidence }: { verdict: string; evidence: string }) =>
  `${verdict} ${evidence}`;

test('Docker listens at no TCP port, whichever it is', () => {
  const listens = (local: string, by: string) =>
    `LISTEN 0 4096 ${local} 0.0.0.0:* users:(("${by}",pid=7,fd=3))\n`;
  const judged = (text: string) => told(dockerApiVerdict(text));
  // What publishes a container's port has a name of its own.
  const usual = listens('0.0.0.0:22', 'sshd') + listens('0.0.0.0:443', 'docker-proxy');
  assert.equal(judged(usual), 'pass it listens at none');
  assert.equal(
    judged(usual + listens('*:9999', 'dockerd')),
    'fail it listens at *:9999; wanted: none',
  );
  assert.equal(
    judged(listens('0.0.0.0:2375', 'socat')),
    'fail it listens at 0.0.0.0:2375; wanted: none',
  );
  assert.match(
    judged(listens('127.0.0.1:2375', 'dockerd')),
    /^warn it listens at 127\.0\.0\.1:2375: /,
  );
  assert.match(judged(listens('[::1]:2376', 'dockerd')), /^warn/);
  assert.equal(judged(listens('0.0.0.0:22375', 'other')), 'pass it listens at none');
});

test('Docker’s socket is closed to other users and in no container', () => {
  const judged = (text: string) => told(dockerSocketVerdict(text));
  assert.equal(judged('660 root:docker\n'), 'pass 660 root:docker, in no container');
  assert.equal(
    judged('666 root:docker\n'),
    'fail the socket is open to all: 666 root:docker; wanted: nothing for others',
  );
  const containers =
    '/pocket-redis-redis-1 /opt/pocket/redis/config\n/agent /var/run/docker.sock\n';
  assert.equal(
    judged(`660 root:docker\n${containers}`),
    'warn these containers have the socket: agent; wanted: none',
  );
  assert.match(judged('660 root:docker\n/agent /etc /run\n'), /^warn .*: agent; wanted: none$/);
});

test('Temporal’s UI is published on loopback alone', () => {
  const judged = (...lines: string[]) => told(temporalUiVerdict(lines.join('\n')));
  const server = 'temporalio/auto-setup:1.28|temporal|0.0.0.0:7233->7233/tcp|pocket';
  assert.equal(judged(server), 'pass there is none');
  assert.equal(
    judged(
      server,
      'temporalio/ui:2.39.0|temporal-ui|0.0.0.0:8080->8080/tcp, :::8080->8080/tcp|pocket',
    ),
    'fail temporal-ui is published at 0.0.0.0:8080->8080/tcp, :::8080->8080/tcp; wanted: at loopback alone',
  );
  assert.match(judged('temporalio/ui:2.39.0|temporal-ui|127.0.0.1:8080->8080/tcp|a,b'), /^pass/);
  assert.match(judged('temporalio/ui:2.39.0|temporal-ui|8080/tcp|pocket'), /^pass/);
  assert.match(judged('ghcr.io/me/temporal-ui:1|ui|10.0.0.4:80->8080/tcp|pocket'), /^fail/);
  assert.equal(
    judged(server, 'temporalio/ui:2.39.0|temporal-ui||host'),
    'fail temporal-ui is in the network of the host; wanted: at loopback alone',
  );
});

test('profiles are served on loopback at most', () => {
  const judged = (...lines: string[]) => told(pprofVerdict(lines.join('\n')));
  const relays = '/pocket-relayminer-relayer-1 00000000:1F90';
  assert.equal(judged(relays), 'pass nothing at 6060');
  assert.match(judged(relays, '/pocket-relayminer-relayer-1 0100007F:17AC'), /^pass/);
  assert.match(judged('/r 00000000000000000000000001000000:17AC'), /^pass/);
  assert.equal(
    judged(relays, '/pocket-relayminer-relayer-1 00000000000000000000000000000000:17AC'),
    'fail pocket-relayminer-relayer-1 listens at 6060 for others; wanted: loopback at most',
  );
  assert.match(judged('/r 00000000:17AC'), /^fail/);
  assert.equal(judged(''), 'skip no RelayMiner listens here');
});
