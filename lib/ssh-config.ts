import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import SSHConfig from 'ssh-config';
import type { Deployment, Host } from './deployment.ts';

/** Directives of the operator's own configuration that a host's entry takes over. */
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
 * what the profile leaves open, and everything about jump hosts.
 * @param options.operatorConfig the operator's own configuration; `~/.ssh/config` where absent
 * @returns the path of the file
 */
export function writeSshConfig(
  deployment: Pick<Deployment, 'directory' | 'hosts' | 'name'>,
  options: { operatorConfig?: string } = {},
): string {
  const { directory, hosts, name } = deployment;
  const operatorConfig = options.operatorConfig ?? join(homedir(), '.ssh', 'config');
  const operator = existsSync(operatorConfig)
    ? SSHConfig.parse(readFileSync(operatorConfig, 'utf8'))
    : new SSHConfig();
  const entries = hosts.filter(({ local }) => !local).map((host) => entry(host, operator));
  const text = `# Written by Pocket Automations for the deployment ${name}; changed with every run.
${entries.join('\n')}
Host *
  BatchMode yes
  LogLevel ERROR
  ConnectTimeout 15
  ServerAliveInterval 15
  ServerAliveCountMax 4
  StrictHostKeyChecking accept-new
  UserKnownHostsFile ${quoted(join(directory, 'known_hosts'))}
${existsSync(operatorConfig) ? `  Include ${quoted(operatorConfig)}\n` : ''}`;
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const path = join(directory, 'ssh_config');
  writeFileSync(path, text, { mode: 0o600 });
  return path;
}

function entry(host: Host, operator: SSHConfig): string {
  // Keys come back in lower case, however they are written.
  const computed: Record<string, string | string[]> = operator.compute(host.address, {
    ignoreCase: true,
  });
  const directives: Record<string, string | string[] | undefined> = {
    ...Object.fromEntries(TAKEN_OVER.map((key) => [key, computed[key.toLowerCase()]])),
    HostName: (computed.hostname as string | undefined) ?? host.address,
    ...(host.user && { User: host.user }),
    ...(host.port && { Port: String(host.port) }),
    ...(host.identityFile && { IdentityFile: host.identityFile, IdentitiesOnly: 'yes' }),
  };
  const written = Object.entries(directives).flatMap(([key, value]) =>
    [value ?? []].flat().map((one) => `  ${key} ${quoted(one)}`),
  );
  return `Host ${host.name}\n${written.join('\n')}\n`;
}

function quoted(value: string): string {
  return /[\s"]/.test(value) ? `"${value.replaceAll('"', '')}"` : value;
}
