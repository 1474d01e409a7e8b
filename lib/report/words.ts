import type { ReportInput } from './input.ts';
import { fromReport } from './place.ts';

/** The words that a report links to the glossary, by the anchor there. */
export const GLOSSARY = {
  acme: 'ACME',
  'address-group': 'address group',
  'app-identity': 'App Identity',
  backend: 'backend',
  'chain-id': 'chain id',
  claim: 'claim',
  'compute-units': 'compute unit',
  cors: 'CORS',
  delegator: 'delegator',
  digest: 'digest',
  gateway: 'gateway',
  'governance-registry': 'governance registry',
  'igniter-provider': 'Igniter Provider',
  indexer: 'indexer',
  middleman: 'Middleman',
  migration: 'migration',
  miner: 'miner',
  operator: 'operator',
  owner: 'owner',
  'pokt-upokt': 'POKT',
  portal: 'portal',
  profile: 'profile',
  proof: 'proof',
  region: 'region',
  relay: 'relay',
  'relay-miner': 'relay miner',
  relayer: 'relayer',
  'revenue-share': 'revenue share',
  sentinel: 'Sentinel',
  'service-id': 'service id',
  session: 'session',
  smtp: 'SMTP',
  stake: 'stake',
  supplier: 'supplier',
  temporal: 'Temporal',
  wallet: 'wallet',
  webhook: 'webhook',
  'wildcard-dns': 'wildcard DNS',
  worker: 'worker',
  workflow: 'workflow',
} as const;

/** What some of them look like in a sentence; the others have a capital or none, and an s or none. */
const FORMS: Partial<Record<string, string>> = {
  'app-identity': 'App Identit(?:y|ies)',
  // Images come from registries, too.
  'governance-registry': '[Gg]overnance registry|(?<=the )registry',
  // A provider in small letters may be one of DNS.
  'igniter-provider': 'Igniter Provider|Providers?',
  middleman: 'Middlem[ae]n',
  'pokt-upokt': 'u?POKT',
  stake: '[Ss]tak(?:e|es|ed|ing|ers?)',
};

/** Each word as a pattern, the longest first: a relay miner is no relay. */
const PATTERNS = Object.entries(GLOSSARY)
  .map(([anchor, text]) => [anchor, FORMS[anchor] ?? regular(text)] as const)
  .toSorted(([, a], [, b]) => b.length - a.length);

function regular(text: string): string {
  const initials = text.replace(/\b[a-z]/g, (letter) => `[${letter.toUpperCase()}${letter}]`);
  return `${initials.replace(' ', '[ -]')}s?`;
}

/** What is left as it is: a sign that stands for itself, a code span with as many ticks (1) at its end, a link (2). */
const LEFT = [
  String.raw`\\.`,
  '(`+)(?!`).*?(?<!`)\\1(?!`)',
  String.raw`\[[^\]]*\](?:\([^)]*\)|\[([^\]]*)\])`,
];

/** Any of the words, but not within a path, a name of a host or a setting. */
const WORD = String.raw`(?<![\w./-])(?:${PATTERNS.map(([, pattern]) => `(${pattern})`).join('|')})(?![\w/\\-]|\.\w)`;

const ANYTHING = new RegExp([...LEFT, WORD].join('|'), 'g');

/**
 * Links each word of the glossary where a report uses it first. Headings stay as they are, and so do the labels in the
 * tables of fields, which are those on the screen. Secrets must have been masked before: a link within one would hide it.
 */
export function withGlossary(markdown: string): string {
  const met = new Set<string>();
  let fence = '';
  let isField = false;
  const lines = markdown.split('\n').map((line) => {
    if (fence !== '') {
      if (line === fence) fence = '';
      return line;
    }
    fence = /^`{3,}/.exec(line)?.[0] ?? '';
    if (fence !== '' || /^#|^\[[\w-]+\]: /.test(line)) return line;
    isField = line.startsWith('|') && (isField || line.startsWith('| Field |'));
    const label = isField ? (/^\|(?:\\.|[^|])*/.exec(line)?.[0] ?? '') : '';
    return label + withLinks(line.slice(label.length), met);
  });
  return lines.join('\n');
}

function withLinks(text: string, met: Set<string>): string {
  return text.replace(ANYTHING, (whole, _ticks, linked, ...words) => {
    if (linked !== undefined) met.add(linked);
    const [anchor] = PATTERNS[words.findIndex((one) => one !== undefined)] ?? [];
    if (anchor === undefined || met.has(anchor)) return whole;
    met.add(anchor);
    return `[${whole}][${anchor}]`;
  });
}

/** Where the explanations are, which Markdown renders as nothing. */
export function glossaryLinks({ deployment }: ReportInput): string {
  const glossary = fromReport(deployment, 'docs/glossary.md');
  return Object.keys(GLOSSARY)
    .map((anchor) => `[${anchor}]: ${glossary}#${anchor}`)
    .join('\n');
}
