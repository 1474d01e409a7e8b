import { createECDH, createHash, randomBytes } from 'node:crypto';
import { isMap, isScalar, isSeq, parseDocument } from 'yaml';
import { bech32Encode } from '../bech32.ts';
import { Secret } from './secret.ts';

/** The order of the secp256k1 curve's group: a private key is from 1 to one less than it. */
const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;

/** A key that operates a supplier, with what is derived from it. */
export interface SupplierKey {
  /** 64 hexadecimal digits. */
  privateKey: Secret;
  /** 66 hexadecimal digits, compressed. */
  publicKey: string;
  /** `pokt1…`. */
  address: string;
}

/** Whether a text is a secp256k1 private key: 64 hexadecimal digits, in range. */
export function isPrivateKey(text: string): boolean {
  if (!/^[0-9a-f]{64}$/i.test(text)) return false;
  const value = BigInt(`0x${text}`);
  return value > 0n && value < ORDER;
}

/** A new secp256k1 private key: 64 lower case hexadecimal digits. */
export function generatePrivateKey(): string {
  for (;;) {
    const key = randomBytes(32).toString('hex');
    if (isPrivateKey(key)) return key;
  }
}

/** The compressed public key of a private key: 66 lower case hexadecimal digits. Throws when the key is none. */
export function publicKey(hexKey: string): string {
  if (!isPrivateKey(hexKey))
    throw new Error('not a secp256k1 private key of 64 hexadecimal digits');
  const curve = createECDH('secp256k1');
  curve.setPrivateKey(hexKey, 'hex');
  return curve.getPublicKey('hex', 'compressed');
}

/** The `pokt1…` address of a private key. Throws when the key is none. */
export function supplierAddress(hexKey: string): string {
  const sha = createHash('sha256').update(publicKey(hexKey), 'hex').digest();
  return bech32Encode('pokt', createHash('ripemd160').update(sha).digest());
}

/**
 * Reads RelayMiner's keys file: a YAML mapping with a list `keys` of 64 hexadecimal digits each, optionally with 0x
 * (pocket-relay-miner, keys, v0.1.x). An empty file, or list, has none yet. Throws with every malformed entry named by
 * its position, never by its value.
 * @param source how messages call the file
 */
export function parseSupplierKeys(text: string, source: string): SupplierKey[] {
  const document = parseDocument(text, { prettyErrors: false, logLevel: 'silent' });
  if (document.errors.length > 0) throw new Error(`${source} is not valid YAML`);
  if (document.contents === null) return [];
  // A key of digits only would be read as a number and lose digits: take what is written instead.
  const list = isMap(document.contents) && document.contents.get('keys', true);
  if (isScalar(list) && list.value === null) return [];
  if (!isSeq(list))
    throw new Error(`${source}: expected a list named keys${isJson(text) ? EXPORTED : ''}`);
  const problems: string[] = [];
  const seen = new Map<string, number>();
  const keys = list.items.map((item, index) => {
    const scalar = item as { source?: string; value?: unknown };
    const written = String(scalar?.source ?? scalar?.value ?? '');
    const hex = written.replace(/^0x/i, '').toLowerCase();
    if (!isPrivateKey(hex)) {
      problems.push(`keys[${index}] is not a private key of 64 hexadecimal digits`);
      return undefined;
    }
    const address = supplierAddress(hex);
    if (seen.has(address))
      problems.push(`keys[${index}] is the same key as keys[${seen.get(address)}]`);
    seen.set(address, index);
    return { privateKey: new Secret(hex), publicKey: publicKey(hex), address };
  });
  if (problems.length > 0) throw new Error(`${source}: ${problems.join('; ')}`);
  return keys.filter((key) => key !== undefined);
}

/** What is said of JSON. Source: igniter, apps/provider, keys/exportUtils.ts, v0.9: a list of objects with `hex`. */
const EXPORTED =
  '; this is JSON, as the portal exports it: README.md, “Where supplier keys come from”, has the command that makes the keys file of it';

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
