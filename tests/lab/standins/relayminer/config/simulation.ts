/** The relayer's `simulation` block. Source: pokt-network/pocket-relay-miner, relayer/simulation_config.go. */
import { isCompressedPublicKey } from '../../shared/secp256k1.ts';
import { boolean, ConfigError, integer, list, struct, text } from './fields.ts';
import { check, type Value } from './rules.ts';

export const simulationFields = struct({
  enabled: boolean(),
  max_concurrent: integer(32),
  freshness_window_seconds: integer(30),
  identities: list(
    struct({
      key_id: text(),
      enabled: boolean(),
      not_after: text(),
      max_rps: integer(),
      app_pubkey_hex: text(),
      gateway_pubkeys_hex: list(text()),
      allowed_services: list(text()),
    }),
  ),
});

const rfc3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;

function checkIdentity(identity: Value, where: string): void {
  check(identity.key_id !== '', `${where}.key_id is required`);
  check(
    identity.not_after === '' || rfc3339.test(identity.not_after),
    `${where}.not_after "${identity.not_after}" is not an RFC3339 time`,
  );
  check(identity.max_rps >= 0, `${where}.max_rps must be above 0, got ${identity.max_rps}`);
  check(
    isCompressedPublicKey(identity.app_pubkey_hex),
    `${where}.app_pubkey_hex is not a compressed secp256k1 public key`,
  );
  check(identity.gateway_pubkeys_hex.length > 0, `${where}.gateway_pubkeys_hex is required`);
  for (const key of identity.gateway_pubkeys_hex)
    check(
      isCompressedPublicKey(key),
      `${where}.gateway_pubkeys_hex: "${key}" is not a compressed secp256k1 public key`,
    );
}

function checkEnabled(simulation: Value): void {
  const { identities } = simulation;
  check(identities.length > 0, 'simulation is enabled without identities');
  const seen = new Set<string>();
  identities.forEach((identity: Value, i: number) => {
    const where = `simulation.identities[${i}]`;
    checkIdentity(identity, where);
    check(!seen.has(identity.key_id), `${where}.key_id "${identity.key_id}" is not unique`);
    seen.add(identity.key_id);
  });
}

/** Refuses a broken enabled block; returns warnings for a broken disabled one and for expired identities. */
export function checkSimulation(simulation: Value): string[] {
  if (!simulation.enabled) {
    if (simulation.identities.length === 0) return [];
    try {
      checkEnabled(simulation);
    } catch (error) {
      if (error instanceof ConfigError) return [`disabled simulation is invalid: ${error.message}`];
      throw error;
    }
    return [];
  }
  checkEnabled(simulation);
  return simulation.identities
    .filter((one: Value) => one.not_after && Date.parse(one.not_after) < Date.now())
    .map((one: Value) => `simulation identity "${one.key_id}" expired at ${one.not_after}`);
}
