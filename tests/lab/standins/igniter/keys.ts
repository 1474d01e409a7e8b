import { createCipheriv, randomBytes } from 'node:crypto';
import { addressOf, publicKeyOf } from './identity.ts';

/** A freshly generated supplier key. */
export interface SupplierKey {
  address: string;
  publicKey: string;
  encryptedPrivateKey: string;
}

/**
 * `<iv hex>:<ciphertext hex>` by AES-256-CBC with the fixed key and IV of the environment. A wrong
 * length shows here for the first time: ERR_CRYPTO_INVALID_KEYLEN or ERR_CRYPTO_INVALID_IV
 * (pokt-network/igniter, packages/commons/src/crypto.ts).
 */
export function encrypt(plain: string, environment: NodeJS.ProcessEnv): string {
  const key = Buffer.from(environment.ENCRYPTION_KEY ?? '', 'hex');
  const iv = Buffer.from(environment.ENCRYPTION_IV ?? '', 'hex');
  const cipher = createCipheriv('aes-256-cbc', key, iv);
  return `${iv.toString('hex')}:${cipher.update(plain, 'utf8', 'hex')}${cipher.final('hex')}`;
}

/** Generates a supplier key and encrypts it. Throws as encrypt does. */
export function generateKey(environment: NodeJS.ProcessEnv): SupplierKey {
  const secret = randomBytes(32).toString('hex');
  const publicKey = publicKeyOf(secret);
  return {
    address: addressOf(publicKey),
    publicKey,
    encryptedPrivateKey: encrypt(secret, environment),
  };
}
