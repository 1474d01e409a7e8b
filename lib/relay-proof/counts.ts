import type { Deployment } from '../deployment.ts';
import { PRIMARY_NAME } from '../endpoints.ts';
import type { Host } from '../hosts.ts';
import { PORTS } from '../ports.ts';
import { type RedisLogin, redisProbe } from '../probes/redis.ts';
import { parseRedisUrl } from '../redis-url.ts';
import { type Shell, sh } from '../shell.ts';

const METRICS = `url = "http://127.0.0.1:${PORTS['relayer-metrics'].port}/metrics"\nmax-time = 8\nfail\n`;

/** So many entries of a stream are read at once, since Redis serves relays meanwhile. */
const AT_ONCE = 1000;

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
 * A relay that was published stands in the stream with its session until a miner has consumed it, and then the session
 * is in the names of keys, so that a simulated one is found among any number of others. Source of the keys and counters: pocket-relay-miner, transport/redis/keys.go and relayer/metrics.go, v0.1.x; of
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
    # How many entries were ever added to the stream, and the id of the newest.
    entries() {
      local text
      text=$(
        ${redisProbe(login, `XINFO STREAM ha:relays:${supplier}`)}
      ) || return
      awk '
        /^:/ && last ~ /^entries-added/ { added = substr($0, 2) + 0 }
        /^[0-9]+-[0-9]+/ && before ~ /^last-generated-id/ { newest = $0; sub(/\r$/, "", newest) }
        { before = last; last = $0 }
        END { print added + 0, newest == "" ? "0-0" : newest }' <<<"$text"
    }
    # How many of those that were added since the first count, and wait or are worked on, are of simulated relays.
    simulated_entries() {
      local added since found all=0 read=${AT_ONCE}
      read -r added since <"$scratch.entries-before"
      while ((read == ${AT_ONCE})); do
        read -r read found since < <(
          {
            ${redisProbe(login, sh`"XRANGE ha:relays:${supplier} ($since + COUNT ${AT_ONCE}"`)}
          } | awk -v newest="$since" '
            NR == 2 && !/^\*/ { print "Redis: " $0 >"/dev/stderr"; failed = 1; exit }
            /^[0-9]+-[0-9]+\r$/ { read++; newest = substr($0, 1, length($0) - 1); new = 1 }
            new && /simv1:/ { found++; new = 0 }
            END { if (NR > 1 && !failed) print read + 0, found + 0, newest }'
        ) || return
        all=$((all + found))
      done
      printf '%s\n' "$all"
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
      scan | sort -u >"$scratch.keys-$1" && entries >"$scratch.entries-$1" && counters >"$scratch.counters-$1" || return
      [[ $1 == before ]] || simulated_entries >"$scratch.simulated"
    }
    tell() {
      comm -13 "$scratch.keys-before" "$scratch.keys-after" | awk '
        /^ha:relays:/ { streams++ }
        /^ha:smst:/ { trees++ }
        /^ha:miner:sessions:/ { sessions++ }
        /^ha:sim:replay:/ { marks++ }
        END { print "new", streams + 0, trees + 0, sessions + 0, marks + 0 }'
      awk '/simv1/ { found++ } END { print "named", found + 0 }' "$scratch.keys-after"
      printf 'entries %s %s %s\n' "$(cut -d ' ' -f 1 "$scratch.entries-before")" \
        "$(cut -d ' ' -f 1 "$scratch.entries-after")" "$(<"$scratch.simulated")"
      printf 'counters %s %s\n' "$(<"$scratch.counters-before")" "$(<"$scratch.counters-after")"
    }
  `;
}
