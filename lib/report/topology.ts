import type { Deployment } from '../deployment.ts';
import { HOST_ROLES, type RoleName } from '../profile/roles.ts';

/** How far from the internet what a role runs is drawn: 0 is the internet itself. */
const DISTANCE: Partial<Record<RoleName, number>> = {
  'reverse-proxy': 1,
  provider: 2,
  middleman: 2,
  relayminer: 2,
  redis: 3,
  temporal: 3,
  postgres: 4,
  monitoring: 4,
  pocketd: 4,
};

const BOX = { width: 170, line: 16, gap: 22, column: 250, margin: 20 };

interface Box {
  name: string;
  lines: string[];
  column: number;
  x: number;
  y: number;
  height: number;
}

/**
 * The derived connections as a drawing, in SVG: hosts with what runs on them from left to right by their distance from
 * the internet, what is public in one colour and what is private in another. What everything has is left out: ssh, and scrapes.
 */
export function topology(deployment: Pick<Deployment, 'hosts' | 'connections'>): string {
  const connections = deployment.connections.filter(
    ({ from, to, purpose }) => from !== 'operator' && from !== to && !/ scrapes /.test(purpose),
  );
  const boxes = placed([
    ...deployment.hosts.map(({ name, roles }) => ({ name, lines: shownRoles(roles) })),
    ...outsiders(connections),
  ]);
  const at = new Map(boxes.map((box) => [box.name, box]));
  const width = Math.max(...boxes.map(({ x }) => x)) + BOX.width + BOX.margin;
  const height = Math.max(...boxes.map(({ y, height: own }) => y + own)) + BOX.margin;
  const arrows = [...Map.groupBy(connections, ({ from, to }) => `${from}\n${to}`).values()];
  return [
    `<svg class="topology" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-labelledby="topology-title">`,
    '<title id="topology-title">Hosts, what runs on them, and who talks to whom</title>',
    '<defs><marker id="tip" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7" markerHeight="7" orient="auto-start-reverse"><path d="M0 0L8 4L0 8z"/></marker></defs>',
    ...arrows.map((same) => arrow(same, at)),
    ...boxes.map(drawn),
    '</svg>',
  ].join('\n');
}

function shownRoles(roles: readonly RoleName[]): string[] {
  const own = roles.filter((role) => !HOST_ROLES.includes(role) && role !== 'exporters');
  return own.length > 0 ? own : ['no part of its own'];
}

function outsiders(connections: readonly { from: string; to: string }[]) {
  const names = new Set(connections.flatMap(({ from, to }) => [from, to]));
  return [
    'internet',
    'pocket network',
    'backends',
    'managed Redis',
    'managed PostgreSQL',
    'managed Temporal',
  ]
    .filter((name) => names.has(name))
    .map((name) => ({ name, lines: [] as string[] }));
}

function columnOf(name: string, lines: readonly string[]): number {
  if (name === 'internet') return 0;
  if (lines.length === 0) return 5;
  const distances = lines.map((role) => DISTANCE[role as RoleName] ?? 4);
  return Math.min(...distances);
}

/** Boxes in columns, those of a column one below the other; columns that nothing is in take no room. */
function placed(things: readonly { name: string; lines: string[] }[]): Box[] {
  const columns = [...Map.groupBy(things, ({ name, lines }) => columnOf(name, lines))].toSorted(
    ([a], [b]) => a - b,
  );
  return columns.flatMap(([, mine], column) => {
    let y = BOX.margin;
    return mine.map(({ name, lines }) => {
      const height = BOX.line * (lines.length + 1) + 14;
      const box = { name, lines, column, x: BOX.margin + column * BOX.column, y, height };
      y += height + BOX.gap;
      return box;
    });
  });
}

function arrow(
  same: readonly { from: string; to: string; port: number; purpose: string }[],
  at: ReadonlyMap<string, Box>,
): string {
  const { from = '', to = '' } = same[0] ?? {};
  const [source, target] = [at.get(from), at.get(to)];
  if (!source || !target) return '';
  const ports = [...new Set(same.map(({ port }) => port))].join(', ');
  const purposes = [...new Set(same.map(({ purpose }) => purpose))].join('; ');
  const [y1, y2] = [source.y + source.height / 2, target.y + target.height / 2];
  const sameColumn = source.column === target.column;
  const forward = target.column > source.column || sameColumn;
  const x1 = forward ? source.x + BOX.width : source.x;
  const x2 = target.column > source.column ? target.x : target.x + BOX.width;
  const bend = sameColumn ? 40 : (x2 - x1) / 2;
  const [c1, c2] = sameColumn ? [x1 + bend, x2 + bend] : [x1 + bend, x2 - bend];
  const kind = from === 'internet' ? 'public' : 'private';
  return (
    `<g class="${kind}"><title>${escaped(`${from} → ${to}, port ${ports}: ${purposes}`)}</title>` +
    `<path d="M${x1} ${y1}C${c1} ${y1} ${c2} ${y2} ${x2} ${y2}" marker-end="url(#tip)"/></g>`
  );
}

function drawn({ name, lines, x, y, height }: Box): string {
  const kind = lines.length === 0 ? 'outside' : 'host';
  const texts = [name, ...lines].map(
    (line, index) =>
      `<text x="${x + 10}" y="${y + 20 + index * BOX.line}"${index === 0 ? ' class="name"' : ''}>${escaped(line)}</text>`,
  );
  return `<g class="${kind}"><rect x="${x}" y="${y}" width="${BOX.width}" height="${height}" rx="6"/>${texts.join('')}</g>`;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
