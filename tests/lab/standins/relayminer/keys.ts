/** Supplier keys. Source of the format: pokt-network/pocket-relay-miner, keys/, both lines. */
import { readFileSync, watch } from 'node:fs';
import { dirname } from 'node:path';
import { isMap, isSeq, parseDocument } from 'yaml';
import { type Log, reason } from '../shared/log.ts';
import type { Metrics } from '../shared/metrics.ts';
import { type Account, account } from '../shared/secp256k1.ts';
import type { Value } from './config/rules.ts';
import { every } from './every.ts';
import type { Line } from './line.ts';

/** Accounts by operator address. */
export type Keys = Map<string, Account>;

/** Parses a `keys_file`: a mapping with one list `keys` of quoted hex private keys. Throws on any bad entry. */
export function parseKeysFile(source: string): Keys {
  const document = parseDocument(source, { uniqueKeys: true });
  if (document.errors[0]) throw new Error(document.errors[0].message);
  const list = isMap(document.contents) ? document.get('keys') : undefined;
  if (!isSeq(list)) throw new Error('expected a mapping with a list "keys"');
  const accounts = list.toJSON().map((item: unknown, i: number): Account => {
    if (typeof item !== 'string') throw new Error(`keys[${i}]: expected a quoted hex string`);
    try {
      return account(item);
    } catch (error) {
      throw new Error(`keys[${i}]: ${reason(error)}`);
    }
  });
  return new Map(accounts.map((one: Account) => [one.address, one]));
}

/** Loads the configured keys; throws when a file cannot be read or parsed, or the source is one this stand-in lacks. */
export function loadKeys(keys: Value): Keys {
  if (keys.keyring.backend || keys.keys_dir)
    throw new Error('this stand-in reads keys.keys_file only; keyrings and keys_dir are not built');
  if (!keys.keys_file) return new Map();
  try {
    return parseKeysFile(readFileSync(keys.keys_file, 'utf8'));
  } catch (error) {
    throw new Error(`failed to load keys file ${keys.keys_file}: ${reason(error)}`);
  }
}

/** Loads keys for serving: the released processes and every miner exit without a key. Sets the gauge. */
export function startKeys(config: Value, line: Line, required: boolean, metrics: Metrics): Keys {
  const keys = loadKeys(config.keys);
  if (keys.size === 0 && (required || line === 'released'))
    throw new Error('no supplier keys loaded');
  metrics.set('ha_keys_supplier_keys_active', keys.size);
  return keys;
}

/**
 * Follows the file as the released line does: every 30 s and on changes in its directory. A bad or emptied file
 * keeps the keys that are loaded. Returns what stops it.
 */
export function followKeys(
  config: Value,
  keys: Keys,
  log: Log,
  metrics: Metrics,
): () => Promise<void> {
  const reload = async () => {
    const fresh = loadKeys(config.keys);
    if (fresh.size === 0) throw new Error('the keys file holds no key');
    for (const address of keys.keys()) if (!fresh.has(address)) keys.delete(address);
    for (const [address, one] of fresh) keys.set(address, one);
    metrics.set('ha_keys_supplier_keys_active', keys.size);
    metrics.set('ha_keys_last_successful_reload_timestamp_seconds', Date.now() / 1000);
    metrics.add('ha_keys_reloads_total');
  };
  const failed = (error: unknown) => {
    metrics.add('ha_keys_load_errors_total');
    log.error('keys not reloaded, keeping the previous ones', { error: reason(error) });
  };
  const stop = every(30_000, reload, failed);
  const watcher = watch(dirname(config.keys.keys_file), () => void reload().catch(failed));
  return () => {
    watcher.close();
    return stop();
  };
}
