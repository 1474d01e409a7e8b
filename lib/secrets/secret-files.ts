import type { Deployment } from '../deployment.ts';
import type { Host } from '../hosts.ts';
import { receiverFile } from '../monitoring/alertmanager-config.ts';
import { runsExporter } from '../monitoring/exporters.ts';
import { WANTED } from '../proxy/configuration.ts';
import { PASSWORD_FILE } from '../proxy/password.ts';
import { proxySecrets } from '../proxy/secrets.ts';
import { certificatesOf } from '../proxy/sites.ts';
import type { Owner } from '../step.ts';
import { STACKS } from '../steps/stack.ts';

/** A file on a host that holds a secret, and who may read it. */
export interface SecretFile {
  path: string;
  /** Octal digits without a leading zero. */
  mode: string;
  /** Numbers: who they are exists in an image only. */
  owner: Owner;
}

/** Every file of a host that a deployment writes secrets to, with what it sets. The stacks' `.env` are among them. */
export function secretFiles(deployment: Deployment, host: Host): SecretFile[] {
  const { profile } = deployment;
  const has = (group: Parameters<Deployment['group']>[0]) =>
    deployment.group(group).some(({ name }) => name === host.name);
  const of = (path: string, mode: string, owner: Owner = '0:0'): SecretFile => ({
    path: path.startsWith('/') ? path : `${STACKS}/${path}`,
    mode,
    owner,
  });
  const files: SecretFile[] = [];
  for (const [group, stack] of ENVIRONMENTS) if (has(group)) files.push(of(`${stack}/.env`, '600'));
  if (has('redis_hosts')) {
    files.push(of('redis/config/password.conf', '400', '999:0'));
    if (profile.redis.mode === 'sentinel')
      files.push(of('redis-sentinel/config/password.conf', '400', '999:0'));
  }
  if (host.roles.includes('exporters')) {
    if (runsExporter(deployment, host, 'redis-exporter'))
      files.push(of('exporters/redis/passwords.json', '400', '59000:59000'));
    if (runsExporter(deployment, host, 'postgres-exporter'))
      files.push(of('exporters/postgres/password', '400', '65534:65534'));
  }
  if (has('relay_relayers') || has('relay_miners'))
    files.push(of('relayminer/keys/keys.yaml', '400', '1000:1000'));
  if (has('relay_relayers')) files.push(of('relayminer/relayer/relayer.yaml', '400', '1000:1000'));
  if (has('relay_miners')) files.push(of('relayminer/miner/miner.yaml', '400', '1000:1000'));
  if (has('reverse_proxy_hosts')) {
    if (proxySecrets(profile).some(({ path }) => path.endsWith('.dns_token')))
      files.push(of(`${WANTED}/values.env`, '600'));
    for (const name of Object.keys(certificatesOf(profile.reverse_proxy)))
      files.push(of(`${WANTED}/certificates/${name}.pem`, '400'));
    if (profile.reverse_proxy.provider_admin?.password !== undefined)
      files.push(of(`${WANTED}/${PASSWORD_FILE}`, '600'));
  }
  if (has('monitoring_hosts')) {
    files.push(of('monitoring/grafana/secrets/admin-password', '400', '472:0'));
    for (const receiver of profile.monitoring.alerts)
      files.push(
        of(`monitoring/alertmanager/secrets/${receiverFile(receiver)}`, '400', '65534:65534'),
      );
  }
  return files;
}

/** The stacks whose `.env` holds a secret, by the group that runs them. */
const ENVIRONMENTS = [
  ['postgres_hosts', 'postgres'],
  ['temporal_hosts', 'temporal'],
  ['provider_hosts', 'provider'],
  ['middleman_hosts', 'middleman'],
] as const;
