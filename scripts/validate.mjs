#!/usr/bin/env node
// Asks every host of a profile whether the deployment works, and says what to do where it does not. Changes nothing.
import { EXIT, runCommand, validateCommand } from '../lib/index.mjs';

const { runValidate, VALIDATE_OPTIONS } = await validateCommand();

await runCommand({
  script: 'scripts/validate.mjs',
  summary:
    'Tells whether a deployment is ready, why not, and what to do. Changes nothing. Exits 0 when it is ready, 1 when it is not, and 2 when it cannot tell: no host could be reached, all was skipped, or it was called wrongly.',
  options: VALIDATE_OPTIONS,
  examples: [
    '--profile profiles/all-in-one-lab.yaml',
    '--profile profiles/all-in-one-lab.yaml --only redis,chain.rpc --verbose',
    '--profile profiles/all-in-one-lab.yaml --relay',
  ],
  // Not 1, which says that the deployment is not ready.
  defect: EXIT.usage,
  run: runValidate,
});
