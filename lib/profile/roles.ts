/** The groups of a profile, each a list of host names. */
export const GROUPS = [
  'provider_hosts',
  'middleman_hosts',
  'postgres_hosts',
  'temporal_hosts',
  'redis_hosts',
  'relay_relayers',
  'relay_miners',
  'reverse_proxy_hosts',
  'monitoring_hosts',
  'pocket_cli_hosts',
] as const;
/** The name of a group. */
export type GroupName = (typeof GROUPS)[number];

/** The roles a host can have, in the order in which they are deployed by default. */
export const ROLES = [
  'common',
  'firewall',
  'install-docker',
  'images',
  'pocketd',
  'redis',
  'postgres',
  'temporal',
  'provider',
  'middleman',
  'relayminer',
  'exporters',
  'reverse-proxy',
  'monitoring',
] as const;
/** The name of a role, which is also the name of its script. */
export type RoleName = (typeof ROLES)[number];

/** The stages of a deploy when the profile has no `order`: roles within one stage run side by side. */
export const DEFAULT_ORDER: readonly (RoleName | readonly RoleName[])[] = [
  'common',
  'firewall',
  ['install-docker', 'pocketd'],
  'images',
  ['redis', 'postgres'],
  'temporal',
  ['provider', 'middleman', 'relayminer'],
  ['reverse-proxy', 'exporters', 'monitoring'],
];

/** What has to be there before a role: an `order` that contradicts it is refused. */
export const ROLE_NEEDS: Record<RoleName, readonly RoleName[]> = {
  common: [],
  firewall: ['common'],
  'install-docker': ['common'],
  images: ['install-docker'],
  pocketd: ['common'],
  redis: ['images'],
  postgres: ['images'],
  temporal: ['images', 'postgres'],
  provider: ['images', 'postgres', 'temporal'],
  middleman: ['images', 'postgres', 'temporal'],
  relayminer: ['images', 'redis'],
  exporters: ['images'],
  'reverse-proxy': ['images', 'relayminer', 'provider', 'middleman'],
  monitoring: ['images'],
};

/** Roles that come with the host: another role needs them on its own host only. */
export const HOST_ROLES: readonly RoleName[] = ['common', 'firewall', 'install-docker', 'images'];

/** The role that a member of a group has, beside those that come with the host. */
export const GROUP_ROLE: Record<GroupName, RoleName> = {
  provider_hosts: 'provider',
  middleman_hosts: 'middleman',
  postgres_hosts: 'postgres',
  temporal_hosts: 'temporal',
  redis_hosts: 'redis',
  relay_relayers: 'relayminer',
  relay_miners: 'relayminer',
  reverse_proxy_hosts: 'reverse-proxy',
  monitoring_hosts: 'monitoring',
  pocket_cli_hosts: 'pocketd',
};
