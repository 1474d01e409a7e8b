/** The groups of a profile, each a list of host names. */
export const GROUPS = [
  'provider_hosts',
  'postgres_hosts',
  'temporal_hosts',
  'redis_hosts',
  'relay_relayers',
  'relay_miners',
  'reverse_proxy_hosts',
] as const;
/** The name of a group. */
export type GroupName = (typeof GROUPS)[number];

/** The roles a host can have, in the order in which they are deployed by default. */
export const ROLES = [
  'common',
  'install-docker',
  'images',
  'redis',
  'postgres',
  'temporal',
  'provider',
  'relayminer',
  'reverse-proxy',
] as const;
/** The name of a role, which is also the name of its script. */
export type RoleName = (typeof ROLES)[number];

/** The stages of a deploy when the profile has no `order`: roles within one stage run side by side. */
export const DEFAULT_ORDER: readonly (RoleName | readonly RoleName[])[] = [
  'common',
  'install-docker',
  'images',
  ['redis', 'postgres'],
  'temporal',
  ['provider', 'relayminer'],
  'reverse-proxy',
];

/** What has to be there before a role: an `order` that contradicts it is refused. */
export const ROLE_NEEDS: Record<RoleName, readonly RoleName[]> = {
  common: [],
  'install-docker': ['common'],
  images: ['install-docker'],
  redis: ['images'],
  postgres: ['images'],
  temporal: ['images', 'postgres'],
  provider: ['images', 'postgres', 'temporal'],
  relayminer: ['images', 'redis'],
  'reverse-proxy': ['images', 'relayminer'],
};

/** The role that a member of a group has, beside `common`, `install-docker` and `images`, which every host has. */
export const GROUP_ROLE: Record<GroupName, RoleName> = {
  provider_hosts: 'provider',
  postgres_hosts: 'postgres',
  temporal_hosts: 'temporal',
  redis_hosts: 'redis',
  relay_relayers: 'relayminer',
  relay_miners: 'relayminer',
  reverse_proxy_hosts: 'reverse-proxy',
};
