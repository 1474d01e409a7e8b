import { becomeRoot, type Host } from '../hosts.ts';
import { REFERENCE } from '../profile/fields.ts';
import { SECRET_NAMES, type SecretName } from '../profile/schema.ts';
import { proxySecrets } from '../proxy/secrets.ts';
import { backendValues, publicKey } from '../secrets/secrets.ts';
import { shortPath } from '../short-path.ts';
import { STACKS } from '../steps/stack.ts';
import type { ReportInput } from './input.ts';
import { blocks, code, commands, table } from './markdown.ts';
import { ssh } from './tunnel.ts';

/** What is lost with each secret. Source: igniter, packages/commons/src/crypto.ts and apps/provider, v0.9. */
const LOSS: Record<SecretName, string> = {
  postgres_password: 'Access to the databases, until it is set anew.',
  redis_password: 'Access to Redis, until it is set anew.',
  app_identity: 'The Provider’s identity: it has to be registered anew.',
  encryption_key: 'Every supplier key in the Provider’s database, for good.',
  encryption_iv: 'New keys cannot be stored.',
  auth_secret: 'Everybody has to sign in again.',
  middleman_app_identity: 'The Middleman’s identity: it has to be registered anew.',
  middleman_auth_secret: 'Everybody has to sign in to the Middleman again.',
  middleman_notification_key: 'Users of the Middleman have to set up their notifications anew.',
  simulation_application_key: 'Nothing: a deploy makes a new one when its line is gone.',
  simulation_gateway_key: 'Nothing: a deploy makes a new one when its line is gone.',
  grafana_admin_password: 'Access to Grafana, until it is set anew.',
  alert_webhook_url: 'Alerts, until a new one is made where they are sent.',
  alert_slack_url: 'Alerts, until a new one is made in Slack.',
  alert_pagerduty_key: 'Alerts, until a new one is made in PagerDuty.',
};

/** What to keep, and where each secret lives; never a secret. */
export function backup(input: ReportInput): string {
  const { deployment, secrets } = input;
  const used = SECRET_NAMES.filter((name) => isUsed(input, name));
  const keysFile = deployment.profile.relayminer?.keys_file;
  const [database] = deployment.group('postgres_hosts');
  const managed = deployment.profile.postgres.address;
  // For whoever keeps it alone: it holds everything that users of Igniter told it.
  const dump = (host: Host, name: string) => {
    const save = `${becomeRoot(host)}docker compose -p pocket-postgres exec -T postgres pg_dump -U ${deployment.profile.postgres.user} -Fc ${name}`;
    return `(umask 077; ${host.local ? save : `${ssh(deployment, host)} '${save}'`} > ${name}.dump)`;
  };
  const kept = (['provider', 'middleman'] as const).filter(
    (name) => deployment.group(`${name}_hosts`).length > 0,
  );
  const dumps = database ? kept.map((name) => dump(database, name)) : [];
  return blocks(
    '## What to back up',
    'These belong together, taken at the same time. Store the database and the secrets in different places: the supplier keys in the database can be read only with `encryption_key`.',
    dumps.length > 0 &&
      `The databases of Igniter, the Provider’s with its supplier keys encrypted:\n\n${commands(...dumps)}`,
    kept.length > 0 &&
      managed !== undefined &&
      `The databases of Igniter, the Provider’s with its supplier keys encrypted: ${kept.map(code).join(' and ')} at ${code(managed)}, by the means of whoever runs that server.`,
    table(
      ['Secret', 'Where it lives', 'Recognised by', 'What is lost with it'],
      [
        ...used.map((name) => [
          code(name),
          whereabouts(input, name),
          fingerprint(input, name),
          LOSS[name],
        ]),
        ...(keysFile && secrets.supplierKeys.length > 0
          ? [
              [
                'supplier keys',
                origin(keysFile, 'relayminer.keys_file'),
                'their addresses, above',
                'The suppliers they operate.',
              ],
            ]
          : []),
        ...elsewhere(input),
      ],
    ),
    'What a secret is recognised by is public, and tells whether a copy is the right one. The others have nothing of the kind: even a short digest would help somebody to guess a password that a person chose.',
    deployment.profilePath === undefined
      ? ''
      : `Also the profile ${code(shortPath(deployment.profilePath))}. On the hosts, secrets are in files below ${code(STACKS)} that only root and the software itself can read.`,
  );
}

/** The secrets that only the profile names, by where it does: those of the proxies and of the backends. */
function elsewhere({ deployment }: ReportInput): string[][] {
  const row = (path: string, value: string, loss: string) => {
    const where = REFERENCE.test(value) ? origin(value, path) : 'the profile itself';
    return [code(path), where, '—', loss];
  };
  const proxied = deployment.group('reverse_proxy_hosts').length > 0;
  return [
    ...(proxied ? proxySecrets(deployment.profile) : []).map(({ path, reference }) =>
      row(path, reference, proxyLoss(path)),
    ),
    ...[...backendValues(deployment)]
      .filter(({ value, sensitive }) => sensitive || REFERENCE.test(value))
      .map(({ path, value }) =>
        row(path, value, 'Access to the backend, until whoever runs it gives another.'),
      ),
  ];
}

function proxyLoss(path: string): string {
  if (path.endsWith('.dns_token'))
    return 'New certificates, until another is made at the DNS provider.';
  if (path.endsWith('.key')) return 'Its certificate, which has to be issued anew for another key.';
  return 'Access to the portal through the proxy, until it is set anew.';
}

function isUsed({ secrets }: ReportInput, name: SecretName): boolean {
  try {
    secrets.get(name);
    return true;
  } catch {
    return false;
  }
}

/** The public key of an identity, which nobody can turn back; a digest of a password can be guessed at. */
function fingerprint({ secrets }: ReportInput, name: SecretName): string {
  return name === 'app_identity' || name === 'middleman_app_identity'
    ? `public key ${code(publicKey(secrets.get(name).reveal()))}`
    : '—';
}

function whereabouts({ deployment }: ReportInput, name: SecretName): string {
  const reference = deployment.profile.secrets[name];
  return reference === undefined
    ? code(shortPath(`${deployment.directory}/secrets.yaml`))
    : origin(reference, `secrets.${name}`);
}

/** A command may itself hold what must not be shown, so it is only said where it is. */
function origin(reference: string, setting: string): string {
  if (reference.startsWith('file:')) return code(shortPath(reference.slice('file:'.length)));
  if (reference.startsWith('env:'))
    return `the environment variable ${code(reference.slice('env:'.length))}`;
  return `the command in ${code(setting)} of the profile`;
}
