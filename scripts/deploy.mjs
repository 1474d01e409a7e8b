#!/usr/bin/env node
// Deploys a profile: every role on every host that has it, in the profile's order, hosts side by side.
import {
  DEPLOY_OPTIONS,
  EXIT,
  loadDeployment,
  runCommand,
  runDeploy,
  typedAgain,
  UserError,
} from '../lib/index.mjs';
import { common } from './common.mjs';
import { exporters } from './exporters.mjs';
import { firewall } from './firewall.mjs';
import { images } from './images.mjs';
import { installDocker } from './install-docker.mjs';
import { middleman } from './middleman.mjs';
import { monitoring } from './monitoring.mjs';
import { pocketd } from './pocketd.mjs';
import { postgres } from './postgres.mjs';
import { provider } from './provider.mjs';
import { redis } from './redis.mjs';
import { relayminer } from './relayminer.mjs';
import { reverseProxy } from './reverse-proxy.mjs';
import { temporal } from './temporal.mjs';

export const roles = [
  common,
  firewall,
  installDocker,
  images,
  pocketd,
  redis,
  postgres,
  temporal,
  provider,
  middleman,
  relayminer,
  exporters,
  reverseProxy,
  monitoring,
];

if (import.meta.main) {
  await runCommand({
    script: 'scripts/deploy.mjs',
    summary:
      'Brings the hosts of a profile to where the profile wants them. Running it again is always safe.',
    options: {
      profile: { value: 'FILE', help: 'the profile' },
      only: { value: 'ROLE,…', help: 'deploy these roles only' },
      ...DEPLOY_OPTIONS,
    },
    examples: [
      '--profile profiles/all-in-one-lab.yaml --dry-run',
      '--profile profiles/all-in-one-lab.yaml --limit lab --only redis,relayminer',
    ],
    run: async (given, terminal) => {
      if (!given.profile) throw new UserError('Give --profile FILE. See --help.', EXIT.usage);
      return runDeploy({
        deployment: loadDeployment(given.profile),
        roles: chosen(given.only),
        given,
        terminal,
        again: typedAgain('scripts/deploy.mjs'),
      });
    },
  });
}

/** @param {string | undefined} only */
function chosen(only) {
  if (only === undefined) return roles;
  const names = only.split(',').map((name) => name.trim());
  const unknown = names.filter((name) => !roles.some((role) => role.name === name));
  if (unknown.length > 0) {
    const known = roles.map(({ name }) => name).join(', ');
    throw new UserError(`--only ${unknown.join(',')}: no such role; there is ${known}`, EXIT.usage);
  }
  return roles.filter(({ name }) => names.includes(name));
}
