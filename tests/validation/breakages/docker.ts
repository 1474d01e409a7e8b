import { overridden, shell, stopped } from '../acts.ts';
import type { Act, Breakage } from '../breakage.ts';

const docker = (words: string): Act => shell(`docker ${words}`);

export const BREAKAGES: readonly Breakage[] = [
  {
    check: 'docker.enabled',
    // With its socket, which starts it once somebody asks for it.
    breaks: [shell('systemctl enable docker.socket; systemctl disable docker.service')],
    evidence: /^disabled; wanted: enabled$/,
    fix: /systemctl enable docker\.service$/,
    only: ['docker'],
  },
  {
    check: 'docker.engine',
    breaks: [{ shell: 'mv /usr/bin/docker /usr/bin/docker.away' }],
    evidence: /docker/,
    fix: /scripts\/install-docker\.mjs/,
    // In the place of the package, which the script would install had it gone.
    mends: [{ shell: 'mv /usr/bin/docker.away /usr/bin/docker' }],
    only: ['docker.engine'],
  },
  {
    check: 'docker.compose',
    breaks: [
      {
        shell:
          'for path in /usr/libexec/docker/cli-plugins/docker-compose /usr/bin/docker-compose; do [ ! -e $path ] || mv $path $path.away; done',
      },
    ],
    evidence: /docker/,
    fix: /scripts\/install-docker\.mjs/,
    mends: [
      {
        shell:
          'for path in /usr/libexec/docker/cli-plugins/docker-compose /usr/bin/docker-compose; do [ ! -e $path.away ] || mv $path.away $path; done',
      },
    ],
    only: ['docker'],
  },
  {
    check: 'docker.log-rotation',
    breaks: [
      docker(
        'run --detach --name stray --label com.docker.compose.project=pocket-redis --label com.docker.compose.service=stray --log-driver json-file --entrypoint sleep debian/redis:8.6 600',
      ),
    ],
    evidence: /^without a limit: stray of pocket-redis; wanted: max-size$/,
    fix: /docker stop stray; ssh .* docker rm stray$/,
    only: ['docker'],
  },
  {
    // As the host looks from which the Middleman was taken in the profile.
    check: 'docker.strays',
    breaks: [
      docker(
        'run --detach --name pocket-middleman-middleman-web-1 --label com.docker.compose.project=pocket-middleman --label com.docker.compose.service=middleman-web --log-opt max-size=1m --entrypoint sleep debian/redis:8.6 600',
      ),
    ],
    evidence: /^pocket-middleman-middleman-web-1$/,
    fix: /docker rm --force pocket-middleman-middleman-web-1; else: its groups in the profile$/,
    only: ['docker'],
  },
  {
    // Somebody has loaded another image under the name that the profile pins.
    check: 'docker.redis',
    breaks: [docker('tag debian/postgres:17 debian/redis:8.6')],
    evidence: /^it was made from [0-9a-f]{12}; debian\/redis:8\.6 is [0-9a-f]{12} now/,
    fix: /scripts\/redis\.mjs .*--limit lab/,
    only: ['docker'],
  },
  stopped('relayer', 'relayminer', 'relayminer'),
  stopped('miner', 'relayminer', 'relayminer'),
  stopped('provider-web', 'provider', 'provider'),
  stopped('provider-workflows', 'provider', 'provider'),
  stopped('caddy', 'reverse-proxy', 'reverse-proxy'),
  stopped('temporal', 'temporal', 'temporal'),
  stopped('postgres', 'postgres', 'postgres', {
    alsoFails: ['docker.temporal', 'docker.provider-web'],
  }),
  stopped('node-exporter', 'exporters', 'exporters'),
  stopped('redis-exporter', 'exporters', 'exporters'),
  stopped('postgres-exporter', 'exporters', 'exporters'),
  stopped('prometheus', 'monitoring', 'monitoring'),
  stopped('grafana', 'monitoring', 'monitoring'),
  stopped('blackbox', 'monitoring', 'monitoring'),
  {
    check: 'docker.blackbox',
    breaks: [
      overridden('monitoring', 'blackbox', {
        healthcheck: { test: ['CMD', 'false'], interval: '1s', retries: 1, start_period: '0s' },
      }),
    ],
    evidence: /^running, but its health check fails; wanted: healthy$/,
    fix: /^scripts\/monitoring\.mjs .*--limit lab.*logs --tail 50 blackbox$/,
    only: ['docker'],
  },
  {
    check: 'docker.blackbox',
    breaks: [overridden('monitoring', 'blackbox', { entrypoint: ['sh', '-c', 'sleep 2; exit 1'] })],
    evidence: /^(?:restarting, for the \d+\. time|up for \d+ s, after \d+ restarts); wanted: /,
    fix: /^scripts\/monitoring\.mjs .*--limit lab.*logs --tail 50 blackbox$/,
    only: ['docker'],
  },
  {
    check: 'docker.provider-migration',
    breaks: [docker('rm pocket-provider-provider-migration-1')],
    evidence: /has no container provider-migration/,
    fix: /scripts\/provider\.mjs/,
    only: ['docker'],
  },
];
