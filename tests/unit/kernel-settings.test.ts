import assert from 'node:assert/strict';
import { test } from 'node:test';
import { COMMON_KERNEL, REDIS_KERNEL } from '../../lib/kernel-settings.ts';

test('no two roles set one kernel setting, or each deploy would set it twice', () => {
  const names = [COMMON_KERNEL, REDIS_KERNEL].flatMap((settings) => Object.keys(settings));
  assert.deepEqual(names.toSorted(), [...new Set(names)].toSorted());
});
