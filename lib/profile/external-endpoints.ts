import { parseRedisUrl } from '../redis-url.ts';
import type { Profile } from './schema.ts';
import type { Path } from './tree.ts';

/** The managed services, the chain endpoints and the backends, all of which are somebody else's processes. */
export function* externalEndpoints(
  profile: Profile,
): Generator<{ path: Path; host: string; port: number }> {
  const at = (path: Path, text: string | undefined) => {
    if (text === undefined) return [];
    return [{ path, ...hostAndPort(text) }];
  };
  for (const key of ['pocket_rpc_url', 'pocket_grpc_address', 'pocket_api_url'] as const) {
    yield* at([key], profile[key]);
  }
  for (const { host, port } of profile.redis_url ? parseRedisUrl(profile.redis_url).servers : []) {
    yield { path: ['redis_url'], host, port };
  }
  yield* at(['postgres', 'address'], profile.postgres.address);
  yield* at(['temporal', 'address'], profile.temporal.address);
  for (const [id, service] of Object.entries(profile.relayminer?.services ?? {})) {
    for (const [transport, backend] of Object.entries(service.backends)) {
      const path = ['relayminer', 'services', id, 'backends', transport];
      yield* at([...path, 'url'], backend?.url);
      for (const [index, item] of (backend?.urls ?? []).entries()) {
        yield* typeof item === 'string'
          ? at([...path, 'urls', index], item)
          : at([...path, 'urls', index, 'url'], item.url);
      }
    }
  }
}

/** Where a URL, or `host:port`, leads; IPv6 without brackets. */
export function hostAndPort(address: string): { host: string; port: number } {
  const url = new URL(address.includes('://') ? address : `tcp://${address}`);
  const fallback = /^(?:https|wss):$/.test(url.protocol) ? 443 : 80;
  const host = url.hostname.replace(/^\[|\]$/g, '');
  return { host, port: url.port ? Number(url.port) : fallback };
}
