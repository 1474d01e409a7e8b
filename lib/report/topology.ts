import type { Deployment, Host } from '../deployment.ts';
import { PORT_NAMES, PORTS } from '../ports.ts';
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

/** What is not a host of the deployment and is connected to from one. */
const OUTSIDE = [
  'pocket network',
  'backends',
  'managed Redis',
  'managed PostgreSQL',
  'managed Temporal',
];

const BOX = { width: 175, line: 16, gap: 22, column: 250, margin: 20 };

/** How many ports have room on one line of a box. */
const PORTS_A_LINE = 3;

/** Where lines go around boxes: how far from a box the first of them is, and how far each is from the next. */
const LANE = { first: 14, next: 8 };

/** What is written into a box below its name. */
interface Line {
  text: string;
  kind: 'role' | 'ports';
}

interface Box {
  name: string;
  lines: readonly Line[];
  kind: 'host' | 'outside';
  column: number;
  x: number;
  y: number;
  height: number;
}

type Unplaced = Pick<Box, 'name' | 'lines' | 'kind' | 'column'>;

type Arrow = Pick<Deployment['connections'][number], 'from' | 'to' | 'port' | 'purpose'>;

/**
 * The derived connections as a drawing, in SVG: hosts with what runs on them and its ports, from left to right by their
 * distance from the internet, and below them what is somebody else's. Lines that would pass behind a box go around it:
 * below to what is somebody else's, else above. What everything has is left out: ssh, and scrapes.
 */
export function topology(
  deployment: Pick<Deployment, 'hosts' | 'connections' | 'publishers'>,
): string {
  const connections = deployment.connections.filter(
    ({ from, to, purpose }) => from !== 'operator' && from !== to && !/ scrapes /.test(purpose),
  );
  const inside = withoutEmptyColumns([
    ...deployment.hosts.map((host) => hostBox(deployment, host)),
    ...internet(connections),
  ]);
  const columns = new Map(inside.map(({ name, column }) => [name, column]));
  const isLong = ({ from, to }: Arrow) =>
    Math.abs((columns.get(from) ?? NaN) - (columns.get(to) ?? NaN)) > 1;
  const above = [...new Set(connections.filter(isLong).map(({ to }) => to))];

  const boxes = stacked(inside, BOX.margin + above.length * LANE.next);
  const last = Math.max(...columns.values());
  const outside = stacked(outsideBoxes(connections, last), bottomOf(boxes));
  const at = new Map([...boxes, ...outside].map((box) => [box.name, box]));
  const drawnArrow = (same: readonly Arrow[]) => {
    const [{ from, to } = { from: '', to: '' }] = same;
    const [source, target] = [at.get(from), at.get(to)];
    if (!source || !target) return '';
    if (target.kind === 'outside')
      return arrow(same, below(source, target, outside.indexOf(target)));
    const lane = above.indexOf(to);
    return arrow(
      same,
      same.some(isLong) ? over(source, target, lane, outside.length) : curve(source, target),
    );
  };
  const arrows = [...Map.groupBy(connections, ({ from, to }) => `${from}\n${to}`).values()];

  const width = BOX.margin + (last + 1) * BOX.column;
  const legendAt = bottomOf([...boxes, ...outside]);
  const height = legendAt + 2 * BOX.line + BOX.margin;
  return [
    `<svg class="topology" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-labelledby="topology-title">`,
    '<title id="topology-title">Hosts, what runs on them, and who talks to whom</title>',
    `<defs>${tip('tip')}${tip('tip-public')}</defs>`,
    ...arrows.map(drawnArrow),
    ...[...boxes, ...outside].map(drawn),
    legend('thick', 'thick: public, from everywhere on the internet', legendAt),
    legend('thin', 'thin: private, between hosts or outwards', legendAt + BOX.line),
    '</svg>',
  ].join('\n');
}

/** A host with its roles, and the ports that each publishes there. */
function hostBox({ publishers }: Pick<Deployment, 'publishers'>, host: Host): Unplaced {
  const roles = host.roles.filter((role) => !HOST_ROLES.includes(role) && role !== 'exporters');
  const portsOf = (role: RoleName) =>
    PORT_NAMES.filter(
      (name) =>
        PORTS[name].role === role && publishers(name).some(({ name: one }) => one === host.name),
    ).map((name) => PORTS[name].port);
  const lines = roles.flatMap((role): Line[] => [
    { text: role, kind: 'role' },
    ...portLines(portsOf(role)),
  ]);
  return {
    name: host.name,
    lines: lines.length > 0 ? lines : [{ text: 'no part of its own', kind: 'role' }],
    kind: 'host',
    column: Math.min(4, ...roles.map((role) => DISTANCE[role] ?? 4)),
  };
}

function internet(connections: readonly Arrow[]): Unplaced[] {
  const isUsed = connections.some(({ from }) => from === 'internet');
  return isUsed ? [{ name: 'internet', lines: [], kind: 'outside', column: 0 }] : [];
}

function outsideBoxes(connections: readonly Arrow[], column: number): Unplaced[] {
  return OUTSIDE.flatMap((name): Unplaced[] => {
    const ports = connections.filter(({ to }) => to === name).map(({ port }) => port);
    return ports.length > 0 ? [{ name, lines: portLines(ports), kind: 'outside', column }] : [];
  });
}

function portLines(ports: readonly number[]): Line[] {
  const each = [...new Set(ports)];
  const lines: Line[] = [];
  for (let index = 0; index < each.length; index += PORTS_A_LINE) {
    const some = each.slice(index, index + PORTS_A_LINE);
    lines.push({ text: `${some.length > 1 ? 'ports' : 'port'} ${some.join(', ')}`, kind: 'ports' });
  }
  return lines;
}

/** Columns that nothing is in take no room. */
function withoutEmptyColumns(boxes: readonly Unplaced[]): Unplaced[] {
  const used = [...new Set(boxes.map(({ column }) => column))].toSorted((a, b) => a - b);
  return boxes.map((box) => ({ ...box, column: used.indexOf(box.column) }));
}

/** Boxes in their columns, those of a column one below the other. */
function stacked(boxes: readonly Unplaced[], top: number): Box[] {
  return [...Map.groupBy(boxes, ({ column }) => column).values()].flatMap((mine) => {
    let y = top;
    return mine.map((box) => {
      const height = BOX.line * (box.lines.length + 1) + 14;
      const placed = { ...box, x: BOX.margin + box.column * BOX.column, y, height };
      y += height + BOX.gap;
      return placed;
    });
  });
}

function bottomOf(boxes: readonly Box[]): number {
  return Math.max(...boxes.map(({ y, height }) => y + height)) + BOX.gap;
}

function middleOf({ y, height }: Box): number {
  return y + height / 2;
}

/** From a box to one beside it, or in the same column. */
function curve(source: Box, target: Box): string {
  const [y1, y2] = [middleOf(source), middleOf(target)];
  const sameColumn = source.column === target.column;
  const forward = target.column > source.column || sameColumn;
  const x1 = forward ? source.x + BOX.width : source.x;
  const x2 = target.column > source.column ? target.x : target.x + BOX.width;
  const bend = sameColumn ? 40 : (x2 - x1) / 2;
  const [c1, c2] = sameColumn ? [x1 + bend, x2 + bend] : [x1 + bend, x2 - bend];
  return `M${x1} ${y1}C${c1} ${y1} ${c2} ${y2} ${x2} ${y2}`;
}

/** From a box to one that is more than a column away; the lanes that lead below are nearer to the box. */
function over(source: Box, target: Box, lane: number, below: number): string {
  const forward = target.column > source.column;
  const [sourceSide, targetSide] = forward ? [BOX.width, 0] : [0, BOX.width];
  const [x1, x2] = [source.x + sourceSide, target.x + targetSide];
  const away = (forward ? 1 : -1) * (LANE.first + (below + lane) * LANE.next);
  const y = BOX.margin / 2 + lane * LANE.next;
  return `M${x1} ${middleOf(source)}H${x1 + away}V${y}H${x2 - away}V${middleOf(target)}H${x2}`;
}

/** From a box to one below them all. */
function below(source: Box, target: Box, lane: number): string {
  const [x1, y] = [source.x + BOX.width, middleOf(target)];
  const x2 = source.column < target.column ? target.x : target.x + BOX.width;
  return `M${x1} ${middleOf(source)}H${x1 + LANE.first + lane * LANE.next}V${y}H${x2}`;
}

function arrow(same: readonly Arrow[], path: string): string {
  const { from = '', to = '' } = same[0] ?? {};
  const ports = [...new Set(same.map(({ port }) => port))].join(', ');
  const purposes = [...new Set(same.map(({ purpose }) => purpose))].join('; ');
  const [kind, head] = from === 'internet' ? ['public', 'tip-public'] : ['private', 'tip'];
  return (
    `<g class="${kind}"><title>${escaped(`${from} → ${to}, port ${ports}: ${purposes}`)}</title>` +
    `<path d="${path}" marker-end="url(#${head})"/></g>`
  );
}

function tip(id: string): string {
  return `<marker id="${id}" viewBox="0 0 8 8" refX="8" refY="4" markerUnits="userSpaceOnUse" markerWidth="9" markerHeight="9" orient="auto-start-reverse"><path d="M0 0L8 4L0 8z"/></marker>`;
}

function drawn({ name, lines, kind, x, y, height }: Box): string {
  const texts = [{ text: name, kind: 'name' }, ...lines].map(
    (line, index) =>
      `<text class="${line.kind}" x="${x + (line.kind === 'ports' ? 18 : 10)}" y="${y + 20 + index * BOX.line}">${escaped(line.text)}</text>`,
  );
  return `<g class="${kind}"><rect x="${x}" y="${y}" width="${BOX.width}" height="${height}" rx="6"/>${texts.join('')}</g>`;
}

function legend(kind: 'thick' | 'thin', text: string, y: number): string {
  return `<g class="legend"><path class="${kind}" d="M${BOX.margin} ${y}h30"/><text x="${BOX.margin + 40}" y="${y + 4}">${text}</text></g>`;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
