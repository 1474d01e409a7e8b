import { userInfo } from 'node:os';
import { isPrivateAddress, parseAddress } from './profile/address.ts';
import { rolesOf } from './profile/membership.ts';
import type { RoleName } from './profile/roles.ts';
import type { Profile } from './profile/schema.ts';

/** A host of a deployment. */
export interface Host {
  /** Its name in the profile. */
  name: string;
  /** What ssh connects to: a name, an IP address without brackets, or an alias of the ssh configuration. */
  address: string;
  user?: string;
  port?: number;
  /** Absolute path of the private key. */
  identityFile?: string;
  /** Whether this is the operator's own machine, worked on without ssh. */
  local: boolean;
  /** The IP address at which other hosts reach it. */
  privateAddress?: string;
  /** What runs on it, in the order of {@link ROLES}. */
  roles: RoleName[];
}

/** The hosts of a profile, with what follows from their addresses and groups. */
export function hostsOf(profile: Profile): Host[] {
  return Object.entries(profile.hosts).map(([name, given]) => {
    const settings = typeof given === 'string' ? { address: given } : given;
    const { address, user, port } = parseAddress(settings.address);
    return {
      name,
      address,
      user: settings.user ?? user,
      port: settings.port ?? port,
      identityFile: settings.identity_file,
      local: address === 'localhost',
      privateAddress: settings.private_address ?? (isPrivateAddress(address) ? address : undefined),
      roles: rolesOf(profile, name),
    };
  });
}

/**
 * What goes before a command that needs root on a host. (Where the profile names nobody, ssh logs in under the name of who
 * calls it, or as the ssh configuration says, which may be root: then sudo does no harm.)
 */
export function becomeRoot({ user, local }: Host): string {
  const name = local ? undefined : user;
  return (name ?? userInfo().username) === 'root' ? '' : 'sudo -n ';
}
