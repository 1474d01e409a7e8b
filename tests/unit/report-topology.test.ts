import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { loadDeployment } from '../../lib/deployment.ts';
import { topology } from '../../lib/report/topology.ts';
import { filledProfiles, PROFILES } from '../profiles.ts';

interface Box {
  name: string;
  lines: string[];
  x: number;
  y: number;
  width: number;
  height: number;
}

function drawing(name: string): string {
  const filled = filledProfiles();
  try {
    return topology(loadDeployment(filled.path(name), { root: filled.directory }));
  } finally {
    filled.remove();
  }
}

function boxesOf(svg: string): Box[] {
  return [...svg.matchAll(/<g class="(?:host|outside)"><rect ([^>]*)\/>(.*?)<\/g>/g)].map(
    ([, rect = '', texts = '']) => {
      const [x = 0, y = 0, width = 0, height = 0] = ['x', 'y', 'width', 'height'].map((key) =>
        Number(new RegExp(`\\b${key}="([^"]+)"`).exec(rect)?.[1]),
      );
      const [name = '', ...lines] = [...texts.matchAll(/>([^<]+)<\/text>/g)].map(
        ([, text = '']) => text,
      );
      return { name, lines, x, y, width, height };
    },
  );
}

/** The points of every arrow, by its title; a curve leads through the room between columns, from its first point to its last. */
function arrowsOf(svg: string): { title: string; points: [number, number][] }[] {
  const found = svg.matchAll(/<title>([^<]+)<\/title><path d="([^"]+)"/g);
  return [...found].map(([, title = '', path = '']) => {
    let at: [number, number] = [0, 0];
    const points = [...path.matchAll(/([MHVC])([^MHVC]+)/g)].flatMap(([, letter, rest = '']) => {
      const numbers = rest.trim().split(' ').map(Number);
      if (letter === 'H') at = [numbers[0]!, at[1]];
      else if (letter === 'V') at = [at[0], numbers[0]!];
      else at = [numbers.at(-2)!, numbers.at(-1)!];
      return [at];
    });
    return { title, points };
  });
}

/** Whether the rectangle of two points has something of the inside of a box. */
function passes([x1, y1]: [number, number], [x2, y2]: [number, number], box: Box): boolean {
  return (
    Math.max(x1, x2) > box.x &&
    Math.min(x1, x2) < box.x + box.width &&
    Math.max(y1, y2) > box.y &&
    Math.min(y1, y2) < box.y + box.height
  );
}

describe('the drawing of a deployment', () => {
  test('has the ports of every role as text, and those of what is somebody else’s', () => {
    const boxes = new Map(
      boxesOf(drawing('ha-relay-mining')).map(({ name, lines }) => [name, lines]),
    );
    assert.deepEqual(boxes.get('proxy-1'), ['reverse-proxy', 'ports 80, 443']);
    assert.deepEqual(boxes.get('relayer-2'), ['relayminer', 'ports 8080, 8081, 9090']);
    assert.deepEqual(boxes.get('miner-1'), ['relayminer', 'port 9092']);
    assert.deepEqual(boxes.get('redis-3'), ['redis', 'ports 6379, 26379']);
    assert.deepEqual(boxes.get('pocket network'), ['port 443']);
    assert.deepEqual(boxes.get('backends'), ['port 8545']);
  });

  test('says what is public, by more than a colour', () => {
    const svg = drawing('all-in-one-lab');
    for (const kind of ['thick', 'thin'])
      assert.match(
        svg,
        new RegExp(`<g class="legend"><path class="${kind}"[^>]*/><text[^>]*>${kind}: `),
      );
  });

  // That one is to be filled in by its operator, hosts and all.
  for (const name of PROFILES.filter((one) => one !== 'custom')) {
    test(`${name}: no line passes behind a box`, () => {
      const svg = drawing(name);
      const boxes = boxesOf(svg);
      const arrows = arrowsOf(svg);
      assert.ok(arrows.length > 0);
      for (const { title, points } of arrows)
        for (const [index, point] of points.slice(1).entries())
          for (const box of boxes)
            assert.ok(!passes(points[index]!, point, box), `${title}: behind ${box.name}`);
    });
  }
});
