import { randomBytes } from 'node:crypto';
import type { Context } from './context.ts';
import { HttpError } from './http.ts';
import { addressOf, isSignedBy } from './identity.ts';
import type { SignedRequest } from './signed.ts';

/** How long the owner has to sign the nonce. */
const VALID_MS = 15 * 60_000;

function ownerOf(body: Record<string, unknown>): string {
  const owner = body.ownerAddress;
  if (typeof owner !== 'string' || owner === '')
    throw new HttpError(400, 'Invalid request. ownerAddress is required.');
  return owner;
}

async function latest(context: Context, owner: string, nonce: string | null) {
  const { rows } = await context.database().query(
    `SELECT * FROM import_supplier_requests WHERE "ownerAddress" = $1 AND ($2::text IS NULL OR nonce = $2)
      ORDER BY "expiresAt" DESC LIMIT 1`,
    [owner, nonce],
  );
  if (rows.length === 0) throw new HttpError(404, 'Import request not found.');
  return rows[0];
}

/** Starts an import: the staked suppliers of an owner, and a nonce for the owner to sign. */
export async function requestImport(
  context: Context,
  { body, delegator }: SignedRequest,
): Promise<unknown> {
  const owner = ownerOf(body);
  const { rows } = await context
    .database()
    .query(
      `SELECT address FROM keys WHERE "ownerAddress" = $1 AND state = 'staked' AND address <> ALL($2)`,
      [owner, Array.isArray(body.excludeAddresses) ? body.excludeAddresses : []],
    );
  if (rows.length === 0) throw new HttpError(404, 'No staked supplier for this owner.');
  const nonce = randomBytes(16).toString('hex');
  const expiresAt = new Date(Date.now() + VALID_MS);
  const suppliers = rows.map((row) => row.address);
  await context
    .database()
    .query(
      'INSERT INTO import_supplier_requests (nonce, "ownerAddress", "delegatorIdentity", suppliers, "expiresAt") VALUES ($1, $2, $3, $4, $5)',
      [nonce, owner, delegator, JSON.stringify(suppliers), expiresAt],
    );
  return { nonce, matchingSuppliers: suppliers, expiresAt: expiresAt.toISOString() };
}

/** Finishes an import with the owner's signature (base64, r and s) over the nonce. */
export async function submitImport(
  context: Context,
  { body, delegator }: SignedRequest,
): Promise<unknown> {
  const owner = ownerOf(body);
  const share = body.revSharePercentage;
  const key = String(body.ownerPublicKey);
  if (!/^0[23][0-9a-f]{64}$/.test(key) || typeof share !== 'number' || share < 0 || share > 100) {
    throw new HttpError(400, 'Invalid request. ownerPublicKey or revSharePercentage is invalid.');
  }
  const request = await latest(context, owner, null);
  if (request.expiresAt.getTime() < Date.now()) throw new HttpError(410, 'Import request expired.');
  const genuine =
    addressOf(key) === owner && isSignedBy(key, String(body.signedNonce), request.nonce);
  if (!genuine || request.delegatorIdentity !== delegator)
    throw new HttpError(403, 'Forbidden. Invalid owner signature.');
  await context
    .database()
    .query(`UPDATE keys SET "delegatorIdentity" = $1 WHERE address = ANY($2)`, [
      delegator,
      request.suppliers,
    ]);
  await context
    .database()
    .query("UPDATE import_supplier_requests SET status = 'completed' WHERE nonce = $1", [
      request.nonce,
    ]);
  return { importedSuppliers: request.suppliers, totalImported: request.suppliers.length };
}

/** Where an import stands. */
export async function importStatus(context: Context, { body }: SignedRequest): Promise<unknown> {
  const request = await latest(context, ownerOf(body), (body.nonce as string) ?? null);
  const expired = request.status === 'pending' && request.expiresAt.getTime() < Date.now();
  const status = expired ? 'expired' : request.status;
  return {
    status,
    ...(status === 'completed' && { importedSupplierAddresses: request.suppliers }),
  };
}
