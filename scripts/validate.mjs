#!/usr/bin/env node
// Asks every host of a profile whether the deployment works, and says what to do where it does not. Changes nothing.
import { runCommand, validateCommand } from '../lib/index.mjs';

const { runValidate, VALIDATE_OPTIONS } = await validateCommand();

await runCommand({
  script: 'scripts/validate.mjs',
  summary:
    'Tells whether a deployment is ready, why not, and what to do. Changes nothing. Exits 0 when it is ready and 5 when it is not; when it cannot tell, with 4 if no host could be reached and 1 if everything that was asked was skipped; with 2 when it was called wrongly.',
  options: VALIDATE_OPTIONS,
  examples: [
    '--profile profiles/all-in-one-lab.yaml',
    '--profile profiles/all-in-one-lab.yaml --only redis,chain.rpc --verbose',
    '--profile profiles/all-in-one-lab.yaml --relay',
  ],
  run: runValidate,
});
