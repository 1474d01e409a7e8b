import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { hashToScalar, RingError, signRing, verifyRing } from '../../lab/standins/shared/ring.ts';
import { account } from '../../lab/standins/shared/secp256k1.ts';

const privateKeys = ['33', '44', '55'].map((byte) => byte.repeat(32));
const [application, gateway, stranger] = privateKeys.map((key) => account(key).publicKey) as [
  Buffer,
  Buffer,
  Buffer,
];
const signer = BigInt(`0x${privateKeys[1]}`);
const ring = [application, gateway];

test('a signature of a member verifies, has the length of two members, and is another each time', () => {
  const message = randomBytes(32);
  const first = signRing(message, ring, signer);
  const second = signRing(message, ring, signer);
  assert.equal(first.length, 199);
  assert.notDeepEqual(first, second);
  for (const signature of [first, second]) verifyRing(message, signature, ring);
  verifyRing(message, signRing(message, ring, BigInt(`0x${privateKeys[0]}`)), ring);
  verifyRing(message, signRing(message, [gateway, application], signer), ring);
});

test('whatever is changed in a signature or its message is refused, and so is a stranger in the ring', () => {
  const message = randomBytes(32);
  const signature = signRing(message, ring, signer);
  const refused = (changed: Buffer, of = message) =>
    assert.throws(() => verifyRing(of, changed, ring), RingError);
  refused(signature, randomBytes(32));
  for (const offset of [3, 20, 40, 80, 110, 160, 190]) {
    const changed = Buffer.from(signature);
    changed[offset]! ^= 1;
    refused(changed);
  }
  refused(signature.subarray(0, 198));
  refused(signRing(message, [gateway, stranger], signer));
  assert.throws(() => signRing(message, [application, stranger], signer), RingError);
});

test('a hash that is shorter than a scalar is written to the left, as the reference does', () => {
  const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
  const reduced = (data: Buffer) =>
    BigInt(`0x${createHash('sha3-512').update(data).digest('hex')}`) % order;
  let number = 0;
  while (reduced(Buffer.from(String(number))) >= 1n << 248n) number++;
  const short = Buffer.from(String(number));
  assert.equal(hashToScalar(short), (reduced(short) << 8n) % order);
});
