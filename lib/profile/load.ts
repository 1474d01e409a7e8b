import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { parse } from 'yaml';
import type { RoleName } from './roles.ts';
import { type Profile, profileSchema } from './schema.ts';

/** A validated manifest and where it came from. */
export interface LoadedProfile {
  name: string;
  /** Absolute path; absent for a profile made from flags. */
  path?: string;
  profile: Profile;
}

export function loadProfile(path: string): LoadedProfile {
  const profile = profileSchema.parse(parse(readFileSync(path, 'utf8')));
  return { name: profile.name ?? basename(path).replace(/\.ya?ml$/, ''), path, profile };
}

export function profileFromFlags(
  host: string,
  role: RoleName,
  settings: Record<string, unknown>,
): LoadedProfile {
  const profile = profileSchema.parse({
    pocket_network: 'local',
    hosts: { [host]: host },
    ...settings,
  });
  return { name: role, profile };
}
