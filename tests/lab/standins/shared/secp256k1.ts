/** Cosmos-style secp256k1 keys and signatures on top of node:crypto. */
import { createECDH, createHash, createPrivateKey, type KeyObject, sign } from 'node:crypto';
import { encodeBech32 } from './bech32.ts';

const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;

/** A signing key with the account address that belongs to it. */
export type Account = { address: string; publicKey: Buffer; key: KeyObject };

/** Makes an account from 64 hex digits, optionally after `0x`; throws when they are no valid secret scalar. */
export function account(privateKeyHex: string): Account {
  const hex = privateKeyHex.replace(/^0x/, '');
  if (!/^[0-9a-fA-F]{64}$/.test(hex)) throw new Error('a private key is 64 hex digits');
  const scalar = BigInt(`0x${hex}`);
  if (scalar === 0n || scalar >= order)
    throw new Error('a private key is between 1 and the group order');
  const curve = createECDH('secp256k1');
  curve.setPrivateKey(Buffer.from(hex, 'hex'));
  const point = curve.getPublicKey();
  const publicKey = curve.getPublicKey(null, 'compressed') as Buffer;
  const key = createPrivateKey({
    format: 'jwk',
    key: {
      kty: 'EC',
      crv: 'secp256k1',
      d: Buffer.from(hex, 'hex').toString('base64url'),
      x: point.subarray(1, 33).toString('base64url'),
      y: point.subarray(33).toString('base64url'),
    },
  });
  return { address: addressOf(publicKey), publicKey, key };
}

/** The account address of a compressed public key. */
export function addressOf(publicKey: Uint8Array): string {
  const sha256 = createHash('sha256').update(publicKey).digest();
  return encodeBech32('pokt', createHash('ripemd160').update(sha256).digest());
}

/** Signs the SHA-256 of `message`: 64 bytes r‖s with a low s, as Cosmos verifies them. */
export function signMessage(key: KeyObject, message: Uint8Array): Buffer {
  const signature = sign('sha256', message, { key, dsaEncoding: 'ieee-p1363' });
  const s = BigInt(`0x${signature.subarray(32).toString('hex')}`);
  if (s <= order / 2n) return signature;
  const low = Buffer.from((order - s).toString(16).padStart(64, '0'), 'hex');
  return Buffer.concat([signature.subarray(0, 32), low]);
}

/** True when `hex` is a compressed public key that lies on the curve. */
export function isCompressedPublicKey(hex: string): boolean {
  if (!/^0[23][0-9a-fA-F]{64}$/.test(hex)) return false;
  try {
    const other = createECDH('secp256k1');
    other.setPrivateKey(Buffer.alloc(32, 1));
    other.computeSecret(Buffer.from(hex, 'hex'));
    return true;
  } catch {
    return false;
  }
}
