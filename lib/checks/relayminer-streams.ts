import { type RedisLogin, redisProbe } from '../probes/redis.ts';
import { loginFrom } from '../relay-proof/counts.ts';
import { lines, type Shell, sh } from '../shell.ts';
import type { Check, Verdict } from '../validation/check.ts';
import { mend, wayToRedis } from '../validation/fixes.ts';
import { excerpt, fail, lastWords, pass, warn } from '../validation/verdict.ts';
import { asksForAll, type CheckContext, isIn } from './context.ts';

/** A miner takes relays as they come, so that none that was there before need be there after these seconds. */
const SECONDS_BETWEEN = 5;

/**
 * Whether a relay waits that no miner takes, asked of Redis itself: counters tell of a miner that takes none only when
 * there are many. What was taken and is worked on may stay for as long as that takes, and what came for a supplier that is
 * not staked waits until it is. Source of the streams, their group and the claims: pocket-relay-miner, transport/redis/keys.go, v0.1.x and commit ad37bcbd; of what is told: Redis, XINFO GROUPS, 7.0.
 */
export function streamChecks(context: CheckContext): Check[] {
  const { deployment, host, secrets } = context;
  const suppliers = secrets.supplierKeys.map(({ address }) => address);
  if (!asksForAll(context) || !isIn(context, 'relay_miners') || suppliers.length === 0) return [];
  const login = loginFrom(deployment, host, secrets.find('redis_password') !== undefined);
  return [
    {
      id: 'relayminer.streams',
      group: 'relayminer',
      severity: 'critical',
      title: 'No relay waits in Redis for a miner that takes it',
      host,
      probe: streamsProbe(login, suppliers),
      ...(login.password && { secrets: ['redis_password'] }),
      timeoutSeconds: 30,
      fix: mend(deployment, deployment.group('relay_miners'), 'miner'),
      judge: (result) =>
        result.status === 0
          ? streamsVerdict(result.output)
          : {
              ...fail(`Redis does not tell: ${lastWords(result)}`),
              fix: wayToRedis(deployment, host),
            },
    },
  ];
}

/**
 * Shell that asks twice, and prints of both times together a line for each supplier of which relays waited both times
 * while none was taken: its address, how many they were then, and whether a miner has claimed it; last a line `waiting`,
 * with how many there are of all.
 */
export function streamsProbe(login: RedisLogin, suppliers: readonly string[]): Shell {
  const reading = (name: string) => sh`
    ${redisProbe(login, sh`"$questions"`)} >"$scratch.${name}-told"
    tr -d '\r' <"$scratch.${name}-told" | awk -v welcome=${login.password ? '+OK' : '+PONG'} '
      NR == 1 && $0 != welcome { print "Redis: " $0 >"/dev/stderr"; exit 1 }
      NR == 1 { next }
      /^-/ && !/no such key/ { print "Redis: " $0 >"/dev/stderr"; exit 1 }
      $0 == "$-1" { name = ""; next }
      /^[-$*]/ { next }
      name == "" && /^:/ && size == "" { size = substr($0, 2); next }
      name == "" && /^:/ {
        print (last == "" ? size " none" : waiting " " last), substr($0, 2)
        waiting = last = size = ""
        next
      }
      name != "" {
        if (name == "name") mine = $0 == "ha-miners"
        else if (mine && name == "lag") waiting = substr($0, 2)
        else if (mine && name == "last-delivered-id") { last = $0; waiting = "0" }
        name = ""
        next
      }
      { name = $0 }' >"$scratch.${name}"`;
  return lines(
    // The length stands for what waits where no miner has ever asked, so that there is no group.
    sh`
      questions=$(
        for supplier in ${suppliers}; do
          printf 'XINFO GROUPS ha:relays:%s\r\nXLEN ha:relays:%s\r\nEXISTS ha:miner:claim:%s\r\n' "$supplier" "$supplier" "$supplier"
        done
      )
      questions=\${questions%$'\r'}`,
    reading('before'),
    sh`
      sleep ${SECONDS_BETWEEN}`,
    reading('after'),
    sh`
      suppliers=(${suppliers})
      printf '%s\n' "\${suppliers[@]}" | paste -d ' ' - "$scratch.before" "$scratch.after" | awk '
        { waiting += $5 }
        $2 > 0 && $5 > 0 && $3 == $6 { print $1, $5, ($7 ? "claimed" : "unclaimed") }
        END { print "waiting", waiting + 0 }'`,
  );
}

/** Judges what {@link streamsProbe} printed. */
export function streamsVerdict(output: string): Verdict {
  const told = output
    .trim()
    .split('\n')
    .map((line) => line.split(' '));
  const [word, waiting] = told.pop() ?? [];
  if (word !== 'waiting' || Number.isNaN(Number(waiting)))
    return fail(`Redis does not tell: ${excerpt(output)}`);
  if (told.length === 0) return pass(`${waiting} on their way`);
  const claimed = told.filter(([, , by]) => by === 'claimed');
  const stuck = claimed.length > 0 ? claimed : told;
  const relays = stuck.reduce((sum, [, count]) => sum + Number(count), 0);
  const [[first] = []] = stuck;
  const of = `of ${first}${stuck.length > 1 ? ` and ${stuck.length - 1} more` : ''}`;
  return claimed.length > 0
    ? fail(`${relays} relays wait, and none was taken within ${SECONDS_BETWEEN} s: ${of}`)
    : warn(
        `${relays} relays wait that no miner takes, since none works for who is not staked: ${of}`,
      );
}
