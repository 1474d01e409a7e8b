import { resolve } from 'node:path';
import { ROOT } from './own-files.ts';

/**
 * The directory that holds `deployments/` and `reports/`: what POCKET_AUTOMATIONS_HOME says, else the checkout. It
 * does not depend on the working directory, so that no second set of secrets is made by starting a script elsewhere.
 */
export function home(): string {
  return resolve(process.env.POCKET_AUTOMATIONS_HOME || ROOT);
}
