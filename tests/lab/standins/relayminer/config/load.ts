/** Loads a configuration the way each line does, for `validate` and for serving. */
import { readFileSync } from 'node:fs';
import { reason } from '../../shared/log.ts';
import type { Line } from '../line.ts';
import { ConfigError, decodeYaml } from './fields.ts';
import { checkMiner, minerFields } from './miner.ts';
import { checkRelayer, relayerFields } from './relayer.ts';
import type { Value } from './rules.ts';

export type Process = 'relayer' | 'miner';

/** A configuration that may start, with what is worth a warning. */
export type Loaded = { config: Value; warnings: string[] };

const tables = {
  relayer: { fields: relayerFields, check: checkRelayer },
  miner: { fields: minerFields, check: checkMiner },
};

/**
 * Loads and checks a file. Throws a `ConfigError` when it cannot be read, decoded or used. Unknown keys are ignored
 * by the snapshot line; the released line refuses them when `strict` (as `validate` is) and warns otherwise.
 */
export function loadConfig(process: Process, path: string, line: Line, strict: boolean): Loaded {
  const { fields, check } = tables[process];
  let source: string;
  try {
    source = readFileSync(path, 'utf8');
  } catch (error) {
    throw new ConfigError(`failed to read config file: ${reason(error)}`);
  }
  const { value, unknown } = decodeYaml(source, fields(line), line);
  const complaints =
    line === 'released' ? unknown.map((key) => `unknown or retired key: ${key}`) : [];
  if (strict && complaints.length > 0) throw new ConfigError(complaints.join('\n'));
  return { config: value, warnings: [...complaints, ...check(value, line)] };
}
