import { PORTS } from '../ports.ts';
import { httpProbe, httpVerdict, jsonOf } from '../probes/http.ts';
import { sh } from '../shell.ts';
import type { Check, ProbeResult, Verdict } from '../validation/check.ts';
import { mend } from '../validation/fixes.ts';
import { excerpt, fail, lastWords, pass, skip, warn } from '../validation/verdict.ts';
import type { CheckContext } from './context.ts';

/** One of Igniter's two applications: its stack and group of checks, and what it is called. */
export interface Application {
  name: 'provider' | 'middleman';
  title: 'Provider' | 'Middleman';
}

export const PROVIDER = { name: 'provider', title: 'Provider' } as const;
export const MIDDLEMAN = { name: 'middleman', title: 'Middleman' } as const;

/** Where an application answers on its own host. */
export function baseOf({ name }: Application): string {
  return `http://127.0.0.1:${PORTS[`${name}-web`].port}`;
}

/**
 * What the worker logs on its way: the last of these lines tells where it is (igniter,
 * apps/{provider,middleman}-workflows/src/{worker,bootstrap}.ts, 0.9). It has no port that could be asked.
 */
const WORKER_LINES = {
  'Application is not yet bootstrapped': pass('it waits for the wizard to be completed'),
  'Application is bootstrapped': pass('bootstrapped, it sets up its workflows'),
  'Bootstrap completed': pass('it works on its task queue'),
  'Failed to check bootstrap status': fail('it cannot read the database'),
  'failed setting up the worker': fail('it could not be set up'),
};

/** A worker writes its first line within this time, in seconds: an oldest line that is younger had others before it. */
const FIRST_LINE_SECONDS = 60;

/** Whether the web application answers and its database does. */
export function healthCheck({ deployment, host }: CheckContext, application: Application): Check {
  const { name, title } = application;
  return {
    id: `${name}.health`,
    group: name,
    severity: 'critical',
    title: `The ${title} answers and reaches its database`,
    host,
    probe: httpProbe({ url: `${baseOf(application)}/api/health` }),
    fix: mend(deployment, host, `${name}-web`),
    // igniter, apps/{provider,middleman}/src/app/api/health, 0.9: 200 {} after SELECT 1, 500 with an error otherwise.
    judge: (result) =>
      httpVerdict(result, ({ status, body }) =>
        status === 200 && body.trim() === '{}'
          ? pass('200 {}')
          : fail(`HTTP ${status} ${excerpt(body)}; wanted: 200 {}`),
      ),
  };
}

/** Whether Auth.js has what it needs, which health does not ask (igniter, apps/{provider,middleman}/src/auth.ts, 0.9). */
export function sessionCheck({ deployment, host }: CheckContext, application: Application): Check {
  const { name, title } = application;
  return {
    id: `${name}.session`,
    group: name,
    severity: 'critical',
    title: `The ${title} can keep sessions`,
    host,
    probe: httpProbe({ url: `${baseOf(application)}/api/auth/session` }),
    fix: mend(deployment, host, `${name}-web`),
    judge: (result) =>
      httpVerdict(result, ({ status, body }) =>
        status === 200 && body.trim() === 'null'
          ? pass('200 null: nobody is signed in')
          : fail(`HTTP ${status} ${excerpt(body)}; wanted: 200 null`),
      ),
  };
}

/** Whether the wizard was completed. */
export function bootstrapCheck(
  { deployment, host }: CheckContext,
  application: Application,
): Check {
  const { name, title } = application;
  return {
    id: `${name}.bootstrap`,
    group: name,
    severity: 'critical',
    title: `The ${title} tells whether its wizard was completed`,
    host,
    probe: httpProbe({ url: `${baseOf(application)}/api/bootstrap` }),
    fix: mend(deployment, host, `${name}-web`),
    judge: bootstrapVerdict,
  };
}

/** Whether the worker is where it should be, which before the end of the wizard is waiting. */
export function workerCheck({ deployment, host }: CheckContext, application: Application): Check {
  const { name, title } = application;
  return {
    id: `${name}.worker`,
    group: name,
    severity: 'critical',
    title: `The worker of the ${title} is at work, or waits for the wizard`,
    host,
    probe: sh`
      id=$(container ${name} ${`${name}-workflows`})
      docker inspect --format '{{.State.StartedAt}}' "$id"
      docker logs --timestamps "$id" 2>&1 | awk -v known=${Object.keys(WORKER_LINES).join('|')} '
        NR == 1 { oldest = $1 }
        match($0, known) { line = substr($0, RSTART, RLENGTH) }
        END { print oldest; print line }'
    `,
    fix: mend(deployment, host, `${name}-workflows`),
    judge: (result) => workerVerdict(result, name),
  };
}

/**
 * Judges three lines: when the worker was started, the time of the oldest line of its log, and the last line that is
 * known. A worker that is at work says nothing of where it is, and Docker throws the oldest lines away.
 */
function workerVerdict(result: ProbeResult, name: Application['name']): Verdict {
  if (result.status !== 0) return fail(lastWords(result));
  const [started = '', oldest = '', line = ''] = result.output.split('\n');
  if (line !== '') {
    return WORKER_LINES[line as keyof typeof WORKER_LINES] ?? fail(`it says: ${excerpt(line)}`);
  }
  return Date.parse(oldest) - Date.parse(started) > FIRST_LINE_SECONDS * 1000
    ? skip(
        `its log no longer tells: it runs since ${minuteOf(started)}, and the oldest line is of ${minuteOf(oldest)}; ${name}.workflow-pollers and ${name}.activity-pollers do`,
      )
    : warn('its log does not tell where it is');
}

/** The minute of a time that Docker wrote, such as 2026-08-18 13:10. */
function minuteOf(time: string): string {
  return time.slice(0, 16).replace('T', ' ');
}

/** Judges an answer to `GET /api/bootstrap` (igniter, apps/{provider,middleman}/src/app/api/bootstrap, 0.9). */
export function bootstrapVerdict(result: ProbeResult): Verdict {
  return httpVerdict(result, (answer) => {
    if (answer.status !== 200) return fail(`HTTP ${answer.status} ${excerpt(answer.body)}`);
    const { isBootstrapped } = jsonOf(answer) as { isBootstrapped?: unknown };
    if (typeof isBootstrapped !== 'boolean') return fail(excerpt(answer.body));
    return pass(`the wizard ${isBootstrapped ? 'was' : 'is still to be'} completed`);
  });
}
