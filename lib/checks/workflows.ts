import { PORTS } from '../ports.ts';
import { grpcProbe, grpcRefusal, grpcVerdict, readGrpc } from '../probes/grpc.ts';
import { httpProbe } from '../probes/http.ts';
import { fieldOf, fieldsOf, numberOf, textField } from '../probes/protobuf.ts';
import { lines, sh } from '../shell.ts';
import type { Check, ProbeResult, Verdict } from '../validation/check.ts';
import { between, mend } from '../validation/fixes.ts';
import { fail, lastWords, pass, warn } from '../validation/verdict.ts';
import type { CheckContext } from './context.ts';
import { type Application, baseOf } from './igniter.ts';
import { TEMPORAL_SERVICE } from './temporal.ts';

/** A worker polls again within a minute; upstream calls it alive within two (igniter, docs/runbooks, 0.9). */
const MOST_SECONDS = 120;
const QUEUE_TYPES = { workflow: 1, activity: 2 };

/**
 * Igniter's schedules, which a worker makes before it asks for its first task: those of every version, and those that
 * came later (igniter, apps/{provider,middleman}-workflows/src/bootstrap.ts, 0.4 and 0.9).
 */
const SCHEDULES = {
  provider: {
    always: ['SupplierStatus', 'SupplierRemediation'],
    later: [
      'SupplierInitialStake',
      'SupplierAddressGroupMigration',
      'GovernanceSync',
      'ExecutePendingTransactions',
      'VerifyPendingTransactions',
    ],
  },
  middleman: {
    always: ['ProviderStatus', 'ExecutePendingTransactions', 'SupplierStatus'],
    later: ['GovernanceSync', 'ImportSupplierRecovery', 'VerifyPendingTransactions'],
  },
};

/** What gRPC says of something that does not exist. */
const NOT_FOUND = 5;

/**
 * What Temporal tells of an application's worker: that it polls, and that its schedules exist. Before the wizard is
 * completed there is neither, and that is right; yet Temporal has to answer from where the worker will ask it, since
 * until then nothing else does that. Field numbers: temporalio/api, v1.54, workflowservice
 * (DescribeTaskQueueRequest: namespace 1, task_queue 2, task_queue_type 3; its response: pollers 1; ListSchedules:
 * namespace 1, maximum_page_size 2; its response: schedules 1) and taskqueue (PollerInfo: last_access_time 1).
 */
export function workflowChecks(
  { deployment, host }: CheckContext,
  application: Application,
): Check[] {
  const { name, title } = application;
  const here = deployment.publishers('temporal').includes(host);
  const address = here ? `127.0.0.1:${PORTS.temporal.port}` : deployment.temporalAddress(host);
  const way = wayToTemporal({ deployment, host, address: here ? undefined : address });
  const ask = (method: string, message: Buffer) =>
    lines(
      httpProbe({ url: `${baseOf(application)}/api/bootstrap` }),
      sh`printf '\n'`,
      sh`date -u +%s`,
      grpcProbe({ address, insecure: true, method: `${TEMPORAL_SERVICE}/${method}`, message }),
    );
  const about = {
    group: name,
    severity: 'critical',
    host,
    fix: mend(deployment, host, `${name}-workflows`),
  } as const;
  return [
    ...Object.entries(QUEUE_TYPES).map(
      ([kind, type]): Check => ({
        ...about,
        id: `${name}.${kind}-pollers`,
        title: `The worker of the ${title} asks for ${kind} tasks, or waits for the wizard`,
        probe: ask(
          'DescribeTaskQueue',
          Buffer.concat([
            textField(1, name),
            Buffer.from([0x12, `${name}-operations`.length + 2]),
            textField(1, `${name}-operations`),
            Buffer.from([0x18, type]),
          ]),
        ),
        judge: (result) => onceBootstrapped(result, way, pollersVerdict),
      }),
    ),
    {
      ...about,
      id: `${name}.schedules`,
      title: `The schedules of the ${title} exist, or it waits for the wizard`,
      probe: ask('ListSchedules', Buffer.concat([textField(1, name), Buffer.from([0x10, 100])])),
      judge: (result) =>
        onceBootstrapped(result, way, (response) => schedulesVerdict(response, SCHEDULES[name])),
    },
  ];
}

/** What to do where Temporal does not answer this host. */
function wayToTemporal(from: {
  deployment: CheckContext['deployment'];
  host: CheckContext['host'];
  address: string | undefined;
}): string {
  const { deployment, host, address } = from;
  const servers = deployment.publishers('temporal');
  if (servers.length === 0)
    return `temporal.address in the profile (now ${address}), or who may reach that server`;
  const server = mend(deployment, servers, 'temporal');
  return address === undefined ? server : `${server}; else: ${between(host, address)}`;
}

/**
 * Judges a response of Temporal's that came after the answer of `/api/bootstrap` and a line with the time.
 * @param way what to do where Temporal does not answer
 */
export function onceBootstrapped(
  result: ProbeResult,
  way: string,
  judge: (response: Buffer, now: number) => Verdict,
): Verdict {
  const [, bootstrapped, now, rest = ''] =
    /"isBootstrapped":\s*(true|false).*?\n200 [^\n]*\n(\d+)\n(.*)$/s.exec(result.output) ?? [];
  if (bootstrapped === undefined)
    return fail(
      `the web application does not tell whether it is bootstrapped: ${lastWords(result)}`,
    );
  const told = { ...result, output: rest };
  const answer = result.status === 0 ? readGrpc(rest) : undefined;
  if (answer?.status !== 0 && answer?.status !== NOT_FOUND)
    return { ...grpcVerdict(told, (refusal) => fail(grpcRefusal(refusal))), fix: way };
  if (bootstrapped === 'false') return pass('none yet: the wizard is still to be completed');
  return answer.status === 0 ? judge(answer.response, Number(now)) : fail(grpcRefusal(answer));
}

/** Judges a response to DescribeTaskQueue. */
export function pollersVerdict(response: Buffer, now: number): Verdict {
  const ages = fieldsOf(response, 1).map((poller) => {
    const seconds = numberOf(fieldOf(poller, 1) ?? Buffer.alloc(0), 1);
    return Math.max(0, now - seconds);
  });
  if (ages.length === 0) return fail('nobody asks for tasks');
  const youngest = Math.min(...ages);
  const evidence = `${ages.length} ${ages.length === 1 ? 'worker' : 'workers'}, asked ${youngest} s ago`;
  return youngest <= MOST_SECONDS
    ? pass(evidence)
    : fail(`${evidence}; wanted: within ${MOST_SECONDS} s`);
}

/** Judges a response to ListSchedules: each schedule is there. One that has none of the later ones is an older Igniter. */
export function schedulesVerdict(
  response: Buffer,
  { always, later }: Record<'always' | 'later', readonly string[]>,
): Verdict {
  const found = fieldsOf(response, 1).map((entry) => fieldOf(entry, 1)?.toString() ?? '');
  if (found.length === 0) return fail('there is none');
  const all = [...always, ...later];
  const missing = all.filter((type) => !found.includes(`${type}-scheduled`));
  if (missing.length === 0) return pass(`${found.length} schedules`);
  const evidence = `${all.length - missing.length} of ${all.length} schedules, without ${missing.join(', ')}`;
  const older = missing.length === later.length && later.every((type) => missing.includes(type));
  return older ? warn(`${evidence}: an older Igniter has no others`) : fail(evidence);
}
