import { scryptSync } from 'node:crypto';
import { lines, sh } from '../shell.ts';
import type { Step } from '../step.ts';
import { WANTED } from './configuration.ts';

/** Where it is, below the wanted configuration. */
export const PASSWORD_FILE = 'password.env';

/**
 * The hash of the portal's password, made by Caddy itself from its standard input. bcrypt gives another hash each time,
 * so a mark tells whether the one that is there is of this password: a slow hash too, since a quick one beside a slow one
 * would be the one to guess by.
 * @param salt what makes the mark this deployment's own
 */
export function passwordHash(options: { image: string; password: string; salt: string }): Step {
  const { image, password, salt } = options;
  const path = `${WANTED}/${PASSWORD_FILE}`;
  const mark = `# ${scryptSync(password, salt, 24).toString('hex')}`;
  return {
    title: `Write the hash of the portal’s password to ${path}`,
    content: `${password}\n`,
    check: sh`grep -qxF ${mark} ${path} && is_owned ${path} 600 root:root`,
    apply: lines(
      sh`hash=$($content | docker run --rm --interactive --network none ${image} caddy hash-password)`,
      sh`[[ $hash == '$2'* ]]`,
      sh`printf '%s\n' ${mark} "PORTAL_PASSWORD_HASH='$hash'" | write_file ${path} 600 root:root`,
    ),
  };
}
