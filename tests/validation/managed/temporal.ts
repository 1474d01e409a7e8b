import { shell } from '../acts.ts';
import type { Breakage } from '../breakage.ts';
import { sqlOn } from '../sql.ts';

const host = 'state';
const only = ['temporal'];

export const BREAKAGES: readonly Breakage[] = [
  {
    check: 'temporal.reachable',
    breaks: [shell('docker pause pocket-temporal-temporal-1', host)],
    evidence: /no answer/,
    fix: /temporal\.address in the profile \(now \S+:7233\), or who may reach that server/,
    mends: [shell('docker unpause pocket-temporal-temporal-1', host)],
    alsoFails: ['temporal.namespace-provider'],
    only,
  },
  {
    check: 'temporal.namespace-provider',
    breaks: [sqlOn(host, 'temporal', "DELETE FROM standin_namespaces WHERE name = 'provider'")],
    evidence: /there is no such namespace/,
    fix: /scripts\/provider\.mjs .*--limit lab/,
    only,
  },
];
