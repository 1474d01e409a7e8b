import http from 'node:http';
import { sendJson, sendText } from '../shared/http.ts';
import { type Log, reason } from '../shared/log.ts';
import { listen } from '../shared/multiplex.ts';
import { toldToEnd } from '../shared/signals.ts';
import { type Dashboard, readDashboards } from './dashboards.ts';
import { type Datasource, readProvisioning } from './provisioning.ts';
import type { Settings } from './settings.ts';
import { Store } from './store.ts';

/** Serves until SIGTERM. Throws when it must not start. */
export async function serve(settings: Settings, log: Log): Promise<void> {
  const { datasources, providers } = readProvisioning(settings.provisioning);
  const dashboards = readDashboards(providers, datasources, log);
  const store = new Store(settings.data);
  if (!store.exists) store.write(settings.adminUser, settings.adminPassword);
  const server = http.createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://grafana');
    void answer(url, request, response).catch((error) =>
      sendJson(response, 500, { message: reason(error) }),
    );
  });

  async function answer(url: URL, request: http.IncomingMessage, response: http.ServerResponse) {
    const { pathname } = url;
    if (pathname === '/api/health') {
      return sendJson(response, 200, { database: 'ok', version: '12.1.1', commit: 'standin' });
    }
    if (pathname === '/login') return sendText(response, 200, 'Grafana (stand-in)');
    const refused = settings.anonymous ? undefined : refusal(request, store);
    if (refused !== undefined && pathname.startsWith('/api/')) {
      return sendJson(response, 401, { message: refused });
    }
    if (refused !== undefined) {
      response.writeHead(302, { location: '/login' });
      return response.end();
    }
    const [status, body] = await api(url, { settings, store, datasources, dashboards });
    return sendJson(response, status, body);
  }

  await listen(server, `${settings.address}:${settings.port}`);
  const end = toldToEnd();
  log.info('HTTP Server Listen', { port: settings.port, dashboards: [...dashboards.keys()] });
  await end;
  server.close();
  server.closeAllConnections();
}

/** Why nobody is signed in, or nothing when somebody is. */
function refusal(request: http.IncomingMessage, store: Store): string | undefined {
  const [, encoded] = /^Basic (\S+)$/.exec(request.headers.authorization ?? '') ?? [];
  if (encoded === undefined) return 'Unauthorized';
  const [login = '', ...rest] = Buffer.from(encoded, 'base64').toString().split(':');
  return store.accepts(login, rest.join(':')) ? undefined : 'Invalid username or password';
}

interface Known {
  settings: Settings;
  store: Store;
  datasources: readonly Datasource[];
  dashboards: ReadonlyMap<string, Dashboard>;
}

/** The answers to who has signed in. Source: grafana, docs, developers/http_api, v12. */
async function api(url: URL, known: Known): Promise<[status: number, body: unknown]> {
  const { store, datasources, dashboards } = known;
  const { pathname } = url;
  if (pathname === '/api/user') return [200, { id: 1, login: store.login, isGrafanaAdmin: true }];
  if (pathname === '/api/org') return [200, { id: 1, name: 'Main Org.' }];
  if (pathname === '/api/datasources') return [200, datasources];
  if (pathname === '/api/search') {
    const list = [...dashboards.values()].map(({ uid, title, tags, folder }) => ({
      ...{ uid, title, tags, type: 'dash-db', folderTitle: folder, url: `/d/${uid}` },
    }));
    return [200, list];
  }
  const [, uid] = /^\/api\/dashboards\/uid\/([\w-]+)$/.exec(pathname) ?? [];
  const dashboard = dashboards.get(uid ?? '');
  if (dashboard) {
    const { folder, ...rest } = dashboard;
    return [200, { meta: { provisioned: true, folderTitle: folder }, dashboard: rest }];
  }
  if (uid !== undefined) return [404, { message: 'Dashboard not found' }];
  const [, source, health] = /^\/api\/datasources\/uid\/([\w-]+)(\/health)?$/.exec(pathname) ?? [];
  const datasource = datasources.find((one) => one.uid === source);
  if (source !== undefined && !datasource) return [404, { message: 'Data source not found' }];
  if (datasource) return health ? askPrometheus(datasource) : [200, datasource];
  return [404, { message: 'Not found' }];
}

async function askPrometheus({ url }: Datasource): Promise<[number, unknown]> {
  try {
    const answer = await fetch(`${url}/api/v1/query?query=1%2B1`, {
      signal: AbortSignal.timeout(5000),
    });
    const { status } = (await answer.json()) as { status?: string };
    if (status !== 'success') throw new Error(`${url} is no Prometheus`);
    return [200, { status: 'OK', message: 'Successfully queried the Prometheus API.' }];
  } catch (error) {
    return [400, { status: 'ERROR', message: reason(error) }];
  }
}
