import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { ruleNames } from '../monitoring/alert-rules.ts';
import { PORTS } from '../ports.ts';
import { type HttpAnswer, httpProbe, httpVerdict, jsonOf } from '../probes/http.ts';
import { sh } from '../shell.ts';
import { COMPOSE } from '../steps/stack.ts';
import type { Check, ProbeResult, Verdict } from '../validation/check.ts';
import { ask, mend, rerun } from '../validation/fixes.ts';
import { excerpt, fail, pass, warn } from '../validation/verdict.ts';
import { type CheckContext, isIn } from './context.ts';

const PROMETHEUS = `http://127.0.0.1:${PORTS.prometheus.port}`;
const GRAFANA = `http://127.0.0.1:${PORTS.grafana.port}`;

/**
 * Monitoring, asked on the host that has it. Sources: prometheus, docs/querying/api.md, v3.5; grafana, docs,
 * developers/http_api, v12.
 */
export function monitoringChecks(context: CheckContext): Check[] {
  if (!isIn(context, 'monitoring_hosts')) return [];
  return [...prometheusChecks(context), ...grafanaChecks(context)];
}

function prometheusChecks({ deployment, host, secrets }: CheckContext): Check[] {
  const about = { group: 'monitoring', severity: 'warning', host } as const;
  const watched = [...deployment.scrapeTargets(host), ...deployment.healthTargets(host)];
  const expected = watched.map(({ job, on }) => `${job} of ${on}`);
  const asked = (path: string) => httpProbe({ url: `${PROMETHEUS}/api/v1/${path}` });
  const alertmanager: Check = {
    ...about,
    id: 'monitoring.alertmanager',
    title: 'Prometheus has an Alertmanager to send alerts to',
    probe: asked('alertmanagers'),
    fix: mend(deployment, host, 'prometheus', 'alertmanager'),
    judge: data(({ activeAlertmanagers }: { activeAlertmanagers: unknown[] }) =>
      activeAlertmanagers.length > 0 ? pass('it has one') : fail('it has none'),
    ),
  };
  return [
    {
      ...about,
      id: 'monitoring.targets',
      title: 'Prometheus reaches everything that it scrapes',
      // Prometheus looks every five seconds for what it has to scrape: until then, it does not know of what is new.
      probe: sh`
        for second in {1..8}; do
          answer=$(${asked('targets?state=active')}) || exit
          (($(grep -o '"scrapePool"' <<<"$answer" | wc -l) < ${expected.length})) || break
          sleep 1
        done
        printf %s "$answer"`,
      fix: `${rerun(deployment, 'exporters')}; else: more of what is down is told by ${ask(deployment, 'docker')}`,
      judge: data(({ activeTargets }: { activeTargets: Target[] }) =>
        targetsVerdict(activeTargets, expected),
      ),
    },
    {
      ...about,
      id: 'monitoring.rules',
      title: 'Prometheus judges every alert rule',
      // Without the alerts, since an answer is cut off at a length that many of them would go beyond.
      probe: asked('rules?exclude_alerts=true'),
      fix: rerun(deployment, 'monitoring', host),
      judge: data(({ groups }: { groups: RuleGroup[] }) =>
        rulesVerdict(groups, ruleNames(deployment, secrets)),
      ),
    },
    {
      ...about,
      id: 'monitoring.alerts',
      title: 'No alert is firing',
      probe: asked('alerts'),
      fix: 'each alert says what to do: see Alerts in Prometheus, or the dashboard Fleet in Grafana',
      judge: data(({ alerts }: { alerts: Alert[] }) => {
        const firing = alerts.filter(({ state }) => state === 'firing').map(({ labels }) => labels);
        const names = [...new Set(firing.map(({ alertname }) => alertname))];
        return names.length === 0 ? pass('none is') : warn(names.join(', '));
      }),
    },
    ...(deployment.profile.monitoring.alerts.length > 0 ? [alertmanager] : []),
  ];
}

interface Target {
  labels: { job: string; instance: string };
  health: 'up' | 'down' | 'unknown';
  lastError: string;
}

/** Judges what Prometheus scrapes: everything expected is there, and up. What it has not asked yet is no failure. */
export function targetsVerdict(targets: readonly Target[], expected: readonly string[]): Verdict {
  const named = ({ labels }: Target) => `${labels.job} of ${labels.instance}`;
  const names = targets.map(named);
  const missing = expected.filter((one) => !names.includes(one));
  if (missing.length > 0) return fail(`it does not scrape ${missing.join(', ')}`);
  const down = targets.filter(({ health }) => health === 'down');
  if (down.length > 0) {
    return fail(down.map((one) => `${named(one)} is down: ${excerpt(one.lastError)}`).join('; '));
  }
  const unknown = targets.filter(({ health }) => health !== 'up').map(named);
  if (unknown.length > 0) return warn(`not asked yet: ${unknown.join(', ')}`);
  return pass(`${targets.length} targets`);
}

interface RuleGroup {
  file: string;
  rules: { name: string; health: string; lastError?: string }[];
}

/** Judges the rules that Prometheus has: all that it should have, by file, and each of them can be evaluated. */
function rulesVerdict(
  groups: readonly RuleGroup[],
  expected: ReadonlyMap<string, readonly string[]>,
): Verdict {
  const rules = groups.flatMap((group) => group.rules);
  const broken = rules.filter(({ health }) => health === 'err');
  if (broken.length > 0)
    return fail(
      broken.map(({ name, lastError }) => `${name}: ${excerpt(lastError ?? '')}`).join('; '),
    );
  // Prometheus passes over a file that it is told of and does not find.
  const lacks = [...expected].flatMap(([file, names]) => {
    const found = groups.filter((group) => basename(group.file) === file);
    if (found.length === 0) return [file];
    const has = found.flatMap((group) => group.rules.map(({ name }) => name));
    return names.filter((name) => !has.includes(name)).map((name) => `${name} of ${file}`);
  });
  return lacks.length === 0
    ? pass(`${rules.length} rules in ${expected.size} files`)
    : fail(`it lacks ${lacks.join(', ')}`);
}

interface Alert {
  state: string;
  labels: { alertname: string };
}

/** Judges the data of an answer of Prometheus' API. */
function data<T>(judge: (data: T) => Verdict): (result: ProbeResult) => Verdict {
  return (result) =>
    httpVerdict(result, (answer) => {
      if (answer.status !== 200) return fail(`HTTP ${answer.status} ${excerpt(answer.body)}`);
      return judge((jsonOf(answer) as { data: T }).data);
    });
}

/** The uids of our dashboards, which are the names of their files. */
export const DASHBOARDS: readonly string[] = readdirSync(
  join(COMPOSE, 'monitoring', 'grafana', 'dashboards'),
)
  .map((name) => name.replace(/\.json$/, ''))
  .toSorted();

function grafanaChecks({ deployment, host, secrets }: CheckContext): Check[] {
  const about = {
    group: 'monitoring',
    severity: 'warning',
    host,
    fix: rerun(deployment, 'monitoring', host),
  } as const;
  const user = `admin:${secrets.get('grafana_admin_password').reveal()}`;
  const signedIn = (path: string) => httpProbe({ url: GRAFANA + path, user }, secrets.named());
  const secret = { secrets: ['grafana_admin_password'] };
  return [
    {
      ...about,
      id: 'monitoring.sign-in',
      severity: 'critical',
      title: 'Grafana shows nothing to who has not signed in',
      probe: httpProbe({ url: `${GRAFANA}/api/search` }),
      judge: (result) =>
        httpVerdict(result, ({ status, body }) =>
          status === 401 ? pass('401') : fail(`HTTP ${status} ${excerpt(body)}; wanted: 401`),
        ),
    },
    {
      ...about,
      ...secret,
      id: 'monitoring.datasource',
      title: 'Grafana reaches Prometheus',
      probe: signedIn('/api/datasources/uid/prometheus/health'),
      judge: (result) =>
        httpVerdict(result, (answer) => {
          const { status, message } = jsonOf(answer) as { status?: string; message?: string };
          return answer.status === 200 && status === 'OK'
            ? pass(excerpt(message ?? 'OK'))
            : fail(refusal(answer, message));
        }),
    },
    {
      ...about,
      ...secret,
      id: 'monitoring.dashboards',
      title: 'Grafana has every dashboard',
      probe: signedIn('/api/search?type=dash-db&limit=500'),
      judge: (result) =>
        httpVerdict(result, (answer) => {
          const found = jsonOf(answer);
          if (answer.status !== 200 || !Array.isArray(found)) {
            return fail(refusal(answer, (found as { message?: string }).message));
          }
          const uids = found.map(({ uid }: { uid: string }) => uid);
          const missing = DASHBOARDS.filter((uid) => !uids.includes(uid));
          return missing.length === 0
            ? pass(`${DASHBOARDS.length} dashboards`)
            : fail(`it lacks ${missing.join(', ')}`);
        }),
    },
  ];
}

function refusal({ status }: HttpAnswer, message = ''): string {
  return status === 401 ? 'the password in use is refused' : `HTTP ${status} ${excerpt(message)}`;
}
