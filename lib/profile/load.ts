import { basename, resolve } from 'node:path';
import type * as z from 'zod';
import { problemsOf, withoutExplained } from './issues.ts';
import { resolvePaths } from './paths.ts';
import { type Problem, ProfileError } from './problem.ts';
import { readProfile, shownPath } from './read.ts';
import { GROUP_ROLE, type GroupName, type RoleName } from './roles.ts';
import { RULES } from './rules/all.ts';
import { placeholdersIn } from './rules/placeholders.ts';
import { type Profile, profileSchema } from './schema.ts';
import { type Path, placeAt, plain, type Tree, treeAt, treeOf } from './tree.ts';

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
        expected: `expected it, because the name of the file is not of lower case letters, digits and dashes: add a line such as name: ${nameLike(name)}`,
      },
    ]);
  }
  return { name, path: absolute, profile };
}

/** A name that a deployment can have, as near as possible to one that it cannot. */
function nameLike(text: string): string {
  const words = text.toLowerCase().match(/[a-z0-9]+/g) ?? ['my', 'node'];
  return words.join('-').slice(0, 63);
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
  const groups = Object.fromEntries(
    ALONE[role].filter((group) => !isExternal(settings, group)).map((group) => [group, [name]]),
  );
  // The network matters to these only; they have no default, so that nobody joins one by accident.
  const network = ['provider', 'middleman', 'relayminer', 'pocketd'].includes(role)
    ? {}
    : { pocket_network: 'main' };
  const tree = treeOf({ ...network, ...settings, hosts: { [name]: host }, ...groups });
  const slug = host
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .slice(0, 50);
  return { name: `host-${slug}`, profile: validate(tree, [], NOT_ALONE[role]) };
}

/** Whether the flags say that a group's service is a managed one. */
function isExternal(settings: Record<string, unknown>, group: GroupName): boolean {
  const service = settings[GROUP_ROLE[group]];
  return typeof service === 'object' && (service as { mode?: unknown }).mode === 'external';
}

/** The groups that a role run alone needs on its host. */
const ALONE: Record<RoleName, readonly GroupName[]> = {
  common: [],
  firewall: [],
  pocketd: ['pocket_cli_hosts'],
  middleman: ['postgres_hosts', 'temporal_hosts', 'middleman_hosts', 'reverse_proxy_hosts'],
  exporters: ['monitoring_hosts'],
  monitoring: ['monitoring_hosts'],
  'install-docker': [],
  images: [],
  redis: ['redis_hosts'],
  postgres: ['postgres_hosts'],
  temporal: ['postgres_hosts', 'temporal_hosts'],
  provider: ['postgres_hosts', 'temporal_hosts', 'provider_hosts'],
  relayminer: ['redis_hosts', 'relay_relayers', 'relay_miners'],
  'reverse-proxy': ['redis_hosts', 'relay_relayers', 'relay_miners', 'reverse_proxy_hosts'],
};

/** What a role run alone cannot know and does not need: a host without groups, what only others of the host read. */
const NOT_ALONE: Partial<Record<RoleName, (path: Path) => boolean>> = {
  common: isHost,
  firewall: isHost,
  'install-docker': isHost,
  images: isHost,
  middleman: (path) => path[0] === 'reverse_proxy',
  'reverse-proxy': (path) => path[0] === 'relayminer',
};

function isHost(path: Path): boolean {
  return path[0] === 'hosts' && path.length === 2;
}

function validate(
  written: Tree,
  before: readonly Problem[],
  ignored: (path: Path) => boolean = () => false,
): Profile {
  const tree = resolvePaths(written);
  const result = profileSchema.safeParse(plain(tree));
  const issues = result.success ? [] : result.error.issues;
  const problems = [...before, ...placeholdersIn(written)];
  const placeholders = new Set(problems.map(({ path }) => path.join('.')));
  problems.push(
    ...problemsOf(issues, tree).filter(({ path }) => !placeholders.has(path.join('.'))),
  );
  // Misspelt keys are no reason to hold back what else is wrong.
  const shape = result.success ? result : profileSchema.safeParse(plain(withoutKeys(tree, issues)));
  if (shape.success) {
    for (const rule of RULES) {
      rule(shape.data, (path, expected, suggestion) => {
        if (!ignored(path)) problems.push({ ...placeAt(tree, path), path, expected, suggestion });
      });
    }
  }
  if (problems.length > 0 || !result.success)
    throw new ProfileError(sorted(withoutExplained(problems)));
  return result.data;
}

function withoutKeys(tree: Tree, issues: readonly z.core.$ZodIssue[]): Tree {
  const copy = structuredClone(tree);
  for (const issue of issues) {
    if (issue.code !== 'unrecognized_keys') continue;
    const parent = treeAt(
      copy,
      issue.path.map((key) => (typeof key === 'number' ? key : String(key))),
    );
    if (parent?.kind === 'map') for (const key of issue.keys) parent.entries.delete(key);
  }
  return copy;
}

function sorted(problems: readonly Problem[]): Problem[] {
  return problems.toSorted((a, b) =>
    a.file === b.file ? (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0) : 0,
  );
}
