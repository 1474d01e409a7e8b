import { createECDH, createHash, createPublicKey, ECDH, verify } from 'node:crypto';
import { encodeBech32 } from '../shared/bech32.ts';

/**
 * The compressed public key (66 hex characters) of a private key. Throws on anything but 64 hex
 * characters in [1, n-1]: the hex decoder stops at the first foreign character, so `0x…` is too short.
 */
export function publicKeyOf(privateKeyHex: string): string {
  const key = Buffer.from(privateKeyHex, 'hex');
  if (key.length !== 32) throw new Error(`expected a private key of 32 bytes, got ${key.length}`);
  const curve = createECDH('secp256k1');
  curve.setPrivateKey(key);
  return curve.getPublicKey('hex', 'compressed');
}

/**
 * Whether `signature` (base64 of r and s, 64 bytes) is the key's ECDSA signature over SHA-256 of
 * `payload`. A key or signature that cannot be read is simply not a match.
 */
export function isSignedBy(compressedKey: string, signature: string, payload: string): boolean {
  try {
    const point = ECDH.convertKey(
      compressedKey,
      'secp256k1',
      'hex',
      undefined,
      'uncompressed',
    ) as Buffer;
    const key = createPublicKey({
      format: 'jwk',
      key: {
        kty: 'EC',
        crv: 'secp256k1',
        x: point.subarray(1, 33).toString('base64url'),
        y: point.subarray(33).toString('base64url'),
      },
    });
    const bytes = Buffer.from(signature, 'base64');
    return verify('sha256', Buffer.from(payload), { key, dsaEncoding: 'ieee-p1363' }, bytes);
  } catch {
    return false;
  }
}

/** The `pokt1…` address of a compressed public key: bech32 of RIPEMD-160 of SHA-256. */
export function addressOf(compressedKey: string): string {
  const sha = createHash('sha256').update(Buffer.from(compressedKey, 'hex')).digest();
  return encodeBech32('pokt', createHash('ripemd160').update(sha).digest());
}
