import { createHash, type Hash } from 'node:crypto';
import { cpSync, mkdtempSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { cachePath } from '../../fleet/cache.ts';

const PROJECT = resolve(import.meta.dirname, '../../..');
/** The packages that the stand-ins import; what those depend on comes along. */
const PACKAGES = ['@noble/curves', 'pg', 'yaml', 'zod'];

/** The paths below the build context that a Dockerfile copies. */
export function copiedPaths(dockerfile: string): string[] {
  const joined = dockerfile.replaceAll(/\\\n/g, ' ');
  const words = [...joined.matchAll(/^COPY\s+(.+)$/gm)].map((match) =>
    match[1]!.trim().split(/\s+/),
  );
  const sources = words
    .filter((line) => !line.some((word) => word.startsWith('--from=')))
    .flatMap((line) => line.filter((word) => !word.startsWith('--')).slice(0, -1));
  return [...new Set(sources)].map((path) => path.replace(/\/+$/, '')).sort();
}

/** A hash over the content of these paths; for `node_modules` that of the lock file, which determines it. */
export function hashPaths(context: string, paths: string[]): string {
  const hash = createHash('sha256');
  for (const path of paths) {
    if (path === 'node_modules') hash.update(readFileSync(join(PROJECT, 'package-lock.json')));
    else hashTree(hash, context, path);
  }
  return hash.digest('hex');
}

/** Paths count as they are below the context: every checkout of the same sources has the same images. */
function hashTree(hash: Hash, context: string, path: string): void {
  const absolute = join(context, path);
  const stat = statSync(absolute);
  if (stat.isFile()) {
    hash.update(`${path} ${stat.mode & 0o111} ${stat.size}\0`).update(readFileSync(absolute));
    return;
  }
  for (const name of readdirSync(absolute).sort()) hashTree(hash, context, join(path, name));
}

/** Puts exactly these paths, and nothing else, into a fresh directory to build from, and returns it. */
export function stage(name: string, context: string, paths: string[]): string {
  const prefix = cachePath('lab', 'contexts', `${name.replaceAll(/[^a-z0-9.]/g, '-')}-`);
  const directory = mkdtempSync(prefix);
  for (const path of paths) {
    if (path === 'node_modules') stagePackages(join(directory, path), PACKAGES);
    else cpSync(join(context, path), join(directory, path), { recursive: true, dereference: true });
  }
  return directory;
}

function stagePackages(target: string, names: string[], done = new Set<string>()): void {
  for (const name of names.filter((candidate) => !done.has(candidate))) {
    done.add(name);
    const source = join(PROJECT, 'node_modules', name);
    cpSync(source, join(target, name), {
      recursive: true,
      filter: (path) => !/\.d\.[cm]?ts$|\.map$|\/src$/.test(path),
    });
    const manifest = JSON.parse(readFileSync(join(source, 'package.json'), 'utf8'));
    stagePackages(target, Object.keys(manifest.dependencies ?? {}), done);
  }
}
