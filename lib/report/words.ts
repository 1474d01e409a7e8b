import type { ReportInput } from './input.ts';
import { fromReport } from './place.ts';

/** The words that a report links to the glossary, by the anchor there. */
export const GLOSSARY = {
  acme: 'ACME',
  'app-identity': 'App Identity',
  claim: 'claim',
  delegator: 'delegator',
  'igniter-provider': 'Igniter Provider',
  middleman: 'Middleman',
  miner: 'miner',
  operator: 'operator',
  proof: 'proof',
  relay: 'relay',
  relayer: 'relayer',
  'service-id': 'service id',
  session: 'session',
  supplier: 'supplier',
} as const;

/** A word as a link to its explanation; {@link glossaryLinks} says where that is. */
export function word(anchor: keyof typeof GLOSSARY, text: string = GLOSSARY[anchor]): string {
  return `[${text}][${anchor}]`;
}

/** Where the explanations are, which Markdown renders as nothing. */
export function glossaryLinks({ deployment }: ReportInput): string {
  const glossary = fromReport(deployment, 'docs/glossary.md');
  return Object.keys(GLOSSARY)
    .map((anchor) => `[${anchor}]: ${glossary}#${anchor}`)
    .join('\n');
}
