import { resolve } from 'node:path';
import { type Connection, deriveConnections } from './connections.ts';
import { deriveEndpoints, type Endpoints } from './endpoints.ts';
import { home } from './home.ts';
import { type Host, hostsOf } from './hosts.ts';
import { type Network, networkOf } from './network.ts';
import type { PortName } from './ports.ts';
import { type ImageName, redisFloor } from './profile/images.ts';
import { type LoadedProfile, loadProfile, profileFromFlags } from './profile/load.ts';
import { membersOf } from './profile/membership.ts';
import { publishersOf } from './profile/publishers.ts';
import { DEFAULT_ORDER, type GroupName, type RoleName } from './profile/roles.ts';
import type { Profile } from './profile/schema.ts';

export type { Host } from './hosts.ts';
export type { Network } from './network.ts';

/** A loaded, validated profile with everything that follows from it. */
export interface Deployment extends Endpoints {
  name: string;
  /** Absolute path of the manifest; absent when the deployment was made from flags. */
  profilePath?: string;
  /** Absolute path of what is kept about the deployment on the operator's machine. */
  directory: string;
  profile: Profile;
  network: Network;
  hosts: Host[];
  /** The hosts of a group, in the profile's order; empty when its component is disabled. */
  group(name: GroupName): Host[];
  /** The hosts that publish a port, in the order of their group. */
  publishers(service: PortName): Host[];
  /** The host of that name. Throws when there is none. */
  host(name: string): Host;
  images: Record<ImageName, string>;
  imageSource: 'registry' | 'bundle';
  /** Absolute path of the bundle. */
  bundlePath?: string;
  /** The oldest Redis the configured RelayMiner starts with. */
  redisFloor: '8.10' | '8.2';
  /** Roles by stage. */
  stages: RoleName[][];
  /** Who talks to whom. */
  connections: Connection[];
}

/**
 * Loads and validates a manifest and derives the deployment. Reads files, changes nothing, resolves no secret.
 * Throws {@link ProfileError}, which lists every problem, when the manifest cannot be used.
 * @param options.root the directory that holds `deployments/`; default: {@link home}
 */
export function loadDeployment(profilePath: string, options: { root?: string } = {}): Deployment {
  return derive(loadProfile(profilePath), options.root ?? home());
}

/** What a role that runs alone, without a manifest, knows. */
export interface AdHocOptions {
  /** `host`, `user@host:port`, `localhost`, … */
  host: string;
  role: RoleName;
  /** Settings in the shape of a profile, for example `{ redis: { maxmemory: '1gb' } }`. */
  settings?: Record<string, unknown>;
  root?: string;
}

/**
 * A deployment of one role on one host, from flags: what the role needs is taken to be on the same host. It is
 * validated like a manifest; problems name the flag (`redis.maxmemory` is `--redis-maxmemory`).
 * Throws {@link ProfileError}.
 */
export function adHocDeployment(options: AdHocOptions): Deployment {
  const { host, role, settings = {}, root = home() } = options;
  const deployment = derive(profileFromFlags(host, role, settings), root);
  // A role that follows from others, such as Docker, has none of them here.
  for (const { roles } of deployment.hosts) if (!roles.includes(role)) roles.push(role);
  return deployment;
}

function derive(loaded: LoadedProfile, root: string): Deployment {
  const { profile } = loaded;
  const { source, bundle, ...images } = profile.images;
  const hosts = hostsOf(profile);
  const host = (name: string) => {
    const found = hosts.find((one) => one.name === name);
    if (!found) throw new Error(`the profile has no host "${name}"`);
    return found;
  };
  const group = (name: GroupName) => membersOf(profile, name).map(host);
  const publishers = (service: PortName) => publishersOf(profile, service).map(host);
  const connections = deriveConnections(profile, hosts);
  return {
    name: loaded.name,
    profilePath: loaded.path,
    directory: resolve(root, 'deployments', loaded.name),
    profile,
    network: networkOf(profile),
    hosts,
    host,
    group,
    publishers,
    images,
    imageSource: source,
    bundlePath: bundle,
    redisFloor: redisFloor(images.relayminer),
    stages: (profile.order ?? DEFAULT_ORDER).map((stage) =>
      typeof stage === 'string' ? [stage] : [...stage],
    ),
    connections,
    ...deriveEndpoints(publishers, connections, profile),
  };
}
