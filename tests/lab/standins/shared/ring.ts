/**
 * Linkable ring signatures (bLSAG) over secp256k1, as relay requests carry them. Source: pokt-network/ring-go and
 * pokt-network/go-dleq, as pokt-network/pocket-relay-miner uses them in rings/, v0.1.x and ad37bcb.
 */
import { createHash, randomBytes } from 'node:crypto';
import { secp256k1 } from '@noble/curves/secp256k1.js';

const { Point } = secp256k1;
type Point = InstanceType<typeof Point>;
const order = Point.Fn.ORDER;

/** Thrown when a signature cannot be read, or does not verify. */
export class RingError extends Error {
  override name = 'RingError';
}

function toNumber(data: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(data).toString('hex') || '0'}`);
}

function toBytes(scalar: bigint): Buffer {
  return Buffer.from(scalar.toString(16).padStart(64, '0'), 'hex');
}

/**
 * A hash as a scalar. The reference writes one that is shorter than 32 bytes to the left of its buffer, which makes
 * another number of about one in 256; who does not, is refused as often.
 */
export function hashToScalar(data: Uint8Array): bigint {
  const reduced = toNumber(createHash('sha3-512').update(data).digest()) % order;
  const length = Math.ceil(reduced.toString(16).length / 2);
  return (reduced << BigInt(8 * (32 - length))) % order;
}

/** The point that belongs to a compressed key: its hash as an x with an even y, hashed again until there is such a point. */
export function hashToCurve(key: Uint8Array): Point {
  let x = createHash('sha3-256').update(key).digest();
  for (let attempt = 0; attempt < 128; attempt++) {
    try {
      return Point.fromBytes(Buffer.concat([Buffer.from([2]), x]));
    } catch {
      x = createHash('sha3-256').update(x).digest();
    }
  }
  throw new RingError('no point on the curve for this key');
}

function randomScalar(): bigint {
  for (;;) {
    const scalar = toNumber(randomBytes(32));
    if (scalar > 0n && scalar < order) return scalar;
  }
}

function challenge(message: Uint8Array, left: Point, right: Point): bigint {
  return hashToScalar(Buffer.concat([message, left.toBytes(true), right.toBytes(true)]));
}

/** One step around the ring: the challenge that follows from a member's response. */
function next(
  message: Uint8Array,
  key: Uint8Array,
  image: Point,
  response: bigint,
  last: bigint,
): bigint {
  const times = (point: Point, scalar: bigint) => point.multiplyUnsafe(scalar);
  const left = times(Point.BASE, response).add(times(Point.fromBytes(key), last));
  const right = times(hashToCurve(key), response).add(times(image, last));
  return challenge(message, left, right);
}

/**
 * Signs 32 bytes for the ring of these compressed public keys, one of which belongs to the private key. Signatures are
 * randomized: no two are equal. Throws when the private key is of no member.
 */
export function signRing(
  message: Uint8Array,
  ring: readonly Uint8Array[],
  privateKey: bigint,
): Buffer {
  const own = Buffer.from(Point.BASE.multiply(privateKey).toBytes(true));
  const index = ring.findIndex((key) => own.equals(key));
  if (index < 0) throw new RingError('the private key is of no member of the ring');
  const hashed = hashToCurve(own);
  const image = hashed.multiply(privateKey);
  const secret = randomScalar();
  const challenges: bigint[] = [];
  const responses: bigint[] = [];
  let at = (index + 1) % ring.length;
  challenges[at] = challenge(message, Point.BASE.multiply(secret), hashed.multiply(secret));
  while (at !== index) {
    responses[at] = randomScalar();
    const following = (at + 1) % ring.length;
    challenges[following] = next(message, ring[at]!, image, responses[at]!, challenges[at]!);
    at = following;
  }
  responses[index] = (((secret - challenges[index]! * privateKey) % order) + order) % order;
  const size = Buffer.alloc(4);
  size.writeUInt32BE(ring.length);
  const members = ring.flatMap((key, i) => [toBytes(responses[i]!), Buffer.from(key)]);
  return Buffer.concat([size, toBytes(challenges[0]!), image.toBytes(true), ...members]);
}

function readScalar(data: Buffer): bigint {
  const scalar = toNumber(data);
  if (scalar === 0n || scalar >= order) throw new RingError('a scalar is zero or not reduced');
  return scalar;
}

function readPoint(data: Buffer): Point {
  try {
    return Point.fromBytes(data);
  } catch {
    throw new RingError('a point is not on the curve');
  }
}

/** Verifies a signature of 32 bytes, and that each member is one of `pinned`; throws `RingError`. */
export function verifyRing(
  message: Uint8Array,
  signature: Buffer,
  pinned: readonly Uint8Array[],
): void {
  const size = signature.length < 4 ? 0 : signature.readUInt32BE(0);
  if (size < 2 || signature.length !== 69 + 65 * size) throw new RingError('not a ring signature');
  const first = readScalar(signature.subarray(4, 36));
  const image = readPoint(signature.subarray(36, 69));
  let last = first;
  for (let offset = 69; offset < signature.length; offset += 65) {
    const response = readScalar(signature.subarray(offset, offset + 32));
    const key = signature.subarray(offset + 32, offset + 65);
    readPoint(key);
    if (!pinned.some((one) => key.equals(one))) throw new RingError('a member is not pinned');
    last = next(message, key, image, response, last);
  }
  if (last !== first) throw new RingError('the ring does not close');
}
