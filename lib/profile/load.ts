import { basename, dirname, resolve } from 'node:path';
import { problemsOf } from './issues.ts';
import { resolvePaths } from './paths.ts';
import { type Problem, ProfileError } from './problem.ts';
import { readProfile, shownPath } from './read.ts';
import { type RoleName } from './roles.ts';
import { RULES } from './rules/all.ts';
import { placeholdersIn } from './rules/placeholders.ts';
import { type Profile, profileSchema } from './schema.ts';
import { type Path, placeAt, plain, type Tree, treeOf } from './tree.ts';

/** A validated manifest and where it came from. */
export interface LoadedProfile {
  name: string;
  /** Absolute path; absent for a profile made from flags. */
  path?: string;
  profile: Profile;
}

/**
 * Loads a manifest with what it extends and validates it. Paths in it become absolute.
 * Throws {@link ProfileError} with every problem.
 */
export function loadProfile(path: string): LoadedProfile {
  const absolute = resolve(path);
  const { tree, problems } = readProfile(absolute);
  if (!tree) throw new ProfileError(problems);
  const profile = validate(tree, problems);
  const name = profile.name ?? basename(absolute).replace(/\.ya?ml$/i, '');
  if (!/^[a-z0-9][a-z0-9-]{0,62}$/.test(name)) {
    throw new ProfileError([
      {
        file: shownPath(absolute),
        line: 1,
        column: 1,
        path: ['name'],
        value: 'missing',
        expected: 'expected it, because the name of the file is not of lower case letters, digits and dashes',
      },
    ]);
  }
  return { name, path: absolute, profile };
}

/**
 * Validates what the flags of a role run alone say. The groups that the role needs are taken to be on its host.
 * Throws {@link ProfileError}, whose problems name flags.
 */
export function profileFromFlags(
  host: string,
  role: RoleName,
  settings: Record<string, unknown>,
): LoadedProfile {
  const name = 'host';
  const groups = Object.fromEntries(ALONE[role].map((group) => [group, [name]]));
  const tree = treeOf({ pocket_network: 'local', ...settings, hosts: { [name]: host }, ...groups });
  // A proxy forwards to relayers whose configuration is none of its business.
  const foreign = (path: Path) => role === 'reverse-proxy' && path[0] === 'relayminer';
  const ownName = `host-${host.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')}`.slice(0, 60);
  return { name: ownName, profile: validate(tree, [], foreign) };
}
