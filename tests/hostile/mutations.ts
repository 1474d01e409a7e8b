import { stringify } from 'yaml';
import { type Data, fullProfile } from './full-profile.ts';
import { pick, type Random } from './random.ts';

const SNIPPETS: readonly string[] = [
  ...[': ', '- ', '  ', '\t', '\n', '"', "'", '[', ']', '{', '}', '| ', '> ', '#', '%', '? ', '@'],
  ...['`', ',', '\r', '\r\n', '&a ', '*a', '*b', '<<: *a\n', '<<: {a: 1}\n', '&a [*a]', '---\n'],
  ...['...\n', '%YAML 1.1\n', '%TAG ! tag:x,2000:\n', '!!set ', '!!binary ', '!!js/function '],
  ...['!!js/undefined ', '!!python/object:os.system ', '!!float ', '!!omap ', '! ', '!<x> '],
  ...['\u0000', '\u0085', '\u2028', '\ufeff', '😀', '\ud800', '\u202e', 'e\u0301', '\u001b[2J'],
  ...['__proto__: 1\n', 'constructor: {}\n', 'toString: x\n', 'hasOwnProperty: 1\n', 'null', '~'],
  ...['.nan', '.inf', '-0', '1e999', '0x1F', '0o17', '1_000', '12:30:45', '2001-12-14', 'yes'],
  ...[
    'true',
    '[[[[[[[[',
    '{{{{{{{{',
    'extends: .\n',
    'extends: p.yaml\n',
    'extends: ring-1.yaml\n',
  ],
  ...['extends: nowhere.yaml\n', 'extends: [p.yaml]\n', 'extends: /dev/zero\n', '{{x}}', '${HOME}'],
];

const VALUES: readonly Data[] = [
  ...[null, true, false, 0, -1, 1.5, 1e308, Number.MAX_SAFE_INTEGER, '', ' ', 'x', [], {}, [[]]],
  ...['http://', 'http:///x', 'https://u:p@h', 'ftp://h', '//h', 'http://h:99999', 'http://[::1'],
  ...['localhost', '127.0.0.1:1', '-oProxyCommand=x', 'a@b@c', 'root@', ':22', '1.2.3.4:0', '::1'],
  ...['env:', 'file:', 'cmd:', 'env:A B', 'latest', 'redis:latest', 'x/y@sha256:0', 'postgress'],
  ...['relay_miner', '__proto__', 'constructor', 'front', 'FRONT', { address: 'front.nodes.net' }],
  ...[{ __proto__: null, constructor: {} }, ['front', 'front'], ['nobody'], { url: 1 }, [null]],
  'x'.repeat(5000),
];

const KEYS: readonly string[] = [
  ...['unknown', 'pocket_netwrok', 'Hosts', 'constructor', 'toString', 'hasOwnProperty', '0', ' '],
  ...['relay-miners', 'miners', 'order', 'extends', 'name', 'x'.repeat(300), '\u202e', 'a.b', 'é'],
];

/** Every collection of a profile, so that one can be changed. */
function collections(data: Data): ({ [key: string]: Data } | Data[])[] {
  if (typeof data !== 'object' || data === null) return [];
  return [data, ...Object.values(data).flatMap(collections)];
}

/** Changes what a profile says: its text is good YAML. */
function changeData(random: Random): string {
  const profile = fullProfile();
  for (let change = 0; change <= random(3); change += 1) {
    const chosen = pick(random, collections(profile));
    const key = pick(random, Object.keys(chosen));
    const target = chosen as { [key: string]: Data };
    const value = pick(random, VALUES);
    const kind = random(4);
    if (kind === 0 && key !== undefined) delete target[key];
    else if (kind === 1 && !Array.isArray(chosen)) target[pick(random, KEYS)] = value;
    else if (key !== undefined) target[key] = value;
  }
  return stringify(profile);
}

/** Changes how a profile is written: its text may be no YAML any more. */
function changeText(text: string, random: Random): string {
  const lines = text.split('\n');
  const line = random(lines.length);
  const at = random(text.length);
  switch (random(8)) {
    case 0:
    case 1:
      return text.slice(0, at) + pick(random, SNIPPETS) + text.slice(at);
    case 2:
      return text.slice(0, at) + text.slice(at + 1 + random(20));
    case 3:
      return lines.toSpliced(line, 1 + random(3)).join('\n');
    case 4:
      return lines.toSpliced(line, 0, pick(random, lines)).join('\n');
    case 5:
      return lines
        .with(line, pick(random, ['', ' ', '\t', '   ']) + lines[line]!.trim())
        .join('\n');
    case 6:
      return lines.with(line, lines[line]! + pick(random, SNIPPETS)).join('\n');
    default:
      return text.slice(0, at) + String.fromCharCode(32 + random(95)) + text.slice(at + 1);
  }
}

/** Changes the bytes of the file. */
function changeBytes(text: string, random: Random): Buffer {
  const bytes = Buffer.from(text);
  switch (random(5)) {
    case 0:
      bytes[random(bytes.length)] = pick(random, [0, 0x80, 0xc0, 0xfe, 0xff, 0x1b, 0x0d, 0x85]);
      return bytes;
    case 1:
      return Buffer.from(text.replaceAll('\n', pick(random, ['\r\n', '\r', '\n\n', '\n\u2028'])));
    case 2:
      return Buffer.from(`\ufeff${text}`, pick(random, ['utf8', 'utf16le', 'latin1'] as const));
    case 3:
      return bytes.subarray(0, random(bytes.length));
    default:
      return Buffer.from(text.replaceAll('  ', pick(random, ['\t', '   ', ' '])));
  }
}

const REPEATED: readonly string[] = [
  ...['[', '{', '"', "'", ']', '}', ',', '- ', '? ', ': ', '&a ', '*a ', '!!a ', '\n', '\r', '\t'],
  ...['[a: b,', '{a: ', '[{},', 'a:\n', '- a\n', '---\n', '%a b\n', '#\n', '\ufeff', '\\', '|\n'],
];

/** Documents that cost more than they look, each at most as large as a profile may be, or a little larger. */
export const HEAVY: readonly (() => string)[] = [
  ...REPEATED.map((text) => () => text.repeat(Math.floor((128 * 1024) / Buffer.byteLength(text)))),
  ...['[', '"'].map((text) => () => text.repeat(1024 * 1024)),
  () => `a: &a [x,x,x,x,x,x,x,x,x]\n${laughs()}`,
  () => `a: &a ${'x'.repeat(100_000)}\nhosts: [${'*a,'.repeat(19_000)}]\n`,
  () => `a: &x 1\n${'- *x\n'.repeat(50_000)}`,
  () => `a: "${'\\u0041'.repeat(40_000)}"\n`,
  () => `pocket_network: beta\n${many(19_000, (i) => `k${i}: 1\n`)}`,
  () => `pocket_network: beta\nhosts:\n${many(5000, (i) => ` h${i}: 10.1.${i >> 8}.${i & 255}\n`)}`,
  () => `${fleet(2500)}relay_public_domain: a.bc.de\nreverse_proxy: {tls: internal}\n`,
  () => `pocket_network: beta\nhosts: {a: h.x}\nredis_hosts: [${'a,'.repeat(18_000)}]\n`,
  () => `pocket_network: beta\nhosts: {a: h.x}\nredis_hosts: [${many(15_000, (i) => `b${i},`)}]\n`,
  () => `pocket_network: beta\nhosts: {a: h.x}\norder: [${'redis,'.repeat(18_000)}]\n`,
  () => `pocket_network: beta\nhosts: {a: ${'a'.repeat(200_000)}!}\n`,
  () => `pocket_network: beta\nimages: {redis: a/${'a__'.repeat(60_000)}!}\n`,
  () => `provider: {owner_email: ${'a@'.repeat(100_000)}}\nhosts: {}\n`,
];

function many(count: number, line: (index: number) => string): string {
  return Array.from({ length: count }, (_, index) => line(index)).join('');
}

/** Nine aliases of nine aliases of …: 3 GB when they are expanded. */
function laughs(): string {
  const name = (index: number) => String.fromCharCode(97 + index);
  return many(9, (i) => `${name(i + 1)}: &${name(i + 1)} [${`*${name(i)},`.repeat(9)}]\n`);
}

function fleet(size: number): string {
  const names = many(size, (i) => `h${i},`);
  const groups = ['relay_relayers', 'relay_miners', 'reverse_proxy_hosts'];
  const hosts = many(size, (i) => ` h${i}: {address: 10.1.${i >> 8}.${i & 255}}\n`);
  const service = 'services: {e: {backends: {jsonrpc: {url: "http://h.x"}}}}';
  return `pocket_network: beta\nhosts:\n${hosts}redis_hosts: [h0]\n${groups
    .map((group) => `${group}: [${names}]\n`)
    .join('')}relayminer: {keys_file: x, ${service}}\n`;
}

/** A broken profile. */
export function brokenProfile(good: string, random: Random): string | Buffer {
  const text = random(3) === 0 ? changeData(random) : good;
  if (text !== good && random(2) === 0) return text;
  let changed = text;
  for (let change = 0; change <= random(4); change += 1) changed = changeText(changed, random);
  if (random(4) === 0) return changeBytes(changed, random);
  if (random(50) === 0) return changed + pick(random, REPEATED).repeat(random(2000));
  return changed;
}
