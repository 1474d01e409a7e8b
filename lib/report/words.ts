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
  'temporal-namespace': 'Temporal namespace',
} as const;

/** A word as a link to its explanation, seen from `reports/<deployment>/`. */
export function word(anchor: keyof typeof GLOSSARY, text: string = GLOSSARY[anchor]): string {
  return `[${text}](../../docs/glossary.md#${anchor})`;
}
