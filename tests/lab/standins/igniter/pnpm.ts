/** Stand-in for pnpm in the provider image: it knows the one script that a deployment runs. */
import { accessSync, constants } from 'node:fs';

const SCRIPT = 'provider:migration:migrate';
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
  `> provider ${SCRIPT} (stand-in)\n> drizzle-kit migrate --config provider.drizzle.config.ts\n`,
);
await import('./migrate.ts');
