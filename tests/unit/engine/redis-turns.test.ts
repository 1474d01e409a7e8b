import assert from 'node:assert/strict';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Shell } from '../../../lib/shell.ts';
import { inTurns } from '../../../lib/steps/redis-turns.ts';
import { runSteps, skip, stepOf, temporary } from './run.ts';

test('a Redis waits for its turn also where a run before was cut off while it waited', {
  skip,
}, async (t) => {
  const at = temporary(t);
  const [config, up, turns] = ['redis.conf', 'up', 'turns'].map((name) => join(at, name));
  // What turns.sh is asked for in the container, and whether the stack is up with what its files say.
  const docker = `docker() { case "$1" in ps) echo id ;; exec) echo "\${@: -1}" >>${turns} ;; esac; }`;
  const steps = inTurns([
    stepOf(`[[ -e ${config} ]]`, `: >${config}`),
    stepOf(`[[ -e ${up} ]]`, `: >${up}`),
  ]);
  for (const step of steps) {
    step.check = new Shell(`${docker}\n${step.check.text}`);
    step.apply = new Shell(`${docker}\n${step.apply.text}`);
  }
  const run = async () => {
    const { statuses, events } = await runSteps(steps);
    assert.ok(
      statuses.every((status) => status !== 'failed'),
      JSON.stringify(events.at(-1)),
    );
    return statuses;
  };
  writeFileSync(config!, '');
  const [, take, brought, , give] = await run();
  assert.deepEqual([take, brought, give], ['changed', 'changed', 'changed']);
  assert.ok(existsSync(up!));
  assert.deepEqual(new Set(await run()), new Set(['unchanged']));
});
