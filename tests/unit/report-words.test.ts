import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { loadDeployment } from '../../lib/deployment.ts';
import { reportMarkdown } from '../../lib/report/report.ts';
import { QUESTIONS } from '../../lib/report/state.ts';
import { GLOSSARY, withGlossary } from '../../lib/report/words.ts';
import { generatePrivateKey, loadSecrets } from '../../lib/secrets/secrets.ts';
import type { Finding } from '../../lib/validation/check.ts';
import { ROOT } from '../lab/paths.ts';
import { filledProfiles, PROFILES } from '../profiles.ts';

/** What a novice cannot know, and where it is explained. */
const JARGON: [word: RegExp, anchor: string][] = [
  [/\bACME\b/, 'acme'],
  [/\baddress groups?\b/i, 'address-group'],
  [/\bApp Identity\b/, 'app-identity'],
  [/\bbackends?\b/i, 'backend'],
  [/\bchain id\b/i, 'chain-id'],
  [/\bclaims?\b/i, 'claim'],
  [/\bcompute units\b/i, 'compute-units'],
  [/\bCORS\b/, 'cors'],
  [/\bdelegators?\b/i, 'delegator'],
  [/\bdigests?\b/i, 'digest'],
  [/\bgateways?\b/i, 'gateway'],
  [/\bgovernance registry\b|(?<=the \[?)registry\b/i, 'governance-registry'],
  [/\bProviders?\b/, 'igniter-provider'],
  [/\bindexer\b/i, 'indexer'],
  [/\bMiddlem[ae]n\b/, 'middleman'],
  [/\bmigrations?\b/i, 'migration'],
  [/(?<!relay[ -])\bminers?\b/i, 'miner'],
  [/\boperators?\b/i, 'operator'],
  [/\bowners?\b/i, 'owner'],
  [/\bu?POKT\b/, 'pokt-upokt'],
  [/\bportal\b/i, 'portal'],
  [/\bprofile\b/i, 'profile'],
  [/\bproofs?\b/i, 'proof'],
  [/\bregions?\b/i, 'region'],
  [/\brelays?\b(?![ -]miner)/i, 'relay'],
  [/\brelay[ -]miners?\b/i, 'relay-miner'],
  [/\brelayers?\b/i, 'relayer'],
  [/\brevenue shares?\b/i, 'revenue-share'],
  [/\bSentinels?\b/, 'sentinel'],
  [/\bservice id\b/i, 'service-id'],
  [/\bsessions?\b/i, 'session'],
  [/\bSMTP\b/, 'smtp'],
  [/\bstak(?:e|es|ed|ing|ers?)\b/i, 'stake'],
  [/\bsuppliers?\b/i, 'supplier'],
  [/\bTemporal\b/, 'temporal'],
  [/\bwallets?\b/i, 'wallet'],
  [/\bwebhooks?\b/i, 'webhook'],
  [/\bwildcard DNS\b/i, 'wildcard-dns'],
  [/\bworkers?\b/i, 'worker'],
  [/\bworkflows?\b/i, 'workflow'],
];

/** What only a validated report speaks of. */
const FINDINGS: Finding[] = Object.keys(QUESTIONS).map((id) => ({
  ...{ id, host: 'fleet', group: 'provider', severity: 'critical', title: id, verdict: 'pass' },
  ...{ evidence: 'as it should be', fix: '', duration_ms: 3 },
}));

/** What is read as text: no headings, values, commands, link targets, and no labels of fields, which are on the screen. */
function prose(report: string): string {
  return report
    .replace(/^(`{3,}).*\n[\s\S]*?^\1$/gm, '')
    .replace(/^(?:#|\[[\w-]+\]: ).*$/gm, '')
    .replace(/^\| Field \|.*\n(?:\|.*\n)+/gm, (table) => table.replace(/^\|(?:\\.|[^|])*/gm, ''))
    .replace(/(`+)(?!`).*?(?<!`)\1(?!`)/g, '``');
}

function reports(t: { after(cleanUp: () => void): void }): Map<string, string> {
  const filled = filledProfiles();
  t.after(filled.remove);
  const keys = `keys: ["${generatePrivateKey()}"]\n`;
  writeFileSync(join(filled.directory, 'supplier-keys.yaml'), keys);
  return new Map(
    PROFILES.filter((name) => name !== 'custom').map((name) => {
      const deployment = loadDeployment(filled.path(name), { root: filled.directory });
      const secrets = loadSecrets(deployment, { create: true, roles: [] });
      const findings = name === 'recommended-production' ? FINDINGS : undefined;
      return [
        name,
        reportMarkdown({ deployment, secrets, now: new Date(), ...(findings && { findings }) }),
      ];
    }),
  );
}

test('each word that a novice cannot know is linked to the glossary where it comes first', (t) => {
  const seen = new Set<string>();
  for (const [name, report] of reports(t)) {
    const text = prose(report);
    for (const [word, anchor] of JARGON) {
      const { index } = word.exec(text) ?? {};
      if (index === undefined) continue;
      seen.add(anchor);
      const link = new RegExp(`^[^\\[\\]]*\\]\\[${anchor}\\]`);
      const around = text.slice(Math.max(0, index - 60), index + 60);
      assert.match(text.slice(index), link, `${name}, ${anchor}: ${around}`);
    }
  }
  const unused = JARGON.filter(([, anchor]) => !seen.has(anchor)).map(([, anchor]) => anchor);
  assert.deepEqual(unused, [], 'a list of what no report says proves nothing');
});

test('the glossary explains every word that is linked to it', (t) => {
  const [report = ''] = [...reports(t).values()];
  assert.match(report, /^\[relay\]: \S*docs\/glossary\.md#relay$/m);
  const glossary = readFileSync(join(ROOT, 'docs/glossary.md'), 'utf8');
  const anchors = [...glossary.matchAll(/^## (.+)$/gm)].map(([, heading = '']) =>
    heading.toLowerCase().replaceAll(',', '').replaceAll(' ', '-'),
  );
  for (const anchor of Object.keys(GLOSSARY)) assert.ok(anchors.includes(anchor), anchor);
});

test('values, labels, headings and parts of names are left as they are', () => {
  const untouched = [
    '# A relay',
    '`relay`, `` a ` relay ``',
    '[a relay](b.md)',
    '```sh\nscripts/relay stake\n```',
    'relay.nodes.net, /relay/, relay_public, relay-1',
    'a \\[relay.nodes.net\\], relay\\_public\\_domain',
  ];
  for (const text of untouched) assert.equal(withGlossary(text), text);
  assert.equal(
    withGlossary('| Field | Why |\n| --- | --- |\n| Relay | a relay |\n\n| a | relay |'),
    '| Field | Why |\n| --- | --- |\n| Relay | a [relay][relay] |\n\n| a | relay |',
  );
  assert.equal(
    withGlossary('Relay Miners, relays, a relay'),
    '[Relay Miners][relay-miner], [relays][relay], a relay',
  );
  assert.equal(withGlossary('[Relays][relay], relays'), '[Relays][relay], relays');
});
