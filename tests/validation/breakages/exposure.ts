import { PORT_NAMES, PORTS } from '../../../lib/ports.ts';
import { again, ends, listens, OWN_ADDRESS } from '../acts.ts';
import type { Breakage } from '../breakage.ts';

/** The private ports of an all-in-one host. */
const PRIVATE = PORT_NAMES.filter(
  (name) => !PORTS[name].public && name !== 'sentinel' && name !== 'middleman-web',
);
const RELAYER = `$(docker inspect --format '{{.State.Pid}}' pocket-relayminer-relayer-1)`;

export const BREAKAGES: readonly Breakage[] = [
  {
    check: 'exposure.docker-api',
    breaks: [listens('break-docker-api', { address: '0.0.0.0', ports: [2375] })],
    evidence: /it listens at 0\.0\.0\.0:2375/,
    fix: /^remove tcp:\/\/ from hosts .*; ssh .* systemctl daemon-reload; ssh .* systemctl restart docker$/,
    mends: [ends('break-docker-api')],
    alsoFails: ['exposure.outside'],
  },
  {
    check: 'exposure.docker-socket',
    breaks: [{ shell: 'chmod 666 /var/run/docker.sock' }],
    evidence: /the socket is open to all: 666 /,
    fix: /chmod o= \/var\/run\/docker\.sock/,
  },
  {
    check: 'exposure.temporal-ui',
    breaks: [
      {
        shell: `
          docker tag standin/json-rpc-backend:1 temporalio/ui:2.39.0
          docker run --detach --name temporal-ui --publish 8233:8545 --env EVM_CHAIN_ID=1 temporalio/ui:2.39.0`,
      },
    ],
    evidence: /temporal-ui is published at 0\.0\.0\.0:8233->8545\/tcp/,
    fix: /publish it at 127\.0\.0\.1 alone/,
    mends: [{ shell: 'docker rm --force temporal-ui; docker rmi temporalio/ui:2.39.0 || :' }],
  },
  {
    check: 'exposure.temporal-ui',
    breaks: [
      {
        shell: `
          docker tag standin/json-rpc-backend:1 temporalio/ui:2.39.0
          docker run --detach --name temporal-ui --network host --entrypoint sleep temporalio/ui:2.39.0 600`,
      },
    ],
    evidence: /^temporal-ui is in the network of the host; wanted: at loopback alone$/,
    fix: /publish it at 127\.0\.0\.1 alone/,
    mends: [{ shell: 'docker rm --force temporal-ui; docker rmi temporalio/ui:2.39.0 || :' }],
    only: ['exposure'],
  },
  {
    check: 'exposure.pprof',
    breaks: [
      listens('break-pprof', {
        address: '0.0.0.0',
        ports: [6060],
        prefix: `nsenter --net --target ${RELAYER}`,
      }),
    ],
    evidence: /pocket-relayminer-relayer-1 listens at 6060 for others/,
    fix: /pprof\.enabled: false.*scripts\/relayminer\.mjs/,
    mends: [ends('break-pprof')],
  },
  {
    check: PRIVATE.map((name) => `exposure.${name}`),
    breaks: [
      listens('break-ports', {
        address: OWN_ADDRESS,
        ports: PRIVATE.map((name) => PORTS[name].port),
      }),
    ],
    evidence: /it listens at \d+\.\d+\.\d+\.\d+; wanted: 127\.0\.0\.1/,
    fix: /scripts\/[a-z-]+\.mjs .*--limit lab; .*, who listens there: ssh .* ss -Hltnp sport = :\d+$/,
    mends: [ends('break-ports')],
    only: ['exposure'],
  },
  {
    check: 'exposure.outside',
    breaks: [
      listens('break-redis', { address: OWN_ADDRESS, ports: [PORTS.redis.port] }),
      { shell: 'nft delete table inet pocket_automations' },
    ],
    // Without a firewall, the stand-ins for the chain answer as well.
    evidence: /^lab answers at 1317, 6379, 26657$/,
    fix: /scripts\/firewall\.mjs .*--limit lab/,
    mends: [again('firewall'), ends('break-redis')],
    alsoFails: ['exposure.redis', 'exposure.firewall'],
    only: ['exposure'],
  },
  {
    check: 'exposure.firewall',
    breaks: [{ shell: 'nft delete table inet pocket_automations' }],
    evidence: /the rules in force are not those that were kept/,
    fix: /scripts\/firewall\.mjs/,
    alsoFails: ['exposure.outside'],
    only: ['exposure'],
  },
];
