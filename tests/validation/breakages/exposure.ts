import type { Act, Breakage } from '../breakage.ts';

/** Has somebody listen at a port of the host, or of what `prefix` runs it in; the unit's name is for its end. */
const listens = (unit: string, address: string, port: number, prefix = ''): Act => ({
  shell: `
    cat >/run/${unit}.pl <<'PERL'
use IO::Socket::IP;
my $socket = IO::Socket::IP->new(Listen => 5, LocalAddr => $ARGV[0], LocalPort => $ARGV[1], ReuseAddr => 1) or die $@;
sleep 3600;
PERL
    systemd-run --quiet --unit ${unit} ${prefix} perl /run/${unit}.pl "${address}" ${port}
    sleep 1
    systemctl is-active ${unit}`,
});
const ends = (unit: string): Act => ({
  shell: `
    systemctl stop ${unit} 2>/dev/null || :
    systemctl reset-failed ${unit} 2>/dev/null || :
    rm -f /run/${unit}.pl`,
});
const ADDRESS = `$(ip -4 route get 192.0.2.1 | sed -nE 's/.* src ([0-9.]+).*/\\1/p')`;
const RELAYER = `$(docker inspect --format '{{.State.Pid}}' pocket-relayminer-relayer-1)`;

export const BREAKAGES: readonly Breakage[] = [
  {
    check: 'exposure.docker-api',
    breaks: [listens('break-docker-api', '0.0.0.0', 2375)],
    evidence: /it listens at 0\.0\.0\.0:2375/,
    fix: /remove tcp:\/\/ from hosts/,
    mends: [ends('break-docker-api')],
    alsoFails: ['exposure.outside'],
  },
  {
    check: 'exposure.docker-socket',
    breaks: [{ shell: 'chmod 666 /var/run/docker.sock' }],
    evidence: /the socket is open to all: 666 /,
    fix: /chmod o= \/var\/run\/docker\.sock/,
    mends: [{ shell: 'chmod o= /var/run/docker.sock' }],
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
    check: 'exposure.pprof',
    breaks: [listens('break-pprof', '0.0.0.0', 6060, `nsenter --net --target ${RELAYER}`)],
    evidence: /pocket-relayminer-relayer-1 listens at 6060 for others/,
    fix: /pprof\.enabled: false.*scripts\/relayminer\.mjs/,
    mends: [ends('break-pprof')],
  },
  {
    check: 'exposure.redis',
    breaks: [listens('break-redis', ADDRESS, 6379)],
    evidence: /it listens at \d+\.\d+\.\d+\.\d+; wanted: 127\.0\.0\.1/,
    fix: /scripts\/redis\.mjs/,
    mends: [ends('break-redis')],
    alsoFails: ['exposure.outside'],
  },
  {
    check: 'exposure.firewall',
    breaks: [{ shell: 'nft delete table inet pocket_automations' }],
    evidence: /the rules in force are not those that were kept/,
    fix: /scripts\/firewall\.mjs/,
    mends: [{ script: ['firewall'] }],
    alsoFails: ['exposure.outside'],
    only: ['exposure'],
  },
];
