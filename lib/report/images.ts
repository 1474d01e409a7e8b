import { imagesOf } from '../images/role-images.ts';
import type { RunningImage } from '../validation/check.ts';
import { remember } from './history.ts';
import type { ReportInput } from './input.ts';
import { blocks, code, table } from './markdown.ts';

/** The images of each host, and beside them what really runs, as far as somebody has looked. */
export function images(input: ReportInput): string {
  const { deployment } = input;
  const { running } = remember(input);
  const rows = deployment.hosts.flatMap((host) => {
    const runs = running?.hosts[host.name] ?? [];
    const references = new Set([
      ...imagesOf(deployment, host),
      ...runs.map(({ reference }) => reference),
    ]);
    return [...references].map((reference) => [
      code(host.name),
      code(reference),
      ...(running ? [shown(runs.filter((one) => one.reference === reference))] : []),
    ]);
  });
  if (rows.length === 0) return '';
  return blocks(
    table(['Host', 'Image', ...(running ? ['Digest of what runs'] : [])], rows),
    running
      ? `The digests are those that ran at ${code(running.seen)}. An image that came from no registry, as from a bundle, has an id instead. What was not seen running is stopped, or works during a deploy only.`
      : 'Which digests really run is not known, since the hosts have not been asked: with `--validate` this report names them.',
  );
}

function shown(runs: readonly RunningImage[]): string {
  const each = runs.map(({ id, digest }) => (digest ? code(digest) : `id ${code(id)}`));
  return [...new Set(each)].join('<br>') || 'not seen running';
}
