/** The Middleman's setup wizard (pokt-network/igniter, apps/middleman setup stepper, v0.9). */
import { z } from 'zod';
import { FieldError, fetchJson } from '../chain.ts';
import { type Context, readSettings } from '../context.ts';
import { transaction } from '../database.ts';
import type { Wizard } from '../wizard.ts';
import { saveBlockchain } from '../wizard-steps.ts';
import { STEPS as PROVIDER_STEPS } from '../wizard-values.ts';

const SETTINGS = z.strictObject({
  name: z.string().min(1),
  supportEmail: z.email(),
  ownerEmail: z.email(),
  fee: z.int().min(0).max(100).default(1),
  delegatorRewardsAddress: z.string().startsWith('pokt').length(43),
  privacyPolicy: z.string().optional(),
});

const STEPS = {
  blockchain: PROVIDER_STEPS.blockchain,
  settings: SETTINGS,
  providers: z.strictObject({ enabled: z.array(z.string()).min(1).or(z.literal('all')) }),
  finish: z.strictObject({}),
};

async function saveSettings(context: Context, value: z.output<typeof SETTINGS>): Promise<void> {
  await context
    .database()
    .query(
      'UPDATE application_settings SET name = $1, "supportEmail" = $2, "ownerEmail" = $3, fee = $4, "delegatorRewardsAddress" = $5, "privacyPolicy" = $6',
      [
        value.name,
        value.supportEmail,
        value.ownerEmail,
        value.fee,
        value.delegatorRewardsAddress,
        value.privacyPolicy,
      ],
    );
}

/** The list behind PROVIDERS_CDN_URL; empty when it cannot be had. */
async function fetchProviders(
  context: Context,
): Promise<{ name: string; identity: string; url: string }[]> {
  const { chainId } = await readSettings(context);
  const { PROVIDERS_CDN_URL, CHAIN_ID } = context.environment;
  const url = String(PROVIDERS_CDN_URL).replace('{chainId}', chainId ?? String(CHAIN_ID));
  const list = await fetchJson(url);
  return Array.isArray(list) ? list : [];
}

async function saveProviders(
  context: Context,
  { enabled }: z.output<typeof STEPS.providers>,
): Promise<unknown> {
  const list = await fetchProviders(context);
  if (list.length === 0) throw new FieldError('enabled', 'select at least one provider');
  const stranger =
    enabled !== 'all' && enabled.find((key) => !list.some(({ identity }) => identity === key));
  if (stranger) throw new FieldError('enabled', `${stranger} is not in the list of providers`);
  await transaction(context.database(), async (client) => {
    for (const { name, identity, url } of list) {
      const chosen = enabled === 'all' || enabled.includes(identity);
      await client.query(
        'INSERT INTO providers VALUES ($1, $2, $3, $4, $4) ON CONFLICT (identity) DO UPDATE SET name = $2, url = $3, enabled = $4, visible = $4',
        [identity, name, url, chosen],
      );
    }
  });
  return list;
}

async function finish(context: Context): Promise<void> {
  await context.database().query('UPDATE application_settings SET "isBootstrapped" = true');
}

const DONE: readonly [keyof typeof STEPS, string][] = [
  ['blockchain', 'SELECT 1 FROM application_settings WHERE "chainId" IS NOT NULL'],
  ['settings', 'SELECT 1 FROM application_settings WHERE name IS NOT NULL'],
  ['providers', 'SELECT 1 FROM providers'],
];

/** Its four steps. */
export const WIZARD: Wizard = {
  steps: STEPS,
  save: { blockchain: saveBlockchain, settings: saveSettings, providers: saveProviders, finish },
  nextStep: async (context) => {
    for (const [step, sql] of DONE) {
      if ((await context.database().query(sql)).rowCount === 0) return step;
    }
    return 'finish';
  },
};
