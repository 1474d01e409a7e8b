#!/usr/bin/env node
// Deploys the benchmark's content, as scripts/deploy.mjs deploys the roles: the process that the benchmark times.
import {
  command,
  DEPLOY_OPTIONS,
  EXIT,
  loadDeployment,
  runCommand,
  runDeploy,
  sh,
  UserError,
} from '../../lib/index.mjs';

const { content, ROOT } = await import('./content.ts');
const { steps } = await import('./steps.ts');

await runCommand({
  script: 'tests/bench/deploy.mjs',
  summary: 'Deploys the content of the benchmark.',
  options: {
    profile: { value: 'FILE', help: 'the manifest' },
    steps: { value: 'COUNT', help: 'how many steps; 40 where absent' },
    waits: { value: 'SECONDS', help: 'how long each host waits once, as it would for a download' },
    variant: { value: 'HOST=TEXT', help: 'what the file that varies holds on that host' },
    ...DEPLOY_OPTIONS,
  },
  examples: ['--profile .cache/bench/10.yaml'],
  run: async (given, terminal) => {
    if (!given.profile) throw new UserError('Give --profile FILE. See --help.', EXIT.usage);
    const items = content(Number(given.steps ?? 40));
    const waits = `${ROOT}/waited`;
    const wait = command({
      title: `Wait ${given.waits} s`,
      unless: sh`[[ -e ${waits} ]]`,
      run: sh`sleep ${given.waits ?? ''} && touch ${waits}`,
    });
    const [changed, text = ''] = given.variant?.split('=') ?? [];
    /** @type {import('../../lib/role.ts').Role} */
    const role = {
      name: 'common',
      summary: 'The content of the benchmark.',
      steps: ({ host }) => [
        ...steps(items, host.name === changed ? text : '0'),
        ...(given.waits ? [wait] : []),
      ],
    };
    return runDeploy({
      deployment: loadDeployment(given.profile),
      roles: [role],
      given,
      terminal,
      again: 'make bench',
    });
  },
});
