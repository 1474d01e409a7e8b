import type { Deployment, Host } from '../deployment.ts';
import { EXIT, UserError } from '../exit-codes.ts';
import { PORTS } from '../ports.ts';
import {
  OUT_OF_SERVICE_NOW,
  putIntoService,
  relayersOf,
  takeOutOfService,
} from '../proxy/upstreams.ts';
import type { Errands, OutOfService, RoleContext, Rolling } from '../role.ts';
import { type Shell, sh } from '../shell.ts';

const READY = `http://127.0.0.1:${PORTS['relayer-health'].port}/ready`;
const HEIGHT = `http://127.0.0.1:${PORTS.relayer.port}/health`;
const METRICS = `http://127.0.0.1:${PORTS.miner.port}/metrics`;

/** How long a relayer may take until it is ready: it waits for what the leading miner publishes. */
const READY_SECONDS = 120;
/** How long miners may take to agree again: a lease of 180 s at most, and a distribution every 30 s. */
const AGREED_SECONDS = 270;

/**
 * Relayers and miners one at a time: a relayer is first taken out of every proxy and has answered what it was asked;
 * it comes back when it is ready and its block height grows. After a miner, exactly one leads again and together they
 * have as many suppliers as before. Miners go first, since a relayer lives on what they publish.
 * Source: pocket-relay-miner, docs/deploy, v0.1.x (rolling restart); relayer/health.go (ready, height); miner and leader
 * metrics.
 */
export const relayminerRolling: Rolling = {
  serves: sh`
    docker ps --quiet --filter label=com.docker.compose.project=pocket-relayminer --filter status=running | grep -q .
    ! docker ps --filter label=com.docker.compose.project=pocket-relayminer --format '{{.Label "com.docker.compose.service"}}' |
      grep -qx relayer || curl -fsS -m 5 -o /dev/null ${READY}`,
  rank: ({ deployment, host }) => {
    if (!isIn(deployment, 'relay_relayers', host)) return 0;
    return isIn(deployment, 'relay_miners', host) ? 1 : 2;
  },
  takeOut: async (context, errands) => {
    const { deployment, host, secrets } = context;
    const relayer = isIn(deployment, 'relay_relayers', host);
    const miner = isIn(deployment, 'relay_miners', host);
    const before = miner ? await minersOf(deployment, errands) : undefined;
    const drained = relayer ? await drain(context, errands) : undefined;
    return {
      backWhenWell: async () => {
        // A supplier whose key is gone from the profile is nobody's any more.
        const suppliers = Math.min(before?.suppliers ?? 0, secrets.supplierKeys.length);
        if (before) await untilAgreed(deployment, errands, suppliers);
        if (!relayer) return;
        await untilWell(context, errands);
        await drained?.();
      },
      backAsItIs: async () => drained?.(),
      ...(drained && staysOut(deployment)),
    };
  },
  leftOut: {
    alsoMendedBy: 'reverse-proxy',
    find: async (context, errands) => {
      const { deployment, host } = context;
      if (!isIn(deployment, 'relay_relayers', host)) return undefined;
      const proxies = await proxiesWithout(context, errands);
      if (proxies.length === 0) return undefined;
      const backAsItIs = () => everyProxy(context, errands, putIntoService);
      return {
        backWhenWell: async () => {
          errands.note(`it gets no relays from ${namesOf(proxies)} so far`);
          await untilWell(context, errands);
          await backAsItIs();
        },
        backAsItIs,
        ...staysOut(deployment),
      };
    },
  },
};

/** Has every proxy do something about this relayer, which it reaches at an address of its own. */
async function everyProxy(
  { deployment, host }: RoleContext,
  { visit }: Errands,
  shellFor: (address: string) => Shell,
): Promise<void> {
  await Promise.all(
    deployment
      .group('reverse_proxy_hosts')
      .map((proxy) => visit(proxy, shellFor(addressFrom(deployment, proxy, host)))),
  );
}

function addressFrom(deployment: Deployment, proxy: Host, relayer: Host): string {
  const own = relayersOf(deployment, proxy).find(({ name }) => name === relayer.name);
  if (!own) throw new Error(`${relayer.name} has no relayer`);
  return own.address;
}

/** The proxies that leave this relayer out. One that cannot be asked is named, and nothing more. */
async function proxiesWithout(
  { deployment, host }: RoleContext,
  { visit, note }: Errands,
): Promise<Host[]> {
  const found = await Promise.all(
    deployment.group('reverse_proxy_hosts').map(async (proxy) => {
      try {
        const out = await visit(proxy, OUT_OF_SERVICE_NOW);
        return out.split('\n').includes(addressFrom(deployment, proxy, host)) ? [proxy] : [];
      } catch (error) {
        if (error instanceof UserError && error.exitCode === EXIT.interrupted) throw error;
        note(`could not ask ${proxy.name} whether it sends relays here`);
        return [];
      }
    }),
  );
  return found.flat();
}

function staysOut(deployment: Deployment): Pick<OutOfService, 'staysOut'> {
  const proxies = namesOf(deployment.group('reverse_proxy_hosts'));
  return {
    staysOut: `It gets no relays from ${proxies} now. The next deploy of relayminer brings it back, once it is ready and its block height grows.`,
  };
}

function namesOf(hosts: readonly Host[]): string {
  return hosts.map(({ name }) => name).join(', ');
}

function isIn(
  deployment: Deployment,
  group: 'relay_relayers' | 'relay_miners',
  { name }: Host,
): boolean {
  return deployment.group(group).some((host) => host.name === name);
}

/**
 * Takes a relayer out of every proxy, once another one is ready, and waits until it has answered everything.
 * @returns what puts it back, where it was taken out
 */
async function drain(
  context: RoleContext,
  errands: Errands,
): Promise<(() => Promise<void>) | undefined> {
  const { deployment, host } = context;
  const { visit, note } = errands;
  const others = deployment.group('relay_relayers').filter(({ name }) => name !== host.name);
  const proxies = deployment.group('reverse_proxy_hosts');
  if (proxies.length === 0) return undefined;
  if (others.length === 0) {
    note('it is the only relayer: relays wait until it is back');
    return undefined;
  }
  note('waiting until another relayer is ready');
  await Promise.any(others.map((other) => visit(other, untilReady))).catch((error: unknown) => {
    const [first] = error instanceof AggregateError ? error.errors : [error];
    if (first instanceof UserError && first.exitCode === EXIT.interrupted) throw first;
    throw new UserError(
      `${host.name}: no other relayer is ready (${namesOf(others)}): changing this one now would stop all relays\n  See why with scripts/validate.mjs --only relayminer, mend one of them, then go on.`,
    );
  });
  note(`taking it out of ${namesOf(proxies)}`);
  const back = () => everyProxy(context, errands, putIntoService);
  try {
    await everyProxy(context, errands, takeOutOfService);
    await visit(host, untilAnswered(deployment));
  } catch (error) {
    await back().catch(() => {});
    throw error;
  }
  return back;
}

const stop = sh`[[ ! -e \${POCKET_STOP:-/nonexistent} ]] || exit 130`;

const untilReady = sh`
  end=$((SECONDS + ${READY_SECONDS}))
  until curl -fs -m 5 -o /dev/null ${READY}; do
    ${stop}
    ((SECONDS < end)) || { echo 'the relayer is not ready after ${READY_SECONDS} s'; exit 1; }
    sleep 1
  done`;

/**
 * Waits until no connection with a relay is left: proxies close theirs when the answer is there. Long-lived ones, such as
 * WebSockets, end with the longest time that an answer may take.
 */
function untilAnswered({ profile }: Deployment): Shell {
  const services = Object.values(profile.relayminer?.services ?? {});
  const longest = services.some((one) => one.timeout_profile === 'streaming') ? 600 : 30;
  return sh`
    container=$(docker ps --quiet --filter label=com.docker.compose.project=pocket-relayminer --filter label=com.docker.compose.service=relayer)
    [[ $container ]] || exit 0
    process=$(docker inspect --format '{{.State.Pid}}' "$container")
    end=$((SECONDS + ${longest + 5}))
    while connections=$(nsenter --net --target "$process" ss -Htn state established 'sport = :8080' | wc -l); ((connections > 0)); do
      ${stop}
      ((SECONDS < end)) || break
      sleep 0.3
    done`;
}

/** Waits until the relayer is ready and its block height has grown. Throws UserError when that takes too long. */
async function untilWell(
  { deployment, host }: RoleContext,
  { visit, note }: Errands,
): Promise<void> {
  note('waiting until the relayer is ready and its block height grows');
  await visit(host, untilReadyAndGrowing(deployment));
}

function untilReadyAndGrowing({ network }: Deployment): Shell {
  const patience = Math.max(15, Math.ceil(3 * network.blockTimeSeconds));
  return sh`
    height() { curl -fs -m 5 ${HEIGHT} | grep -oE '"block_height": *[0-9]+' | grep -oE '[0-9]+$' || echo 0; }
    ${untilReady}
    end=$((SECONDS + ${READY_SECONDS}))
    until first=$(height) && ((first > 0)); do
      ${stop}
      ((SECONDS < end)) || { echo 'the relayer knows no block height'; exit 1; }
      sleep 1
    done
    end=$((SECONDS + ${patience}))
    until (($(height) > first)); do
      ${stop}
      ((SECONDS < end)) || { echo "the block height $first has not grown within ${patience} s"; exit 1; }
      sleep 1
    done`;
}

/** How many miners lead, and how many suppliers all have together, as far as they answer. */
async function minersOf(
  deployment: Deployment,
  { visit }: Errands,
): Promise<{ leaders: number; suppliers: number }> {
  const metrics = sh`
    curl -fsS -m 5 ${METRICS} | grep -E '^ha_miner_(leader_status|supplier_claimed_count)[{ ]' || :`;
  const answers = await Promise.allSettled(
    deployment.group('relay_miners').map((host) => visit(host, metrics)),
  );
  const lines = answers.flatMap((one) => (one.status === 'fulfilled' ? one.value.split('\n') : []));
  const sum = (name: string) =>
    lines
      .filter((line) => line.startsWith(name))
      .reduce((total, line) => total + Number(line.slice(line.lastIndexOf(' ') + 1)), 0);
  return {
    leaders: sum('ha_miner_leader_status'),
    suppliers: sum('ha_miner_supplier_claimed_count'),
  };
}

async function untilAgreed(
  deployment: Deployment,
  errands: Errands,
  suppliers: number,
): Promise<void> {
  errands.note('waiting until one miner leads and every supplier has one');
  const deadline = Date.now() + AGREED_SECONDS * 1000;
  for (;;) {
    const now = await minersOf(deployment, errands);
    if (now.leaders === 1 && now.suppliers >= suppliers) return;
    if (Date.now() > deadline) {
      throw new UserError(
        `after ${AGREED_SECONDS} s, ${now.leaders} miners lead and ${now.suppliers} of ${suppliers} suppliers have one\n  See scripts/validate.mjs --only relayminer, and the logs of the miners.`,
      );
    }
    await errands.pause(2000);
  }
}
