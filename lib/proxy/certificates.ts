import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { EXIT, UserError } from '../exit-codes.ts';

/**
 * A certificate with its key in one PEM text, as Caddy loads it.
 * @param name the public name that it is for
 * @param path the file of the certificate and its chain on this machine
 * @param key the private key in PEM
 * @throws UserError when the file cannot be read, or is not a certificate in force for that name and key.
 */
export function certificateWithKey(name: string, path: string, key: string): string {
  const refuse = (problem: string) =>
    new UserError(`reverse_proxy.certificates.${name}.certificate: ${path} ${problem}`, EXIT.usage);
  let text: string;
  let certificate: X509Certificate;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw refuse(`cannot be read (${(error as NodeJS.ErrnoException).code})`);
  }
  try {
    certificate = new X509Certificate(text);
  } catch {
    throw refuse('is not a certificate in PEM');
  }
  if (certificate.checkHost(name) === undefined)
    throw refuse(`is for ${certificate.subjectAltName ?? 'nobody'}, not for ${name}`);
  if (!certificate.checkPrivateKey(createPrivateKey(key))) throw refuse('does not belong to key');
  if (certificate.validToDate < new Date()) throw refuse(`has expired: ${certificate.validTo}`);
  return `${key}\n${text.trimEnd()}\n`;
}
