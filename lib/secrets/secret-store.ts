import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { parseDocument, stringify } from 'yaml';
import { LOOKS_LIKE_A_SECRET } from '../profile/fields.ts';
import { SECRET_NAMES, type SecretName } from '../profile/schema.ts';
import { generatePrivateKey, isPrivateKey } from './keys.ts';

/** What a secret looks like, and how a new one is made. */
interface Kind {
  /** The form, in words. */
  expected: string;
  /** Whether a value has it; the reason is a consumer that would fail late, or silently, on anything else. */
  fits(value: string): boolean;
  /** Makes a new one; absent where somebody else does, so that a profile has to say where it is. */
  create?(): string;
}

const hex = (bytes: number) => () => randomBytes(bytes).toString('hex');
const password: Kind = {
  expected: `at least 12 characters on one line, without ${LOOKS_LIKE_A_SECRET}`,
  fits: (value) =>
    /^[^\x00-\x1f\x7f-\x9f]{12,}$/.test(value) && !value.includes(LOOKS_LIKE_A_SECRET),
  create: hex(24),
};
const privateKey: Kind = {
  expected: 'a secp256k1 private key of 64 hexadecimal digits, without 0x',
  fits: isPrivateKey,
  create: generatePrivateKey,
};
const sessionSecret: Kind = {
  expected: `at least 48 printable characters, without ${LOOKS_LIKE_A_SECRET}`,
  fits: (value) => /^[\x20-\x7e]{48,}$/.test(value) && !value.includes(LOOKS_LIKE_A_SECRET),
  create: hex(32),
};
const encryptionKey: Kind = {
  expected: '64 hexadecimal digits',
  fits: (value) => /^[0-9a-f]{64}$/i.test(value),
  create: hex(32),
};

const receiverUrl: Kind = {
  expected: 'an http:// or https:// URL of at least 12 characters on one line',
  fits: (value) =>
    /^https?:\/\/[\x21-\x7e]{5,}$/.test(value) && !value.includes(LOOKS_LIKE_A_SECRET),
};

/**
 * The secrets of a deployment. Formats: igniter, packages/commons/src/crypto.ts and apps/provider, v0.9: AES-256-CBC
 * throws on any other length at the first key it stores, and a malformed APP_IDENTITY leaves the health check green.
 */
export const SECRET_KINDS: Record<SecretName, Kind> = {
  postgres_password: password,
  redis_password: password,
  app_identity: privateKey,
  encryption_key: encryptionKey,
  encryption_iv: {
    expected: '32 hexadecimal digits',
    fits: (value) => /^[0-9a-f]{32}$/i.test(value),
    create: hex(16),
  },
  auth_secret: sessionSecret,
  middleman_app_identity: privateKey,
  middleman_auth_secret: sessionSecret,
  middleman_notification_key: encryptionKey,
  simulation_application_key: privateKey,
  simulation_gateway_key: privateKey,
  grafana_admin_password: password,
  alert_webhook_url: receiverUrl,
  alert_slack_url: receiverUrl,
  alert_pagerduty_key: {
    expected: 'the routing key of a PagerDuty service: at least 12 letters and digits',
    fits: (value) => /^[A-Za-z0-9]{12,}$/.test(value),
  },
};

/** What becomes of secrets that are wanted and not there: stored for good, made for this run alone, or refused. */
export type Missing = 'stored' | 'made up' | 'refused';

/**
 * Reads the store, 0600 in a directory of 0700, and makes what `wanted` names and it lacks. What is there is never
 * changed: a lost encryption key is every supplier key lost. Throws when somebody else may read it, when it is damaged,
 * or when something is missing and that is refused; never with a value.
 */
export function openStore(
  path: string,
  wanted: readonly SecretName[],
  missing: Missing,
): Map<SecretName, string> {
  const stored = readStore(path);
  const lacking = wanted.filter((name) => !stored?.has(name));
  if (lacking.length === 0) return stored ?? new Map();
  if (missing === 'refused') {
    throw new Error(
      `${path} ${stored ? `lacks ${lacking.join(', ')}` : 'does not exist yet'}: a deploy creates it`,
    );
  }
  if (missing === 'made up') return completed(stored, wanted);
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  chmodSync(dirname(path), 0o700);
  return alone(`${path}.lock`, () => {
    const values = completed(readStore(path), wanted);
    writeStore(path, values);
    return values;
  });
}

function completed(
  stored: ReadonlyMap<SecretName, string> | undefined,
  wanted: readonly SecretName[],
): Map<SecretName, string> {
  const values = new Map(stored ?? []);
  for (const name of wanted.filter((one) => !values.has(one))) {
    const value = SECRET_KINDS[name].create?.();
    if (value === undefined) {
      throw new Error(`secrets.${name} in the profile has to say where it is: it is not generated`);
    }
    values.set(name, value);
  }
  return values;
}

/** Far longer than it takes to write a store: who has the lock for longer was killed meanwhile. */
const LONGEST_LOCK_MILLISECONDS = 5000;

/** Does something while no other process of this machine does the same: of two stores written at once, one would be lost. */
function alone<T>(lock: string, work: () => T): T {
  while (!taken(lock)) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
  try {
    return work();
  } finally {
    rmSync(lock, { force: true });
  }
}

function taken(lock: string): boolean {
  try {
    closeSync(openSync(lock, 'wx', 0o600));
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    const since = statSync(lock, { throwIfNoEntry: false })?.mtimeMs ?? Date.now();
    if (Date.now() - since > LONGEST_LOCK_MILLISECONDS) rmSync(lock, { force: true });
    return false;
  }
}

function readStore(path: string): Map<SecretName, string> | undefined {
  let text: string;
  try {
    const mode = statSync(path).mode & 0o777;
    if (mode & 0o077) {
      throw new Error(
        `${path} can be read by others (mode ${mode.toString(8)}): chmod 600 ${path}`,
      );
    }
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  const document = parseDocument(text, { prettyErrors: false, logLevel: 'silent' });
  const data: unknown = document.errors.length > 0 ? undefined : document.toJS();
  if (typeof data !== 'object' || data === null || Array.isArray(data)) {
    throw new Error(
      `${path} is damaged: expected a YAML mapping of secrets; restore it from a backup`,
    );
  }
  const values = new Map<SecretName, string>();
  for (const [name, value] of Object.entries(data)) {
    const known = SECRET_NAMES.find((one) => one === name);
    if (!known) throw new Error(`${path}: unknown secret "${name.slice(0, 60)}"`);
    if (typeof value !== 'string' || !SECRET_KINDS[known].fits(value)) {
      throw new Error(`${path}: ${name} is not ${SECRET_KINDS[known].expected}`);
    }
    values.set(known, value);
  }
  return values;
}

/** Writes beside the store, then puts it in place in one step: there is the old store or the new one, never half. */
function writeStore(path: string, values: ReadonlyMap<SecretName, string>): void {
  const temporary = `${path}.${process.pid}.${randomBytes(4).toString('hex')}`;
  const file = openSync(temporary, 'wx', 0o600);
  try {
    const note =
      '# Generated once. Losing encryption_key loses every key in the Provider: back this file up.\n';
    // Quoted: digits alone, or 12e34, would come back as a number.
    writeSync(
      file,
      note +
        stringify(Object.fromEntries(values), {
          defaultStringType: 'QUOTE_DOUBLE',
          defaultKeyType: 'PLAIN',
          lineWidth: 0,
        }),
    );
    fsyncSync(file);
    closeSync(file);
    renameSync(temporary, path);
  } finally {
    rmSync(temporary, { force: true });
  }
}
