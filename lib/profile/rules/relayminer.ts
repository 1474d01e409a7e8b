import { membersOf } from '../membership.ts';
import type { BackendSettings } from '../relayminer-schema.ts';
import type { Path } from '../tree.ts';
import type { Report, Rule } from './rule.ts';

/** Relayers and miners have keys and something to serve. */
export const relayersHaveServices: Rule = (profile, report) => {
  const relayers = membersOf(profile, 'relay_relayers').length > 0;
  const miners = membersOf(profile, 'relay_miners').length > 0;
  if (!relayers && !miners) return;
  if (!profile.relayminer) {
    report(['relayminer'], 'missing, expected keys_file and services for the relayers');
    return;
  }
  if (!profile.relayminer.keys_file) {
    report(['relayminer', 'keys_file'], 'missing, expected the file of the supplier keys');
  }
  if (relayers && Object.keys(profile.relayminer.services).length === 0) {
    report(['relayminer', 'services'], 'missing, expected at least one service for the relayers');
  }
};

/** Services and backends hold together, which the relayer itself checks late or not at all. */
export const servicesAreSound: Rule = (profile, report) => {
  for (const [id, service] of Object.entries(profile.relayminer?.services ?? {})) {
    const path = ['relayminer', 'services', id];
    const transports = Object.keys(service.backends);
    if (transports.length === 0) report([...path, 'backends'], 'expected at least one backend');
    // The relayer does not check this one: relays without a transport would all be refused.
    const fallback = service.default_backend ?? 'jsonrpc';
    if (transports.length > 0 && !transports.includes(fallback)) {
      report(
        [...path, 'default_backend'],
        service.default_backend
          ? `"${fallback}" is not among the backends, expected one of ${transports.join(', ')}`
          : `missing: there is no jsonrpc backend, expected one of ${transports.join(', ')}`,
      );
    }
    for (const [transport, backend] of Object.entries(service.backends)) {
      if (backend) backendIsSound(transport, backend, [...path, 'backends', transport], report);
    }
  }
};

function backendIsSound(
  transport: string,
  backend: BackendSettings,
  path: Path,
  report: Report,
): void {
  if (backend.url === undefined && backend.urls === undefined) {
    report([...path, 'url'], 'missing, expected the address of the backend');
  }
  if (backend.url !== undefined && backend.urls !== undefined) {
    report([...path, 'urls'], 'expected url or urls, not both');
  }
  const items = (backend.urls ?? []).map((item) =>
    typeof item === 'string' ? { url: item } : item,
  );
  items.forEach((item, index) => {
    const before = items.slice(0, index);
    if (before.some(({ url }) => url === item.url))
      report([...path, 'urls', index], 'is listed twice');
    if ('name' in item && before.some((one) => 'name' in one && one.name === item.name)) {
      report([...path, 'urls', index, 'name'], `"${item.name}" is used twice`);
    }
  });
  const probe = backend.health_check;
  if (probe?.enabled) {
    if (transport === 'websocket' || transport === 'grpc') {
      report(
        [...path, 'health_check'],
        `a plain HTTP probe marks a working ${transport} backend as down: leave health_check out`,
      );
    } else if (!probe.endpoint && !backend.base_path) {
      report([...path, 'health_check', 'endpoint'], 'missing, expected the path to probe');
    }
  }
  const way = backend.authentication;
  if (way) {
    const at = [...path, 'authentication'];
    if (Object.keys(way).length === 0) report(at, 'expected a way to sign in');
    if ((way.username === undefined) !== (way.password === undefined)) {
      report(at, 'expected username and password together');
    }
    const ways = [way.password, way.bearer_token, way.plain_token].filter(
      (one) => one !== undefined,
    );
    if (ways.length > 1) report(at, 'expected one way to sign in, not several');
    if (transport === 'websocket') {
      report(at, 'is not used for WebSocket backends: put the header into headers');
    }
  }
}
