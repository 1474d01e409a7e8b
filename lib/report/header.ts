import { usesStandIns } from '../images/stand-ins.ts';
import { ownText, ROOT } from '../own-files.ts';
import { shortPath } from '../short-path.ts';
import type { ReportInput } from './input.ts';
import { blocks, code, moment, table } from './markdown.ts';

/** What the report is about, and whether the software in it is the real one. */
export function header({ deployment, now }: ReportInput): string {
  const { name, network, profilePath } = deployment;
  const rows = [
    ['Network', code(network.name)],
    ['Chain id', code(network.chainId)],
    ['Profile', profilePath === undefined ? 'none: made from flags' : code(shortPath(profilePath))],
    ['Written', code(moment(now))],
    ['Commands are typed in', directory()],
    ['By', `Pocket Automations ${code(toolVersion())}`],
  ];
  return blocks(
    `# Deployment ${code(name)}`,
    table(['', ''], rows),
    standInNotice(usesStandIns(deployment)),
    'This file holds no secret. It names hosts and addresses, so it is readable by you alone.',
  );
}

function standInNotice(images: readonly string[]): string {
  if (images.length === 0) return '';
  return `> **This is a lab with stand-ins**: ${images.map(code).join(', ')}. Nothing here can earn or stake. \`standin/…\` only behaves like the software it is named after; \`debian/…\` is the real software from Debian’s packages instead of the published image.`;
}

/** Paths in commands begin at the directory that the report was written from, and scripts are the project’s own. */
function directory(): string {
  const here = process.cwd();
  return here === ROOT ? code(here) : `${code(here)}; \`scripts/\` is in ${code(ROOT)}`;
}

function toolVersion(): string {
  const file = ownText('package.json');
  return (JSON.parse(file) as { version: string }).version;
}
