import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { $ } from 'zx';

/** The files of an authority of nobody's, and of a certificate of it. */
export interface PrivateAuthority {
  authority: string;
  certificate: string;
  key: string;
}

/** Makes an authority, and a certificate for public names that lasts so many days. */
export async function privateAuthority(
  directory: string,
  names: readonly [string, ...string[]],
  days: number,
): Promise<PrivateAuthority> {
  const run = $({ cwd: directory, quiet: true });
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  await run`openssl req -x509 ${key} -keyout authority.key -out authority.pem -days ${days} -subj /CN=Fleet`;
  await run`openssl req ${key} -keyout leaf.key -out leaf.csr -subj /CN=${names[0]}`;
  const extension = `subjectAltName=${names.map((name) => `DNS:${name}`).join(',')}\n`;
  writeFileSync(join(directory, 'names'), extension);
  await run`openssl x509 -req -in leaf.csr -CA authority.pem -CAkey authority.key -CAcreateserial -days ${days} -extfile names -out leaf.pem`;
  return {
    authority: join(directory, 'authority.pem'),
    certificate: join(directory, 'leaf.pem'),
    key: join(directory, 'leaf.key'),
  };
}
