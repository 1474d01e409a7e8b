import type { Check } from '../check.ts';
import { logs, rerun } from '../fixes.ts';
import { PORTS } from '../ports.ts';
import { httpProbe, httpVerdict, jsonOf } from '../probes/http.ts';
import { publicKey } from '../secrets.ts';
import { sh } from '../shell.ts';
import { excerpt, fail, lastWords, pass, skip, warn } from '../verdict.ts';
import { type CheckContext, isIn } from './context.ts';

const BASE = `http://127.0.0.1:${PORTS['provider-web'].port}`;

/**
 * What the worker logs on its way: the last of these lines tells where it is (igniter,
 * apps/provider-workflows/src/{worker,bootstrap}.ts, 0.9). It has no port that could be asked.
 */
const WORKER_LINES = {
  'Application is not yet bootstrapped': pass('it waits for the wizard to be completed'),
  'Application is bootstrapped': pass('bootstrapped, it sets up its workflows'),
  'Bootstrap completed': pass('it works on its task queue'),
  'Failed to check bootstrap status': fail('it cannot read the database'),
  'failed setting up the worker': fail('it could not be set up'),
};

/** Igniter Provider: the web application and its worker. */
export function providerChecks(context: CheckContext): Check[] {
  const { deployment, host, secrets } = context;
  if (!isIn(context, 'provider_hosts')) return [];
  const group = 'provider';
  const again = rerun(deployment, 'provider', host);
  const webLogs = logs(deployment, host, 'provider', 'provider-web');
  const expected = publicKey(secrets.get('app_identity').reveal());
  return [
    {
      id: 'provider.health',
      group,
      title: 'The Provider answers and reaches its database',
      host,
      probe: httpProbe({ url: `${BASE}/api/health` }),
      fix: webLogs,
      // igniter, apps/provider/src/app/api/health, 0.9: 200 {} after SELECT 1, 500 with an error otherwise.
      judge: (result) =>
        httpVerdict(result, ({ status, body }) =>
          status === 200 && body.trim() === '{}'
            ? pass('200 {}')
            : fail(`HTTP ${status} ${excerpt(body)}; wanted: 200 {}`),
        ),
    },
    {
      id: 'provider.status',
      group,
      title: 'The Provider reads its identity and settings',
      host,
      probe: httpProbe({
        url: `${BASE}/api/status`,
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: '{}',
      }),
      fix: webLogs,
      // igniter, apps/provider/src/app/api/status, 0.9: an unsigned question gets 403 before the wizard was completed,
      // 400 afterwards, and 500 when the database or APP_IDENTITY is broken. All three in JSON.
      judge: (result) =>
        httpVerdict(result, ({ status, body, contentType }) => {
          const says = `HTTP ${status} ${excerpt(body)}`;
          if (!contentType.startsWith('application/json'))
            return fail(`${says}, which is not JSON`);
          if (status === 403) return pass('403: the wizard is still to be completed');
          if (status === 400) return pass('400: the wizard was completed');
          return fail(says);
        }),
    },
    {
      id: 'provider.identity',
      group,
      title: 'The Provider has the identity of this deployment',
      host,
      probe: httpProbe({ url: `${BASE}/api/identity` }),
      fix: again,
      judge: (result) =>
        httpVerdict(result, (answer) => {
          if (answer.status === 404) return skip('this version of the Provider does not tell it');
          const { identity } = jsonOf(answer) as { identity?: string };
          if (answer.status !== 200) return fail(`HTTP ${answer.status} ${excerpt(answer.body)}`);
          return identity === expected
            ? pass(expected)
            : fail(`${excerpt(String(identity))}; app_identity belongs to ${expected}`);
        }),
    },
    {
      id: 'provider.worker',
      group,
      title: 'The worker of the Provider is at work, or waits for the wizard',
      host,
      probe: sh`
        id=$(container provider provider-workflows)
        docker logs "$id" 2>&1 | grep -oE ${Object.keys(WORKER_LINES).join('|')} | tail -n 1
      `,
      fix: logs(deployment, host, 'provider', 'provider-workflows'),
      judge: (result) => {
        const line = result.output.trim();
        if (line !== '') {
          return (
            WORKER_LINES[line as keyof typeof WORKER_LINES] ?? fail(`it says: ${excerpt(line)}`)
          );
        }
        return result.errors === ''
          ? warn('its log does not tell where it is')
          : fail(lastWords(result));
      },
    },
  ];
}
