import { existsSync, readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Deployment } from '../deployment.ts';
import { EXIT, UserError } from '../exit-codes.ts';
import { loadSecrets, type Secrets } from '../secrets/secrets.ts';
import { shortPath } from '../short-path.ts';

/**
 * The secrets in use. Who only asks or tells makes none up: with new ones it would speak of a deployment that does not
 * exist.
 * @throws UserError with exit code 2 when something is missing
 */
export function existingSecrets(deployment: Deployment): Secrets {
  try {
    return loadSecrets(deployment, { create: false, roles: [] });
  } catch (error) {
    throw new UserError((error as Error).message + adviceOn(deployment), EXIT.usage);
  }
}

/** Where the secrets may be, when this machine has none of the deployment. */
function adviceOn({ directory }: Deployment): string {
  const deployments = dirname(directory);
  const kept = existsSync(deployments) ? readdirSync(deployments) : [];
  const deployed = kept.filter((name) => existsSync(join(deployments, name, 'secrets.yaml')));
  if (deployed.includes(basename(directory))) return '';
  const here = deployed.length > 0 ? ` This machine has secrets of: ${deployed.join(', ')}.` : '';
  return `\n  If another machine has deployed it, bring ${shortPath(directory)} from there.${here}`;
}
