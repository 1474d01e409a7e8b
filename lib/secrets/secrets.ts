import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { Deployment } from '../deployment.ts';
import { EXIT, UserError } from '../exit-codes.ts';
import { RECEIVER_SECRETS } from '../monitoring/alertmanager-config.ts';
import { LOOKS_LIKE_A_SECRET, REFERENCE } from '../profile/fields.ts';
import { HOST_ROLES, type RoleName } from '../profile/roles.ts';
import { SECRET_NAMES, type SecretName } from '../profile/schema.ts';
import { proxySecrets } from '../proxy/secrets.ts';
import { SIMULATION_KEYS, servesSimulatedRelays } from '../relayminer/simulation.ts';
import type { SecretValue } from '../run/compile.ts';
import { quote } from '../shell.ts';
import { shortPath } from '../short-path.ts';
import { parseSupplierKeys, type SupplierKey } from './keys.ts';
import { formsOf, maskWith, Secret } from './secret.ts';
import { resolveReference } from './secret-references.ts';
import { openStore, SECRET_KINDS } from './secret-store.ts';

export { generatePrivateKey, publicKey, type SupplierKey, supplierAddress } from './keys.ts';
export { Secret } from './secret.ts';

/** The secrets of a deployment, in memory. */
export interface Secrets {
  /** Throws when the deployment does not use the secret. */
  get(name: SecretName): Secret;
  /** The same for a secret that a managed service may be without. */
  find(name: SecretName): Secret | undefined;
  /** A value of `headers`, `authentication` or `reverse_proxy`: what its reference stands for, or the value itself. */
  resolve(value: string): string;
  /** The keys of relayer and miner; none when the deployment has neither. */
  supplierKeys: SupplierKey[];
  /** Every secret in every form that is written to a host, under a name that a shell variable can have. */
  named(): SecretValue[];
  /** Everything to mask, in every form in which it may turn up. */
  values(): string[];
  /** The text with every secret replaced by `***`. */
  mask(text: string): string;
}

const USED_BY: Record<SecretName, readonly RoleName[]> = {
  postgres_password: ['postgres', 'temporal', 'provider', 'middleman'],
  redis_password: ['redis', 'relayminer'],
  app_identity: ['provider'],
  encryption_key: ['provider'],
  encryption_iv: ['provider'],
  auth_secret: ['provider'],
  middleman_app_identity: ['middleman'],
  middleman_auth_secret: ['middleman'],
  middleman_notification_key: ['middleman'],
  simulation_application_key: ['relayminer'],
  simulation_gateway_key: ['relayminer'],
  grafana_admin_password: ['monitoring'],
  alert_webhook_url: [],
  alert_slack_url: [],
  alert_pagerduty_key: [],
};

/** Who cannot do without the keys of the suppliers: these sign with them, and alerts compare with how many they are. */
const NEED_SUPPLIER_KEYS: readonly RoleName[] = ['relayminer', 'monitoring'];

/**
 * Loads the secrets that the deployment's roles use: from where the profile says, else from the store
 * `deployments/<name>/secrets.yaml`, which `create` fills with new ones where it lacks them.
 * Throws one error that lists everything that is missing or malformed, never a value.
 * @param options.forThisRun what is created is not kept: for a run that changes nothing
 * @param options.roles those that are about to be deployed, all where absent: the keys of suppliers may not exist yet
 *   where none of these needs them, since the Provider makes them
 */
export function loadSecrets(
  deployment: Deployment,
  options: { create: boolean; forThisRun?: boolean; roles?: readonly RoleName[] },
): Secrets {
  const { profile } = deployment;
  const problems: string[] = [];
  const attempt = <T>(label: string, work: () => T): T | undefined => {
    try {
      return work();
    } catch (error) {
      problems.push(`${label}: ${(error as Error).message}`);
      return undefined;
    }
  };

  const roles = new Set(deployment.hosts.flatMap((host) => host.roles));
  const receivers = roles.has('monitoring')
    ? profile.monitoring.alerts.map((one) => RECEIVER_SECRETS[one])
    : [];
  const unused = servesSimulatedRelays(deployment) ? [] : SIMULATION_KEYS;
  const used = SECRET_NAMES.filter(
    (name) =>
      (USED_BY[name].some((role) => roles.has(role)) || receivers.includes(name)) &&
      !unused.includes(name),
  );
  const values = new Map<SecretName, string>();
  for (const name of used) {
    const reference = profile.secrets[name];
    if (reference === undefined) continue;
    const value = attempt(`secrets.${name}`, () => {
      const found = resolveReference(reference);
      if (!SECRET_KINDS[name].fits(found)) throw new Error(`is not ${SECRET_KINDS[name].expected}`);
      return found;
    });
    if (value !== undefined) values.set(name, value);
  }

  const own = values.get('middleman_app_identity')?.toLowerCase();
  if (own !== undefined && own === values.get('app_identity')?.toLowerCase()) {
    problems.push('secrets.middleman_app_identity: is the key of app_identity; it needs its own');
  }

  const [application, gateway] = SIMULATION_KEYS.map((name) => values.get(name)?.toLowerCase());
  if (application !== undefined && application === gateway) {
    problems.push(
      'secrets.simulation_gateway_key: is the key of simulation_application_key; it needs its own',
    );
  }
  const resolved = new Map<string, string>();
  for (const { path, value, sensitive } of backendValues(deployment)) {
    const found = REFERENCE.test(value) ? attempt(path, () => resolveReference(value)) : value;
    if (found === undefined) continue;
    // A shorter one could not be told from ordinary words where secrets are masked.
    if (sensitive && found.length < 8) problems.push(`${path}: is shorter than 8 characters`);
    if (/[\x00-\x1f\x7f]/.test(found) || found.includes(LOOKS_LIKE_A_SECRET))
      problems.push(`${path}: is not one line of printable text`);
    if (sensitive || found !== value) resolved.set(value, found);
  }

  for (const { path, reference, expected, fits } of roles.has('reverse-proxy')
    ? proxySecrets(profile)
    : []) {
    const found = attempt(path, () => {
      const value = resolveReference(reference);
      if (!fits(value)) throw new Error(`is not ${expected}`);
      return value;
    });
    if (found !== undefined) resolved.set(reference, found);
  }

  const keysFile = profile.relayminer?.keys_file;
  const needKeys = NEED_SUPPLIER_KEYS.filter(
    (role) => roles.has(role) && (options.roles?.includes(role) ?? true),
  );
  const supplierKeys =
    keysFile && roles.has('relayminer')
      ? attempt('relayminer.keys_file', () => readSupplierKeys(deployment, keysFile, needKeys))
      : [];

  const managed = managedPasswords(profile);
  // Generated last, and only when nothing else is wrong: a run that fails leaves nothing behind.
  if (problems.length === 0) {
    const generated = used.filter(
      (name) => profile.secrets[name] === undefined && !managed.includes(name),
    );
    // Who only asks can do so without those with which a relay is proved.
    const needed = options.create
      ? generated
      : generated.filter((name) => !SIMULATION_KEYS.includes(name));
    const missing = !options.create ? 'refused' : options.forThisRun ? 'made up' : 'stored';
    const store = attempt('secrets', () =>
      openStore(join(deployment.directory, 'secrets.yaml'), needed, missing),
    );
    for (const name of generated) {
      const value = store?.get(name);
      if (value !== undefined) values.set(name, value);
    }
  }
  if (problems.length > 0) throw new UserError(problems.join('\n'), EXIT.usage);

  const all = [
    ...values.values(),
    ...resolved.values(),
    ...(supplierKeys ?? []).map(({ privateKey }) => privateKey.reveal()),
  ].flatMap(formsOf);
  return {
    get: (name) => {
      const value = values.get(name);
      if (value === undefined)
        throw new Error(`no role of this deployment uses the secret ${name}`);
      return new Secret(value);
    },
    find: (name) => {
      const value = values.get(name);
      return value === undefined ? undefined : new Secret(value);
    },
    resolve: (value) => resolved.get(value) ?? value,
    supplierKeys: supplierKeys ?? [],
    named: () => [
      ...[...values].flatMap(([name, value]) => namedForms(name, value)),
      ...[...resolved.values()].flatMap((value, index) =>
        namedForms(`referenced_secret_${index + 1}`, value),
      ),
      ...(supplierKeys ?? []).flatMap(({ privateKey }, index) =>
        namedForms(`supplier_key_${index + 1}`, privateKey.reveal()),
      ),
    ],
    values: () => [...all],
    mask: (text) => maskWith(all, text),
  };
}

/**
 * The keys of the profile's keys file; none where it does not exist or has none yet.
 * Throws when it is malformed, and when it has none although roles need them.
 */
function readSupplierKeys(
  deployment: Deployment,
  reference: string,
  needKeys: readonly RoleName[],
): SupplierKey[] {
  const path = reference.startsWith('file:') ? reference.slice(5) : undefined;
  const source = path ?? 'the keys';
  const exists = path === undefined || statSync(path, { throwIfNoEntry: false }) !== undefined;
  const keys = exists ? parseSupplierKeys(resolveReference(reference), source) : [];
  if (keys.length === 0 && needKeys.length > 0) {
    const who = `${needKeys.join(' and ')} need${needKeys.length > 1 ? '' : 's'} the keys`;
    const what = exists ? 'has no keys yet' : 'does not exist yet';
    throw new Error(`${source} ${what}; ${who}. The Provider makes them${adviceOn(deployment)}`);
  }
  return keys;
}

/** How to come by the keys, with what to type first where the Provider is of the same deployment. */
function adviceOn({ group, profilePath }: Deployment): string {
  const guide = 'README.md, “Where supplier keys come from”';
  if (profilePath === undefined || group('provider_hosts').length === 0) return `: ${guide}`;
  const roles = [...HOST_ROLES, 'postgres', 'temporal', 'provider'].join(',');
  const profile = quote(shortPath(profilePath));
  return ` (${guide}), so deploy it first:\n  scripts/deploy.mjs --profile ${profile} --only ${roles}`;
}

/** The forms in which a value is written to files on a host; too short a value would stand for ordinary words. */
function namedForms(name: string, value: string): SecretValue[] {
  const forms = [
    { name, value },
    { name: `${name}_percent_encoded`, value: encodeURIComponent(value) },
    { name: `${name}_escaped`, value: JSON.stringify(value).slice(1, -1) },
  ];
  return forms.filter((form, index) => value.length >= 6 && (index === 0 || form.value !== value));
}

/** Values that backends are given. Header values are secret when they are referenced or named like credentials. */
export function* backendValues(
  deployment: Deployment,
): Generator<{ path: string; value: string; sensitive: boolean }> {
  const sensitiveName = /auth|token|key|secret|cookie|password/i;
  for (const [id, service] of Object.entries(deployment.profile.relayminer?.services ?? {})) {
    for (const [transport, backend] of Object.entries(service.backends)) {
      if (!backend) continue;
      const at = `relayminer.services.${id}.backends.${transport}`;
      for (const [of, { headers }] of [
        [at, backend],
        [`${at}.health_check`, backend.health_check ?? {}],
      ] as const) {
        for (const [name, value] of Object.entries(headers ?? {}))
          yield { path: `${of}.headers.${name}`, value, sensitive: sensitiveName.test(name) };
      }
      for (const [name, value] of Object.entries(backend.authentication ?? {})) {
        if (value === undefined) continue;
        yield { path: `${at}.authentication.${name}`, value, sensitive: name !== 'username' };
      }
    }
  }
}

/** The passwords that a managed service asks for: they are the service's, and not ours to make up. */
export function managedPasswords({ redis, postgres }: Deployment['profile']): SecretName[] {
  return [
    ...(redis.mode === 'external' ? (['redis_password'] as const) : []),
    ...(postgres.mode === 'external' ? (['postgres_password'] as const) : []),
  ];
}
