import { PORTS } from '../ports.ts';
import { grpcProbe, grpcRefusal, grpcVerdict } from '../probes/grpc.ts';
import { httpProbe } from '../probes/http.ts';
import { fieldOf, fieldsOf, numberOf, textField } from '../probes/protobuf.ts';
import { lines, sh } from '../shell.ts';
import type { Check, ProbeResult, Verdict } from '../validation/check.ts';
import { mend } from '../validation/fixes.ts';
import { fail, lastWords, pass, warn } from '../validation/verdict.ts';
import type { CheckContext } from './context.ts';
import { type Application, baseOf } from './igniter.ts';
import { TEMPORAL_SERVICE } from './temporal.ts';

/** A worker polls again within a minute; upstream calls it alive within two (igniter, docs/runbooks, 0.9). */
const MOST_SECONDS = 120;
const QUEUE_TYPES = { workflow: 1, activity: 2 };

/** Igniter's schedules (igniter, apps/{provider,middleman}-workflows/src/bootstrap.ts, 0.9). */
const SCHEDULES = {
  provider: [
    'SupplierStatus',
    'SupplierRemediation',
    'SupplierInitialStake',
    'SupplierAddressGroupMigration',
    'GovernanceSync',
    'ExecutePendingTransactions',
    'VerifyPendingTransactions',
  ],
  middleman: [
    'ProviderStatus',
    'ExecutePendingTransactions',
    'SupplierStatus',
    'GovernanceSync',
    'ImportSupplierRecovery',
    'VerifyPendingTransactions',
  ],
};

/**
 * What Temporal tells of an application's worker: that it polls, and that its schedules exist. Before the wizard is
 * completed there is neither, and that is right. Field numbers: temporalio/api, v1.54, workflowservice
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
        judge: (result) => onceBootstrapped(result, pollersVerdict),
      }),
    ),
    {
      ...about,
      id: `${name}.schedules`,
      title: `The schedules of the ${title} exist, or it waits for the wizard`,
      probe: ask('ListSchedules', Buffer.concat([textField(1, name), Buffer.from([0x10, 100])])),
      judge: (result) =>
        onceBootstrapped(result, (response) => schedulesVerdict(response, SCHEDULES[name])),
    },
  ];
}

/** Judges a response of Temporal's that came after the answer of `/api/bootstrap` and a line with the time. */
export function onceBootstrapped(
  result: ProbeResult,
  judge: (response: Buffer, now: number) => Verdict,
): Verdict {
  const [, bootstrapped, now, rest = ''] =
    /"isBootstrapped":\s*(true|false).*?\n200 [^\n]*\n(\d+)\n(.*)$/s.exec(result.output) ?? [];
  if (bootstrapped === undefined)
    return fail(
      `the web application does not tell whether it is bootstrapped: ${lastWords(result)}`,
    );
  if (bootstrapped === 'false') return pass('none yet: the wizard is still to be completed');
  return grpcVerdict({ ...result, output: rest }, (answer) =>
    answer.status === 0 ? judge(answer.response, Number(now)) : fail(grpcRefusal(answer)),
  );
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
  return youngest <= MOST_SECONDS ? pass(evidence) : fail(evidence);
}

/** Judges a response to ListSchedules: each schedule is there. */
export function schedulesVerdict(response: Buffer, wanted: readonly string[]): Verdict {
  const found = fieldsOf(response, 1).map((entry) => fieldOf(entry, 1)?.toString() ?? '');
  if (found.length === 0) return fail('there is none');
  const missing = wanted.filter((type) => !found.includes(`${type}-scheduled`));
  return missing.length === 0
    ? pass(`${found.length} schedules`)
    : warn(`${found.length} schedules, without ${missing.join(', ')}`);
}
