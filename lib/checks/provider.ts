import { httpProbe, httpVerdict, jsonOf } from '../probes/http.ts';
import { publicKey } from '../secrets/secrets.ts';
import type { Check } from '../validation/check.ts';
import { mend, rerun } from '../validation/fixes.ts';
import { excerpt, fail, pass, skip } from '../validation/verdict.ts';
import { type CheckContext, isIn } from './context.ts';
import {
  baseOf,
  bootstrapCheck,
  healthCheck,
  PROVIDER,
  sessionCheck,
  workerCheck,
} from './igniter.ts';
import { migrationCheck } from './migrations.ts';
import { workflowChecks } from './workflows.ts';

const BASE = baseOf(PROVIDER);

/** Igniter Provider: the web application and its worker. */
export function providerChecks(context: CheckContext): Check[] {
  const { deployment, host, secrets } = context;
  const migrations = migrationCheck(context, PROVIDER);
  if (!isIn(context, 'provider_hosts')) return migrations;
  const group = 'provider';
  const again = rerun(deployment, 'provider', host);
  const expected = publicKey(secrets.get('app_identity').reveal());
  return [
    healthCheck(context, PROVIDER),
    {
      id: 'provider.status',
      group,
      severity: 'critical',
      title: 'The Provider reads its identity and settings',
      host,
      probe: httpProbe({
        url: `${BASE}/api/status`,
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: '{}',
      }),
      fix: mend(deployment, host, 'provider-web'),
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
      severity: 'critical',
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
    sessionCheck(context, PROVIDER),
    bootstrapCheck(context, PROVIDER),
    workerCheck(context, PROVIDER),
    ...workflowChecks(context, PROVIDER),
    ...migrations,
  ];
}
