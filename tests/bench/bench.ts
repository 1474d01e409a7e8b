// `make bench`: how long our deploy takes beside Ansible and beside the cheapest that can be, on hosts of this machine.
// node tests/bench/bench.ts [CASE…] [--hosts 1,10,50] [--rounds 5] [--ansible 2] [--round-trip 100] [--keep]
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { removeAll } from '../fleet/hosts.ts';
import { CASES } from './cases.ts';
import { bench, RUN, startHosts } from './hosts.ts';
import { type Row, rowsOf, tableOf } from './table.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    hosts: { type: 'string', default: '1,10,50' },
    rounds: { type: 'string', default: '5' },
    ansible: { type: 'string', default: '2' },
    'round-trip': { type: 'string', default: '100' },
    keep: { type: 'boolean', default: false },
  },
});
const names = positionals.length > 0 ? positionals : Object.keys(CASES);
for (const name of names) {
  if (!CASES[name]) throw new Error(`no case ${name}; there is ${Object.keys(CASES).join(', ')}`);
}
const ansibleRounds = Number(values.ansible);
if (ansibleRounds > 0 && spawnSync('ansible-playbook', ['--version']).error)
  throw new Error('Ansible is not here: apt-get install ansible, or leave it out with --ansible 0');

mkdirSync('/run/pocket-bench', { recursive: true, mode: 0o700 });
const counts = values.hosts.split(',').map(Number);
const needed = names.every((name) => name === 'startup') ? 0 : Math.max(...counts);
const hosts = await startHosts(needed);
const rows: Row[] = [];
try {
  for (const name of names) {
    const roundTrip = Number(values['round-trip']);
    const effort = { hosts, counts, rounds: Number(values.rounds), ansibleRounds, roundTrip };
    for await (const result of CASES[name]!(effort)) {
      rows.push(...rowsOf(result));
      console.error(tableOf(rowsOf(result)));
    }
  }
} finally {
  if (!values.keep) await removeAll(RUN);
}
const at = new Date().toISOString();
const machine = { cpus: cpus().length, model: cpus()[0]?.model, node: process.version };
writeFileSync(bench(`${at}.json`), `${JSON.stringify({ at, machine, rows }, null, 2)}\n`);
console.log(tableOf(rows));
