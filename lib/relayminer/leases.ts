/** How long a miner's lease of a supplier lasts unless it is renewed, where its configuration does not say. */
export const UPSTREAM_LEASE_SECONDS = 90;

/**
 * The seconds of a lease where there are so many suppliers: more for many, whose leases take longer to renew.
 * Source: pocket-relay-miner, miner/config.go, v0.1.x and commit ad37bcbd.
 */
export function leaseSeconds(suppliers: number): number {
  if (suppliers < 500) return UPSTREAM_LEASE_SECONDS;
  return suppliers < 1000 ? 120 : 180;
}
