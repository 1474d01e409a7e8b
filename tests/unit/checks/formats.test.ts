import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Finding } from '../../../lib/validation/check.ts';
import { FORMATS } from '../../../lib/validation/finding-formats.ts';

const NASTY = 'a <b> & "c" # d | e \u0001';

const finding = (verdict: Finding['verdict'], host: string): Finding => ({
  id: `redis.${verdict}`,
  host,
  group: 'redis',
  severity: 'critical',
  title: `Redis is ${NASTY}`,
  verdict,
  evidence: NASTY,
  fix: verdict === 'pass' ? '' : 'scripts/redis.mjs --profile p.yaml',
  duration_ms: 120,
});
const findings = [
  finding('pass', 'one'),
  finding('fail', 'one'),
  finding('warn', 'two'),
  finding('skip', 'two'),
];

describe('findings for other tools', () => {
  test('JUnit: a suite for each host, failures failed, what could not be told skipped', () => {
    const text = FORMATS.junit(findings, 340, 'fail');
    assert.match(text, /^<\?xml version="1\.0"/);
    assert.match(text, /<testsuites name="validate" tests="4" failures="1" errors="0" skipped="1"/);
    assert.match(text, /<testsuite name="one" tests="2" failures="1" errors="0" skipped="0"/);
    assert.equal(text.match(/<failure type="critical" /g)?.length, 1);
    assert.match(
      text,
      /<skipped type="critical" message="[^"]+">critical: .*\nfix: scripts\/redis\.mjs .*<\/skipped>/,
    );
    assert.doesNotMatch(text, /\u0001|<b>|& |"c"/);
    const opened = text.match(/<(?:testsuites?|testcase)\b[^>]*[^/]>/g)?.length;
    assert.equal(opened, text.match(/<\/(?:testsuites?|testcase)>/g)?.length);
  });

  test('what makes a deployment not ready is a failed test, as the exit code says', () => {
    const junit = FORMATS.junit(findings, 340, 'warn');
    assert.match(
      junit,
      /<testsuites name="validate" tests="4" failures="2" errors="0" skipped="1"/,
    );
    assert.match(junit, /<testsuite name="two" tests="2" failures="1" errors="0" skipped="1"/);
    assert.equal(junit.match(/<failure type="critical" /g)?.length, 2);
    const points = FORMATS.tap(findings, 340, 'warn').match(/^(?:not )?ok \d/gm);
    assert.deepEqual(points, ['ok 1', 'not ok 2', 'not ok 3', 'ok 4']);
  });

  test('TAP: a plan, one point each, and what was seen and what to do below it', () => {
    const lines = FORMATS.tap(findings, 340, 'fail').split('\n');
    assert.deepEqual(lines.slice(0, 2), ['TAP version 14', '1..4']);
    assert.equal(lines.filter((line) => /^not ok 2 - one redis\.fail: /.test(line)).length, 1);
    assert.equal(lines.filter((line) => /^ok 4 - .* # SKIP /.test(line)).length, 1);
    assert.ok(lines.includes('  severity: "critical"'));
    assert.equal(lines.filter((line) => line === '  duration_ms: 120').length, 4);
    const fix = '  fix: "scripts/redis.mjs --profile p.yaml"';
    assert.equal(lines.filter((line) => line === fix).length, 3);
    assert.ok(lines.some((line) => line.startsWith('ok 1 - ') && !/ # /.test(line)));
  });

  test('Markdown: what is wrong first, and nothing that becomes markup', () => {
    const text = FORMATS.markdown(findings, 340, 'fail');
    assert.match(text, /^1 passed, 1 warned, 1 failed, 1 skipped, in 0\.3 s\./);
    const rows = text.split('\n').filter((line) => /^\| (?:fail|warn|skip|pass)/.test(line));
    assert.deepEqual(
      rows.map((row) => row.split(' ')[1]),
      ['fail', 'warn', 'skip', 'pass'],
    );
    for (const row of rows) {
      assert.equal(row.split(/(?<!\\)\|/).length, 10, row);
      assert.match(row, / \| 0\.12 s \|$/);
    }
  });
});
