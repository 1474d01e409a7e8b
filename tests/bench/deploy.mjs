#!/usr/bin/env node
// Deploys the benchmark's content, as scripts/deploy.mjs deploys the roles: the process that the benchmark times.
import {
  DEPLOY_OPTIONS,
  EXIT,
  loadDeployment,
  runCommand,
  runDeploy,
  UserError,
} from '../../lib/index.mjs';

const { content } = await import('./content.ts');
const { steps } = await import('./steps.ts');

await runCommand({
  script: 'tests/bench/deploy.mjs',
  summary: 'Deploys the content of the benchmark.',
  options: {
    profile: { value: 'FILE', help: 'the manifest' },
    steps: { value: 'COUNT', help: 'how many steps; 40 where absent' },
    variant: { value: 'HOST=TEXT', help: 'what the file that varies holds on that host' },
    ...DEPLOY_OPTIONS,
  },
  examples: ['--profile .cache/bench/10.yaml'],
  run: async (given, terminal) => {
    if (!given.profile) throw new UserError('Give --profile FILE. See --help.', EXIT.usage);
    const items = content(Number(given.steps ?? 40));
    const [changed, text = ''] = given.variant?.split('=') ?? [];
    /** @type {import('../../lib/role.ts').Role} */
    const role = {
      name: 'common',
      summary: 'The content of the benchmark.',
      steps: ({ host }) => steps(items, host.name === changed ? text : '0'),
    };
    const code = await runDeploy({
      deployment: loadDeployment(given.profile),
      roles: [role],
      given,
      terminal,
      again: 'make bench',
    });
    terminal.err(`resident ${process.resourceUsage().maxRSS} kB\n`);
    return code;
  },
});
