import type { Context } from './context.ts';
import { HttpError } from './http.ts';
import { generateKey } from './keys.ts';
import { requiredList, type SignedRequest } from './signed.ts';

interface Wish {
  amount: string;
  qty: number;
}

interface Group {
  id: number;
  services: { serviceId: string; endpoints: unknown; revShare: unknown }[];
}

async function offeredGroup(context: Context, owner: string): Promise<Group> {
  const { rows } = await context.database().query(
    `SELECT g.id, coalesce(json_agg(json_build_object('serviceId', s."serviceId", 'endpoints', s.endpoints,
        'revShare', gs."revShare")) FILTER (WHERE s."serviceId" IS NOT NULL), '[]') AS services
      FROM address_groups g LEFT JOIN address_group_services gs ON gs."addressGroupId" = g.id
      LEFT JOIN services s USING ("serviceId")
      WHERE NOT g.private OR g."linkedAddresses" ? $1 GROUP BY g.id ORDER BY g.id LIMIT 1`,
    [owner],
  );
  if (rows.length === 0) throw new HttpError(400, 'No addresses available');
  return rows[0];
}

/**
 * Hands out supplier keys for a stake, generating what is missing; with `?simulate=true` nothing is
 * kept. The names `stakeDistribution`, `amount`, `qty` and `ownerAddress` are the stand-in's own.
 */
export async function allocate(
  context: Context,
  { body, query, delegator }: SignedRequest,
): Promise<unknown> {
  const wishes = body.stakeDistribution as Wish[] | undefined;
  if (!Array.isArray(wishes) || wishes.length === 0)
    throw new HttpError(400, 'Empty stake distribution.');
  const owner = String(body.ownerAddress ?? '');
  const group = await offeredGroup(context, owner);
  const data = [];
  for (const wish of wishes) {
    for (let count = 0; count < Number(wish.qty); count++) {
      const key = generateKey(context.environment);
      data.push({
        operatorAddress: key.address,
        stakeAmount: wish.amount,
        services: group.services,
      });
      if (query.get('simulate') === 'true') continue;
      await context
        .database()
        .query("INSERT INTO keys VALUES ($1, $2, $3, 'delivered', $4, $5, $6)", [
          key.address,
          key.publicKey,
          key.encryptedPrivateKey,
          owner,
          group.id,
          delegator,
        ]);
    }
  }
  return data;
}

/** A route that moves the delegator's own keys from one state to another. */
export function transition(from: string, to: string) {
  return async (context: Context, { body, delegator }: SignedRequest): Promise<string> => {
    await context
      .database()
      .query(
        'UPDATE keys SET state = $1 WHERE address = ANY($2) AND state = $3 AND "delegatorIdentity" = $4',
        [to, requiredList(body, 'addresses'), from, delegator],
      );
    return 'OK';
  };
}

/** Which address group each of the given addresses belongs to. */
export async function addressGroups(context: Context, { body }: SignedRequest): Promise<unknown> {
  const { rows } = await context.database().query(
    `SELECT g.id, g.name, json_agg(k.address) AS addresses FROM keys k
      JOIN address_groups g ON g.id = k."addressGroupId" WHERE k.address = ANY($1) GROUP BY g.id ORDER BY g.id`,
    [requiredList(body, 'addresses')],
  );
  return { addressGroups: rows };
}
