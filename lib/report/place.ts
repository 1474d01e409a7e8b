import { join, relative } from 'node:path';
import type { Deployment } from '../deployment.ts';
import { ROOT } from '../own-files.ts';
import { quote } from '../shell.ts';
import { shortPath } from '../short-path.ts';

/** The directory of a deployment's report: `reports/<name>`, beside `deployments/`. */
export function reportDirectory({
  directory,
  name,
}: Pick<Deployment, 'directory' | 'name'>): string {
  return join(directory, '..', '..', 'reports', name);
}

/** A file of this project's checkout, as a link in the report leads to it. */
export function fromReport(
  deployment: Pick<Deployment, 'directory' | 'name'>,
  file: string,
): string {
  const path = relative(reportDirectory(deployment), join(ROOT, file));
  return encodeURI(path);
}

/** A script of this project as it is typed in the working directory, which need not be the checkout. */
export function script(name: string): string {
  return quote(shortPath(join(ROOT, 'scripts', `${name}.mjs`)));
}
