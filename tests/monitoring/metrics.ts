import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What a metric is, as its exporter says. */
export type MetricType = 'counter' | 'gauge' | 'histogram' | 'summary' | 'untyped';

const directory = join(import.meta.dirname, 'known-metrics');
const lines = (name: string) =>
  readFileSync(join(directory, name), 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));

/** Every metric that the deployed software is known to write. */
export const KNOWN_METRICS: ReadonlyMap<string, MetricType> = new Map(
  readdirSync(directory)
    .filter((name) => name !== 'never-written.txt')
    .flatMap(lines)
    .flatMap((line) => {
      const [name = '', type] = line.split(' ') as [string, MetricType];
      if (type !== 'histogram') return [[name, type] as const];
      return ['_bucket', '_sum', '_count'].map((end) => [name + end, 'counter'] as const);
    }),
);

/** The beginnings of names that exist upstream and never have a value. */
export const NEVER_WRITTEN: readonly string[] = lines('never-written.txt');

const KEYWORDS = new Set(
  'and or unless by without on ignoring group_left group_right offset bool atan2 inf nan'.split(
    ' ',
  ),
);

/** The metric names in a PromQL expression. */
export function namesIn(expression: string): string[] {
  const bare = expression
    .replaceAll(/"(?:\\.|[^"\\])*"/g, '""')
    .replaceAll(/\{[^}]*\}/g, ' ')
    .replaceAll(/\[[^\]]*\]/g, ' ')
    .replaceAll(/\b(?:by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)/g, ' ')
    .replaceAll(/\boffset\s+\S+/g, ' ');
  const words = [...bare.matchAll(/(?<![\w:.])[A-Za-z_:][\w:]*(?!\w*\s*\()/g)].map(
    ([word]) => word,
  );
  return [...new Set(words)].filter((word) => !KEYWORDS.has(word.toLowerCase()));
}

/** The metrics whose growth an expression asks for, which only counters have. */
export function growthsIn(expression: string): string[] {
  return [...expression.matchAll(/\b(?:rate|irate|increase)\s*\(\s*([\w:]+)/g)].map(
    ([, name]) => name!,
  );
}
