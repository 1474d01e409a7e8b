import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parse } from 'yaml';
import type { Deployment } from '../deployment.ts';
import { SECRET_NAMES } from '../profile/schema.ts';
import { parseSupplierKeys } from '../secrets/keys.ts';
import { managedPasswords, type Secrets } from '../secrets/secrets.ts';
import { isWeak } from '../secrets/weak-secrets.ts';
import { quote } from '../shell.ts';
import { shortPath } from '../short-path.ts';
import type { DeploymentCheck, Verdict } from '../validation/check.ts';
import { fail, pass } from '../validation/verdict.ts';

/** The secrets as this machine keeps them; told by their names, never with a value. */
export function secretStoreChecks(deployment: Deployment, secrets: Secrets): DeploymentCheck[] {
  const about = { group: 'secrets', severity: 'critical' } as const;
  return [
    {
      ...about,
      id: 'secrets.store',
      title: 'Nobody else on this machine can read the secrets',
      fix: `chmod -R go= ${quote(shortPath(deployment.directory))}`,
      ask: async () => storeVerdict(deployment),
    },
    {
      ...about,
      id: 'secrets.values',
      title: 'No secret in use is a default or a placeholder',
      fix: 'put a new one where the profile says that it comes from, then deploy',
      ask: async () => {
        const weak = [...ownSecrets(secrets)].flatMap(([name, value]) =>
          isWeak(value) ? [name] : [],
        );
        return weak.length === 0
          ? pass(`${[...ownSecrets(secrets)].length} secrets`)
          : fail(weak.join(', '));
      },
    },
    {
      ...about,
      id: 'secrets.shared',
      title: 'No other deployment has a secret of this one',
      fix: 'give one of the two deployments a secret of its own: a key file for its suppliers, or a reference under secrets in its profile',
      ask: async () => sharedVerdict(deployment, secrets),
    },
    ...supplierKeysExist(deployment, secrets),
  ];
}

/** Without the keys nothing is asked about the suppliers, which must not look as if they were well. */
function supplierKeysExist({ profile }: Deployment, { supplierKeys }: Secrets): DeploymentCheck[] {
  const source = profile.relayminer?.keys_file;
  if (source === undefined) return [];
  return [
    {
      group: 'secrets',
      severity: 'critical',
      id: 'secrets.supplier-keys',
      title: 'There are supplier keys, so that the suppliers can be asked about',
      fix: 'make keys in the Provider’s portal and write them into relayminer.keys_file, as README.md says under “Where supplier keys come from”, then deploy',
      ask: async () =>
        supplierKeys.length > 0
          ? pass(`${supplierKeys.length} keys`)
          : fail(
              `${source.startsWith('file:') ? shortPath(source.slice(5)) : 'relayminer.keys_file'} has none yet`,
            ),
    },
  ];
}

/** The secrets of the deployment by name, the keys of suppliers among them. */
function* ownSecrets(secrets: Secrets): Generator<[name: string, value: string]> {
  for (const name of SECRET_NAMES) {
    const found = secrets.find(name);
    if (found) yield [name, found.reveal()];
  }
  for (const { address, privateKey } of secrets.supplierKeys)
    yield [`the key of the supplier ${address}`, privateKey.reveal()];
}

/** Judges who else may read the deployment's directory and what the profile refers to with `file:`. */
function storeVerdict({ directory, profile }: Deployment): Verdict {
  const files = [join(directory, 'secrets.yaml'), ...filesIn(profile)];
  const open = [directory, ...files].flatMap((path) => {
    const mode = statSync(path, { throwIfNoEntry: false })?.mode ?? 0;
    return (mode & 0o077) === 0 ? [] : [{ path, mode: (mode & 0o777).toString(8) }];
  });
  if (open.length === 0) return pass(`${files.length} files`);
  const paths = open.map(({ path }) => quote(shortPath(path)));
  return fail(
    `${open.map(({ path, mode }) => `${shortPath(path)} has mode ${mode}`).join(', ')}; wanted: nothing for others`,
    `chmod go= ${paths.join(' ')}`,
  );
}

/** The paths of every `file:` reference in a profile. */
function filesIn(value: unknown): string[] {
  if (typeof value === 'string') return value.startsWith('file:') ? [value.slice(5)] : [];
  if (typeof value !== 'object' || value === null) return [];
  return [...new Set(Object.values(value).flatMap(filesIn))];
}

/**
 * Judges what the stores of the other deployments beside this one have in common with it. The password of a managed
 * service is the service's: whoever uses it has the same one.
 */
function sharedVerdict({ directory, profile }: Deployment, secrets: Secrets): Verdict {
  const own = [...ownSecrets(secrets)];
  const managed: readonly string[] = managedPasswords(profile);
  const all = dirname(directory);
  const names = (existsSync(all) ? readdirSync(all, { withFileTypes: true }) : [])
    .filter((entry) => entry.isDirectory() && join(entry.parentPath, entry.name) !== directory)
    .map(({ name }) => name);
  const shared = names.flatMap((name) => {
    const others = [...stored(join(dirname(directory), name))];
    return own.flatMap(([secret, value]) =>
      others
        .filter(
          ([other, theirs]) =>
            theirs.toLowerCase() === value.toLowerCase() &&
            !(other === secret && managed.includes(secret)),
        )
        .map(([other]) =>
          secret === other
            ? `${secret}, also of ${name}`
            : `${secret}, which is ${other} of ${name}`,
        ),
    );
  });
  if (shared.length > 0) return fail(shared.join('; '));
  return pass(names.length === 0 ? 'there is no other' : `${names.length} others`);
}

/** What is kept beside another deployment: its store, and its suppliers' keys. What cannot be read is no secret of ours. */
function* stored(directory: string): Generator<[name: string, value: string]> {
  const read = <T>(file: string, as: (text: string) => T): T | undefined => {
    try {
      return as(readFileSync(join(directory, file), 'utf8'));
    } catch {
      return undefined;
    }
  };
  for (const [name, value] of Object.entries(read('secrets.yaml', parse) ?? {}))
    if (typeof value === 'string') yield [name, value];
  const keys = read('supplier-keys.yaml', (text) => parseSupplierKeys(text, 'the keys')) ?? [];
  for (const { address, privateKey } of keys)
    yield [`the key of the supplier ${address}`, privateKey.reveal()];
}
