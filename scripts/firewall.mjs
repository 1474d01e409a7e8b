#!/usr/bin/env node
// Closes the ports of the deployment on a host but to those who need them, before Docker hands packets on to containers.
// What locks SSH out is undone by the host itself within a minute.
import {
  firewallSteps,
  rulesetOf,
  runRole,
  settingFlags,
  sh,
  UNDONE_AFTER_SECONDS,
  withoutFirewallSteps,
} from '../lib/index.mjs';

/** @type {import('../lib/role.ts').Role} */
export const firewall = {
  name: 'firewall',
  summary:
    'Closes the ports of the deployment but to those who need them; undoes what locks SSH out.',
  steps: ({ deployment, host }) =>
    deployment.profile.firewall.enabled
      ? firewallSteps(rulesetOf(deployment, host))
      : withoutFirewallSteps(),
  confirm: ({ deployment }) =>
    deployment.profile.firewall.enabled
      ? { command: sh`pocket-firewall confirm`, undoneAfterSeconds: UNDONE_AFTER_SECONDS }
      : undefined,
};

if (import.meta.main) {
  await runRole(firewall, { flags: settingFlags({ 'firewall.enabled': 'true|false' }) });
}
