import type * as z from 'zod';
import { knownKeys } from './json-schema.ts';
import { type Problem, show } from './problem.ts';
import { GROUPS } from './roles.ts';
import { suggest } from './suggest.ts';
import { type Path, placeAt, type Tree, treeAt } from './tree.ts';

type Issue = z.core.$ZodIssue;

/** Turns what the schema says about a tree into located problems, one per place. */
export function problemsOf(issues: readonly Issue[], tree: Tree): Problem[] {
  const first = new Map<string, Problem>();
  for (const problem of issues.flatMap((issue) => problemsOfIssue(issue, [], tree))) {
    const path = problem.path.join('.');
    if (!first.has(path)) first.set(path, problem);
  }
  return [...first.values()];
}

/** Leaves out what is missing, or has nothing to do, because a key is misspelt: that key is the problem. */
export function withoutExplained(problems: readonly Problem[]): Problem[] {
  const misspelt = new Set(
    problems
      .filter(({ suggestion, expected }) => suggestion && expected.startsWith('unknown key'))
      .map(({ path, suggestion }) => [...path.slice(0, -1), suggestion].join('.')),
  );
  const groupIsMisspelt = GROUPS.some((group) => misspelt.has(group));
  return problems.filter(
    ({ path, value, expected }) =>
      !(misspelt.has(path.join('.')) && (value ?? expected).startsWith('missing')) &&
      !(groupIsMisspelt && expected.startsWith('is in no group')),
  );
}

function problemsOfIssue(issue: Issue, parent: Path, tree: Tree): Problem[] {
  const path = [
    ...parent,
    ...issue.path.map((key) => (typeof key === 'number' ? key : String(key))),
  ];
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      ...placeAt(tree, [...path, key], 'key'),
      path: [...path, key],
      expected: `unknown key "${key.slice(0, 60)}"`,
      suggestion: suggest(key, knownKeys(path)),
    }));
  }
  if (issue.code === 'invalid_union') {
    // The form that was meant is the one that accepts this kind of value and complains about what is in it.
    const wrongKind = treeAt(tree, path)?.kind === 'scalar' ? SCALAR_REFUSED : COLLECTION_REFUSED;
    const meant = issue.errors.find((errors) =>
      errors.every((error) => error.path.length > 0 || !wrongKind.has(error.code)),
    );
    if (meant?.length) return meant.flatMap((error) => problemsOfIssue(error, path, tree));
  }
  if (issue.code === 'invalid_key') {
    return [
      {
        ...placeAt(tree, path, 'key'),
        path,
        expected: `expected ${issue.issues[0]?.message ?? 'another key'}`,
      },
    ];
  }
  const found = treeAt(tree, path);
  if (!found) {
    return [
      {
        ...placeAt(tree, path),
        path,
        value: 'missing',
        expected: `expected ${expectation(issue)}`,
      },
    ];
  }
  const value = found.kind === 'scalar' ? found.value : found.kind === 'list' ? [] : {};
  const unspaced = typeof value === 'string' ? unspacedIn(value, issue, path) : undefined;
  if (unspaced) {
    return [{ ...found.place, path, expected: `a space is missing after ${unspaced}` }];
  }
  const unquoted =
    issue.code === 'invalid_type' && issue.expected === 'string' && typeof value !== 'object';
  return [
    {
      ...found.place,
      path,
      value: mayHoldSecret(path) ? undefined : show(value),
      expected: `expected ${expectation(issue)}${unquoted ? ', in quotes' : ''}`,
      suggestion:
        issue.code === 'invalid_value' && typeof value === 'string'
          ? suggest(value, issue.values.map(String))
          : undefined,
    },
  ];
}

/** What lacks a space after it in a text that would be a mapping or a list with one: a known key, a name, or a dash. */
function unspacedIn(text: string, issue: Issue, path: Path): string | undefined {
  if (issue.code !== 'invalid_type') return undefined;
  if (issue.expected === 'array') return /^-[^\s-]/.test(text) ? '-' : undefined;
  const [, key] = /^([\w.-]{1,60}):[^\s/]/.exec(text) ?? [];
  if (key === undefined) return undefined;
  const known = issue.expected === 'object' && knownKeys(path).includes(key);
  const named = issue.expected === 'record' && !mayHoldSecret(path);
  return known || named ? `${key}:` : undefined;
}

/** Whether a value at a path may be a secret, so that no message repeats it. */
export function mayHoldSecret(path: Path): boolean {
  return path.some((key) =>
    /^(?:secrets|headers|authentication|keys_file)$|password|token/.test(String(key)),
  );
}

const SCALAR_REFUSED = new Set<string>(['invalid_type']);
const COLLECTION_REFUSED = new Set<string>(['invalid_type', 'invalid_value']);

const TYPES: Record<string, string> = {
  object: 'a mapping',
  record: 'a mapping',
  array: 'a list',
  string: 'text',
  number: 'a number',
  boolean: 'true or false',
};

function expectation(issue: Issue): string {
  if (issue.code === 'invalid_type' && issue.message.startsWith('Invalid input')) {
    return TYPES[issue.expected] ?? issue.expected;
  }
  if (issue.code === 'too_small' && issue.message.startsWith('Too small')) return 'at least one';
  return issue.message;
}
