import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { NOTICED_AFTER_SECONDS, OUT_OF_SERVICE } from '../../lib/proxy/upstreams.ts';

const GUIDE = readFileSync(new URL('../../docs/reverse-proxy.md', import.meta.url), 'utf8');

test('docs/reverse-proxy.md says where a relayer is taken out of service, and when that has come about', () => {
  const [, directory, seconds] = /a file in `([^`]+)` .* takes it out within (\d+) s/.exec(GUIDE)!;
  assert.equal(directory, OUT_OF_SERVICE);
  assert.equal(Number(seconds), NOTICED_AFTER_SECONDS);
});
