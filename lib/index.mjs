// What the scripts build on. It exists because an older Node cannot load TypeScript: it would fail before the first
// line of a script ran, with a message that helps nobody. So this module says what to do, and only then loads the rest.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import module from 'node:module';
import { fileURLToPath } from 'node:url';
import { loadSingleFiles } from './single-files.mjs';

if (Number.parseInt(process.versions.node, 10) < 24) {
  const own = fileURLToPath(new URL('../.cache/node/bin/node', import.meta.url));
  if (!existsSync(own)) {
    console.error(
      `This needs Node 24 or newer, and this is ${process.version}. Run "make setup" once: it brings its own.`,
    );
    process.exit(2);
  }
  const { status } = spawnSync(own, process.argv.slice(1), { stdio: 'inherit' });
  process.exit(status ?? 1);
}

// What Node made of the sources is kept, which more than halves the time until a script does something. A directory of
// our own: in the shared one of the system, anybody could have laid down the code that runs here.
module.enableCompileCache(fileURLToPath(new URL('../.cache/compiled', import.meta.url)));
loadSingleFiles();

// The checks and the report are not among it: the scripts that need them load them, and every other starts a third faster.
export const { sh } = await import('./shell.ts');
export const { file, directory } = await import('./steps/file.ts');
export const {
  user,
  packages,
  aptRepository,
  aptInstall,
  sysctl,
  limits,
  service,
  command,
  waitFor,
} = await import('./steps/system.ts');
export const { COMMON_KERNEL, REDIS_KERNEL } = await import('./kernel-settings.ts');
export const { stack, STACKS, COMPOSE, composeFile, envTemplate, privatePorts } = await import(
  './steps/stack.ts'
);
export const { UNDONE_AFTER_SECONDS, firewallSteps, withoutFirewallSteps } = await import(
  './steps/firewall.ts'
);
export const { rulesetOf } = await import('./firewall/rules.ts');
export const { inTurns } = await import('./steps/redis-turns.ts');
export const { managedDatabases, managedNamespace } = await import('./managed.ts');
export const { sslMode } = await import('./endpoints.ts');
export const { proxyFiles } = await import('./proxy/files.ts');
export const { OUT_OF_SERVICE, allIntoService } = await import('./proxy/upstreams.ts');
export const { accept, onlyThese, reload, WANTED } = await import('./proxy/configuration.ts');
export const { PASSWORD_FILE, passwordHash } = await import('./proxy/password.ts');
export const { bundleTar, readBundle, saveBundle } = await import('./images/bundle.ts');
export const { authorityFrom } = await import('./proxy/authority.ts');
export const { proxiedNames } = await import('./proxied-names.ts');
export const { STAKE_BUFFER_UPOKT } = await import('./profile/igniter-schema.ts');
export const { pocketdChecksums } = await import('./profile/pocketd-releases.ts');
export const { familiarReference } = await import('./images/reference.ts');
export const { imagesOf } = await import('./images/role-images.ts');
export const { portalUrl } = await import('./profile/portal-url.ts');
export const { loadDeployment } = await import('./deployment.ts');
export const { settingFlags } = await import('./commands/setting-flags.ts');
export const { runRole } = await import('./commands/role-command.ts');
export const { runCommand } = await import('./commands/command.ts');
export const { runDeploy, DEPLOY_OPTIONS } = await import('./commands/deploy-command.ts');
export const { EXIT, UserError } = await import('./exit-codes.ts');
export const { yaml, readYamlFile } = await import('./yaml-text.ts');
export const { relayerConfig, minerConfig, keysFile } = await import('./relayminer/config.ts');
export const { relayminerRolling } = await import('./relayminer/rolling.ts');
export const { runsExporter, nodeExporterListen, redisSource, postgresSource } = await import(
  './monitoring/exporters.ts'
);
export const { GATEWAY, withGateway } = await import('./pocket-gateway.ts');
export const { prometheusConfig } = await import('./monitoring/prometheus-config.ts');
export const { blackboxConfig } = await import('./monitoring/public-probes.ts');
export const { DERIVED_RULES, derivedRules, ruleFiles } = await import(
  './monitoring/alert-rules.ts'
);
export const { alertmanagerConfig, receiverFile, RECEIVER_SECRETS } = await import(
  './monitoring/alertmanager-config.ts'
);
export const { proxyRolling } = await import('./proxy/rolling.ts');
