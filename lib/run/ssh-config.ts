import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import SSHConfig from 'ssh-config';
import type { Deployment, Host } from '../deployment.ts';
import { EXIT, UserError } from '../exit-codes.ts';
import { replaceFile } from '../replace-file.ts';

/** Directives that a host's entry takes over from what the operator's own configuration says of its address. */
const TAKEN_OVER = [
  'HostName',
  'User',
  'Port',
  'IdentityFile',
  'IdentitiesOnly',
  'IdentityAgent',
  'CertificateFile',
  'ProxyJump',
  'ProxyCommand',
  'HostKeyAlias',
  'AddressFamily',
] as const;

/**
 * Writes the deployment's own `ssh_config`: one entry a host, under the host's name in the profile, so that
 * `ssh -F deployments/<name>/ssh_config <host>` reaches it as this tool does. The operator's configuration supplies
 * what the profile leaves open, and everything about jump hosts. A host key that the operator has recorded counts; one that
 * is new is recorded with the deployment.
 * @param options.operatorConfig the operator's own configuration; `~/.ssh/config` where absent
 * @returns the path of the file
 * @throws UserError with exit code 2 when ssh is missing or refuses the operator's configuration
 */
export function writeSshConfig(
  deployment: Pick<Deployment, 'directory' | 'hosts' | 'name'>,
  options: { operatorConfig?: string } = {},
): string {
  const { directory, hosts, name } = deployment;
  const operatorConfig = options.operatorConfig ?? join(homedir(), '.ssh', 'config');
  const operator = existsSync(operatorConfig) ? operatorConfig : 'none';
  const settings = settingsBy(operator);
  const entries = hosts
    .filter(({ local }) => !local)
    .map((host) => entry(host, settings(host.address)));
  const text = `# Written by Pocket Automations for the deployment ${name}; changed with every run.
${entries.join('\n')}
Host *
  BatchMode yes
  ConnectTimeout 15
  ServerAliveInterval 15
  ServerAliveCountMax 4
  StrictHostKeyChecking accept-new
  UserKnownHostsFile ${quoted(join(directory, 'known_hosts'))} ~/.ssh/known_hosts
${operator === operatorConfig ? `  Include ${quoted(operatorConfig)}\n` : ''}`;
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const path = join(directory, 'ssh_config');
  // In one move: another run may be starting ssh with it.
  replaceFile(path, text);
  return path;
}

function entry(host: Host, found: Settings): string {
  const directives: Record<string, string | string[] | undefined> = {
    ...Object.fromEntries(TAKEN_OVER.map((key) => [key, found[key.toLowerCase()]])),
    // The operator may have given another host the name that this one has in the profile.
    ...(!found.proxyjump && !found.proxycommand && { ProxyJump: 'none' }),
    ...(host.user && { User: host.user }),
    ...(host.port && { Port: String(host.port) }),
    ...(host.identityFile && {
      // ssh expands %d, %h and others there.
      IdentityFile: host.identityFile.replaceAll('%', '%%'),
      IdentitiesOnly: 'yes',
    }),
  };
  const written = Object.entries(directives).flatMap(([key, value]) =>
    [value ?? []].flat().map((one) => `  ${key} ${key === 'ProxyCommand' ? one : quoted(one)}`),
  );
  return `Host ${host.name}\n${written.join('\n')}\n`;
}

/** What ssh makes of a configuration for an address, by directive in lower case. */
type Settings = Record<string, string | string[]>;

/** Where one of these is in a configuration, what holds for an address is not only a matter of the names of its sections. */
const MORE_THAN_NAMES = /[%?]|^\s*(match|include|canonical\w*)\b/im;

/**
 * Tells what the operator's configuration comes to for an address. To start ssh takes 10 ms, so it is asked once for all
 * addresses of which the same sections hold, and not at all where there is no configuration.
 */
function settingsBy(operatorConfig: string): (address: string) => Settings {
  if (operatorConfig === 'none') return (hostname) => ({ hostname });
  const config = namedSections(operatorConfig);
  if (!config) return (address) => resolved(address, operatorConfig);
  const asked = new Map<string, Settings>();
  return (address) => {
    const sections = config.compute(address, { ignoreCase: true });
    const key = JSON.stringify(sections);
    const settings = asked.get(key) ?? resolved(address, operatorConfig);
    asked.set(key, settings);
    return 'hostname' in sections ? settings : { ...settings, hostname: address };
  };
}

/** A configuration of which names alone decide what holds; undefined where there is more, or something wrong, which ssh tells. */
function namedSections(operatorConfig: string): SSHConfig | undefined {
  try {
    const text = readFileSync(operatorConfig, 'utf8');
    return MORE_THAN_NAMES.test(text) ? undefined : SSHConfig.parse(text);
  } catch {
    return undefined;
  }
}

/** What the operator's configuration comes to for an address, by ssh itself, which knows Include, Match and tokens. */
function resolved(address: string, operatorConfig: string): Settings {
  const { status, stdout, stderr, error } = spawnSync(
    'ssh',
    ['-G', '-F', operatorConfig, '--', address],
    { encoding: 'utf8' },
  );
  if (error) throw new UserError(`cannot run ssh: ${error.message}; install OpenSSH`, EXIT.usage);
  if (status !== 0) throw new UserError(`${operatorConfig}: ${stderr.trim()}`, EXIT.usage);
  return SSHConfig.parse(stdout).compute(address, { ignoreCase: true });
}

function quoted(value: string): string {
  return /[\s"'#]/.test(value) ? `"${value.replaceAll('"', '')}"` : value;
}
