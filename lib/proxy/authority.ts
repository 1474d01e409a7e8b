import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { EXIT, UserError } from '../exit-codes.ts';

/**
 * The certificate of a private authority in a file of this machine, in PEM and without anything else that the file may
 * hold.
 * @param setting where the profile names the file
 * @throws UserError when there is no certificate to read.
 */
export function authorityFrom(setting: string, path: string): string {
  try {
    return new X509Certificate(readFileSync(path)).toString();
  } catch {
    throw new UserError(`${setting}: ${path} holds no certificate in PEM`, EXIT.usage);
  }
}
