import type { Deployment } from '../deployment.ts';
import { PORTS } from '../ports.ts';
import { lines, type Shell, sh } from '../shell.ts';
import { STACK_SERVICES } from '../stack-services.ts';
import type { Check, FleetCheck, ProbeResult, Verdict } from '../validation/check.ts';
import { mend, rerun } from '../validation/fixes.ts';
import { fail, lastWords, pass, silentIn, skip } from '../validation/verdict.ts';
import { type CheckContext, isIn } from './context.ts';

const VERSION_ID = 'relayminer.version';
const TRAFFIC_ID = 'relayminer.traffic';
const SECONDS_BETWEEN = 3;
/** So many relays may be on their way between two readings. */
const ON_THEIR_WAY = 50;

/** What every relay host tells of itself, for {@link relayminerFleetChecks}: its version, and the relays that pass. */
export function relayHostChecks(context: CheckContext): Check[] {
  const { deployment, host } = context;
  const relays = isIn(context, 'relay_relayers');
  const mines = isIn(context, 'relay_miners');
  const services = (['relayer', 'miner'] as const).filter((name) =>
    isIn(context, STACK_SERVICES[name].group),
  );
  if (services.length === 0) return [];
  const about = { group: 'relayminer', severity: 'critical', host } as const;
  const readings = lines(
    ...(relays ? [total('published', PORTS['relayer-metrics'].port)] : []),
    ...(mines ? [total('consumed', PORTS.miner.port)] : []),
  );
  return [
    {
      ...about,
      id: VERSION_ID,
      title: 'Relayer and miner tell what they were made from',
      // The program itself calls every version "dev" (pocket-relay-miner, cmd/cmd_version.go, v0.1.x).
      probe: sh`
        for service in ${services}; do
          id=$(container relayminer "$service")
          docker inspect --format '{{.Config.Image}} {{index .Config.Labels "org.opencontainers.image.revision"}}' "$id"
        done`,
      fix: rerun(deployment, 'relayminer', host),
      judge: (result) =>
        result.status === 0 ? pass(versionsIn(result).join(', ')) : fail(lastWords(result)),
    },
    {
      ...about,
      id: TRAFFIC_ID,
      title: 'Relays are counted on their way through Redis',
      probe: lines(readings, sh`sleep ${SECONDS_BETWEEN}`, readings),
      timeoutSeconds: 20,
      fix: mend(deployment, host, ...services),
      judge: (result) =>
        result.status === 0
          ? pass(trafficIn(result).join(', ') || 'none yet')
          : fail(`its metrics do not tell: ${lastWords(result)}`),
    },
  ];
}

/** Prints a word and the sum of a counter's series, 0 where there is none yet. (Builds before v0.1.0 name Redis.) */
export function total(word: 'published' | 'consumed', port: number): Shell {
  return sh`
    metrics=$(http ${`url = "http://127.0.0.1:${port}/metrics"\nmax-time = 5\nfail\n`})
    awk -v word=${word} '$1 ~ "^ha_transport_(redis_)?" word "_total([{]|$)" { sum += $NF } END { printf "%s %d\n", word, sum }' <<<"$metrics"`;
}

/** What the answers of all relay hosts settle together. */
export function relayminerFleetChecks(deployment: Deployment): FleetCheck[] {
  const hosts = deployment.hosts.filter((host) =>
    [...deployment.group('relay_relayers'), ...deployment.group('relay_miners')].includes(host),
  );
  if (hosts.length === 0) return [];
  const about = { group: 'relayminer', severity: 'critical', hosts } as const;
  const miners = deployment.group('relay_miners');
  return [
    {
      ...about,
      id: 'relayminer.one-version',
      title: 'All relayers and miners are of one version',
      of: VERSION_ID,
      fix: rerun(deployment, 'relayminer'),
      judge: oneVersionVerdict,
    },
    ...(miners.length > 0
      ? [
          {
            ...about,
            id: 'relayminer.backlog',
            title: 'The miners keep up with the relayers',
            of: TRAFFIC_ID,
            fix: `more relay_miners in the profile, where it cannot keep up; else: ${mend(deployment, miners, 'miner')}`,
            judge: backlogVerdict,
          } as const,
        ]
      : []),
  ];
}

/** Judges what the containers of all hosts were made from. */
export function oneVersionVerdict(results: ReadonlyMap<string, ProbeResult>): Verdict {
  const told = [...results].flatMap(([host, result]) =>
    result.status === 0 ? versionsIn(result).map((version) => ({ host, version })) : [],
  );
  const silent = silentIn(results);
  const byVersion = Map.groupBy(told, ({ version }) => version);
  if (byVersion.size > 1) {
    const list = [...byVersion].map(
      ([version, of]) => `${version} on ${[...new Set(of.map(({ host }) => host))].join(', ')}`,
    );
    return fail(list.join('; '));
  }
  return silent.length > 0
    ? skip(`without an answer of ${silent.join(', ')}`)
    : pass([...byVersion.keys()].join());
}

/** Judges how much more than they consumed was published between the two readings of all hosts. */
export function backlogVerdict(results: ReadonlyMap<string, ProbeResult>): Verdict {
  const silent = silentIn(results);
  if (silent.length > 0) return skip(`without the counters of ${silent.join(', ')}`);
  const grown = (word: string) =>
    [...results.values()].reduce((sum, { output }) => {
      const values = [...output.matchAll(new RegExp(`^${word} (\\d+)$`, 'gm'))].map(([, sum]) =>
        Number(sum),
      );
      // A process that was started anew between the readings counts from 0 again.
      return sum + Math.max(0, (values[1] ?? 0) - (values[0] ?? 0));
    }, 0);
  const [published, consumed] = [grown('published'), grown('consumed')];
  const evidence = `${published} published, ${consumed} consumed within ${SECONDS_BETWEEN} s`;
  return published - consumed > ON_THEIR_WAY + published / 2 ? fail(evidence) : pass(evidence);
}

function versionsIn({ output }: ProbeResult): string[] {
  return [
    ...new Set(
      output
        .trim()
        .split('\n')
        .map((line) => line.trim()),
    ),
  ];
}

/** The last reading, `12 published, 12 consumed`. */
function trafficIn({ output }: ProbeResult): string[] {
  const last = new Map([...output.matchAll(/^(\w+) (\d+)$/gm)].map(([, word, sum]) => [word, sum]));
  return [...last].map(([word, sum]) => `${sum} ${word}`);
}
