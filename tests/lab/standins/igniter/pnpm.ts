/** Stand-in for pnpm in the web images: each knows the one script of its own that a deployment runs. */
import { accessSync, constants } from 'node:fs';

const APPLICATION = process.env.SERVICE_NAME || 'provider';
const SCRIPT = `${APPLICATION}:migration:migrate`;
const [script, ...rest] = process.argv.slice(2);

if (script !== SCRIPT || rest.length > 0) {
  console.error(
    `ERR_PNPM_NO_SCRIPT  Missing script: ${[script, ...rest].join(' ')} (stand-in pnpm)`,
  );
  process.exit(1);
}
try {
  // The real pnpm writes into its working directory, so a read-only root file system fails here.
  accessSync(process.cwd(), constants.W_OK);
} catch (error) {
  console.error(`ERROR  ${error instanceof Error ? error.message : error} (stand-in pnpm)`);
  process.exit(1);
}
console.log(
  `> ${APPLICATION} ${SCRIPT} (stand-in)\n> drizzle-kit migrate --config ${APPLICATION}.drizzle.config.ts\n`,
);
await import('./migrate.ts');
