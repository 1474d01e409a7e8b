import type { Deployment } from '../deployment.ts';
import { PRIMARY_NAME } from '../endpoints.ts';
import type { Host } from '../hosts.ts';
import { PORTS } from '../ports.ts';
import { type RedisLogin, redisProbe } from '../probes/redis.ts';
import { parseRedisUrl } from '../redis-url.ts';
import { type Shell, sh } from '../shell.ts';

const METRICS = `url = "http://127.0.0.1:${PORTS['relayer-metrics'].port}/metrics"\nmax-time = 8\nfail\n`;

/** How the relayer's host logs in to the Redis that the relayer uses. */
export function loginFrom(deployment: Deployment, host: Host, password: boolean): RedisLogin {
  const { redis, redis_url: url } = deployment.profile;
  if (url !== undefined) {
    const { tls, servers, primaryName } = parseRedisUrl(url);
    return {
      server: servers[0]!,
      ...(primaryName !== undefined && { sentinels: { servers, primaryName } }),
      tls,
      ...(redis.user !== undefined && { user: redis.user }),
      password,
    };
  }
  const at = (one: Host, port: number) => ({
    host: one.name === host.name ? '127.0.0.1' : (one.privateAddress ?? one.address),
    port,
  });
  const servers = deployment.publishers('sentinel').map((one) => at(one, PORTS.sentinel.port));
  return {
    server: at(deployment.group('redis_hosts')[0]!, PORTS.redis.port),
    ...(redis.mode === 'sentinel' && { sentinels: { servers, primaryName: PRIMARY_NAME } }),
    tls: false,
    password,
  };
}

/**
 * Shell functions: `count WHEN` writes down what a published relay would change, and `tell` prints what has changed
 * between `before` and `after`. Keys are found with SCAN, a piece at a time, since Redis serves relays meanwhile.
 * Source of the keys and counters: pocket-relay-miner, transport/redis/keys.go and relayer/metrics.go, v0.1.x; of
 * entries-added: Redis, XINFO STREAM, 7.0.
 */
export function counting(login: RedisLogin, supplier: string): Shell {
  return sh`
    scan() {
      local cursor=0 text lines
      while :; do
        text=$(
          ${redisProbe(login, sh`"SCAN $cursor COUNT 5000"`)}
        ) || return
        mapfile -t lines <<<"\${text//$'\r'}"
        [[ \${lines[1]-} == '*2' ]] || { printf 'Redis: %s\n' "\${lines[1]-no answer}" >&2 && return 1; }
        cursor=\${lines[3]}
        printf '%s\n' "\${lines[@]:5}" |
          awk 'NR % 2 == 0 && /^ha:(relays|smst|miner:sessions|sim:replay):|simv1/'
        [[ $cursor != 0 ]] || return 0
      done
    }
    entries() {
      local text
      text=$(
        ${redisProbe(login, `XINFO STREAM ha:relays:${supplier}`)}
      ) || return
      awk '/^:/ && last ~ /^entries-added/ { added = substr($0, 2) + 0 } { last = $0 } END { print added + 0 }' <<<"$text"
    }
    counters() {
      http ${METRICS} | awk '
        /^ha_relayer_relays_published_total[{ ]/ { published += $NF }
        /^ha_relayer_relays_skipped_difficulty_total[{ ]/ { skipped += $NF }
        /^ha_relayer_relays_received_total[{ ]/ { received += $NF }
        /^ha_relayer_simulated_relays_total[{].*result="(success|meter_degraded)"/ { simulated += $NF }
        END { print published + 0, skipped + 0, received + 0, simulated + 0 }'
    }
    count() {
      scan | sort -u >"$scratch.keys-$1" && entries >"$scratch.entries-$1" && counters >"$scratch.counters-$1"
    }
    tell() {
      comm -13 "$scratch.keys-before" "$scratch.keys-after" | awk '
        /^ha:relays:/ { streams++ }
        /^ha:smst:/ { trees++ }
        /^ha:miner:sessions:/ { sessions++ }
        /^ha:sim:replay:/ { marks++ }
        END { print "new", streams + 0, trees + 0, sessions + 0, marks + 0 }'
      awk '/simv1/ { found++ } END { print "named", found + 0 }' "$scratch.keys-after"
      printf 'entries %s %s\n' "$(<"$scratch.entries-before")" "$(<"$scratch.entries-after")"
      printf 'counters %s %s\n' "$(<"$scratch.counters-before")" "$(<"$scratch.counters-after")"
    }
  `;
}
