// What the scripts build on. It exists because an older Node cannot load TypeScript: it would fail before the first
// line of a script ran, with a message that helps nobody. So this module says what to do, and only then loads the rest.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import module from 'node:module';
import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';
import { bundledToolkit } from './bundled-toolkit.mjs';

if (Number.parseInt(process.versions.node, 10) < 24) {
  const own = fileURLToPath(new URL('../.cache/node/bin/node', import.meta.url));
  if (!existsSync(own)) {
    console.error(
      `This needs Node 24 or newer, and this is ${process.version}. Run "make setup" once: it brings its own.`,
    );
    process.exit(2);
  }
  process.exit(await exitStatusOf(own, process.argv.slice(1)));
}

/**
 * Runs another program in place of this one: what this is told to end with, that is told, and it is waited for. What a
 * terminal says to both of them, it is told twice (lib/commands/interruption.ts).
 * @param {string} program
 * @param {string[]} words
 * @returns {Promise<number>} its exit status; as shells have it, 128 and the signal's number where a signal ended it
 */
function exitStatusOf(program, words) {
  const env = { ...process.env, POCKET_FORWARDED_BY: String(process.pid) };
  const child = spawn(program, words, { stdio: 'inherit', env });
  /** @type {NodeJS.Signals[]} */
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
  for (const name of signals) process.on(name, () => child.kill(name));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (status, signal) =>
      resolve(signal ? 128 + constants.signals[signal] : Number(status)),
    );
  });
}

// What Node made of the sources is kept, which more than halves the time until a script does something. A directory of
// our own: in the shared one of the system, anybody could have laid down the code that runs here.
module.enableCompileCache(fileURLToPath(new URL('../.cache/compiled', import.meta.url)));

/** @type {typeof import('./toolkit.ts')} */
const toolkit = bundledToolkit() ?? (await import('./toolkit.ts'));

export const {
  accept,
  alertmanagerConfig,
  allIntoService,
  aptInstall,
  aptRepository,
  authorityFrom,
  blackboxConfig,
  bundleTar,
  command,
  COMMON_KERNEL,
  COMPOSE,
  composeFile,
  DEPLOY_OPTIONS,
  DERIVED_RULES,
  derivedRules,
  directory,
  envTemplate,
  EXIT,
  file,
  firewallSteps,
  GATEWAY,
  imagesOf,
  inTurns,
  keysFile,
  limits,
  loadDeployment,
  managedDatabases,
  managedNamespace,
  mebibytes,
  minerConfig,
  nodeExporterListen,
  onlyThese,
  OUT_OF_SERVICE,
  packages,
  PASSWORD_FILE,
  passwordHash,
  pocketdChecksums,
  portalUrl,
  postgresSource,
  privatePorts,
  processLimits,
  prometheusConfig,
  proxiedNames,
  proxyFiles,
  proxyRolling,
  readBundle,
  RECEIVER_SECRETS,
  receiverFile,
  REDIS_KERNEL,
  redisSource,
  referenceInBundle,
  relayerConfig,
  relayminerRolling,
  reload,
  ruleFiles,
  rulesetOf,
  runCommand,
  runDeploy,
  runRole,
  runsExporter,
  saveBundle,
  savedBeforeUpgrade,
  service,
  settingFlags,
  sh,
  sslMode,
  stack,
  STACKS,
  STAKE_BUFFER_UPOKT,
  sysctl,
  typedAgain,
  UNDONE_AFTER_SECONDS,
  user,
  UserError,
  WANTED,
  withGateway,
  withoutFirewallSteps,
  yaml,
  reportCommand,
  validateCommand,
} = toolkit;
