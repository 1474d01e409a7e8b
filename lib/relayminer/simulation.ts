import type { Deployment } from '../deployment.ts';
import type { SecretName } from '../profile/schema.ts';
import { publicKey } from '../secrets/keys.ts';
import type { Secrets } from '../secrets/secrets.ts';

/**
 * Simulated relays are answered and signed like any other, but verified against keys in the relayer's configuration
 * instead of the chain; they are never metered and never published, so that nothing can be claimed for them. Only who
 * holds these two keys can make one. Source: pocket-relay-miner, relayer/simulation.go and simulation_config.go, v0.1.x
 * and commit ad37bcbd.
 */

/** The two private keys, which no host keeps. */
export const SIMULATION_KEYS: readonly SecretName[] = [
  'simulation_application_key',
  'simulation_gateway_key',
];

/** The name under which relayers know the keys; it is sent with every simulated relay, and no secret. */
export const SIMULATION_KEY_ID = 'pocket-automations';

/** Simulated relays that a relayer serves in a second: enough for validation, and no load. */
export const SIMULATION_RATE = 5;

/** Whether the deployment has relayers, and they serve simulated relays. */
export function servesSimulatedRelays({ group, profile }: Pick<Deployment, 'group' | 'profile'>) {
  return group('relay_relayers').length > 0 && profile.relayminer?.simulation.enabled === true;
}

/** The relayer's `simulation` block. It has public keys only. */
export function simulationConfig({ profile }: Deployment, secrets: Secrets): object {
  const { services = {}, simulation } = profile.relayminer ?? {};
  const [application, gateway] = SIMULATION_KEYS.map((name) =>
    publicKey(secrets.get(name).reveal()),
  );
  return {
    enabled: true,
    identities: [
      {
        key_id: SIMULATION_KEY_ID,
        enabled: true,
        not_after: simulation?.not_after,
        max_rps: SIMULATION_RATE,
        app_pubkey_hex: application,
        gateway_pubkeys_hex: [gateway],
        allowed_services: Object.keys(services),
      },
    ],
  };
}
