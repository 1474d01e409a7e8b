import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { loadDeployment } from '../../lib/deployment.ts';
import { reportHtml } from '../../lib/report/html.ts';
import { generatePrivateKey, loadSecrets } from '../../lib/secrets/secrets.ts';
import type { Finding } from '../../lib/validation/check.ts';
import { filledProfiles } from '../profiles.ts';
import { startBrowser } from './browser.ts';

const ROOT = join(import.meta.dirname, '../..');
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const NASTY = '<img src=x onerror="document.title=1"> `code` | [a](javascript:alert(1))';

const filled = filledProfiles();
const file = join(filled.directory, 'report.html');
const PICTURE = 'docs/report.png';
let browser: Browser;

before(async () => {
  writeFileSync(
    join(filled.directory, 'supplier-keys.yaml'),
    `keys: ["${generatePrivateKey()}"]\n`,
  );
  const deployment = loadDeployment(filled.path('ha-relay-mining'), { root: filled.directory });
  const secrets = loadSecrets(deployment, { create: true });
  const finding: Finding = {
    ...{ id: 'redis.version', host: 'redis-1', group: 'redis' as const, title: NASTY },
    severity: 'critical',
    ...{ verdict: 'fail', evidence: NASTY, fix: 'scripts/redis.mjs --profile p.yaml' },
    duration_ms: 3,
  };
  const about = { deployment, secrets, now: new Date('2026-11-24T12:00:00Z') };
  writeFileSync(file, reportHtml({ ...about, findings: [finding] }));
  const shown = [filled.directory, ROOT].reduce(
    (html, path) => html.replaceAll(path, '/home/you/pocket-automations'),
    reportHtml({ ...about, findings: ready() }),
  );
  writeFileSync(join(filled.directory, 'ready.html'), shown);
  browser = await startBrowser();
});
after(async () => {
  await browser?.close();
  filled.remove();
});

/** What is found out where everything is well. */
function ready(): Finding[] {
  return ['redis.version', 'relayminer.one-leader', 'public.relay'].map((id) => ({
    ...{ id, host: 'fleet', group: 'redis', severity: 'critical', title: id, verdict: 'pass' },
    ...{ evidence: 'as it should be', fix: '', duration_ms: 3 },
  }));
}

/** The report in a browser, with everything that went wrong or was asked of a network on the way. */
async function opened(scheme: 'light' | 'dark'): Promise<{ page: Page; troubles: string[] }> {
  const context = await browser.newContext({
    colorScheme: scheme,
    permissions: ['clipboard-read', 'clipboard-write'],
  });
  const page = await context.newPage();
  const troubles: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error') troubles.push(message.text());
  });
  page.on('pageerror', (error) => troubles.push(error.message));
  page.on('request', (request) => {
    if (!request.url().startsWith('file:')) troubles.push(request.url());
  });
  await page.goto(pathToFileURL(file).href);
  return { page, troubles };
}

describe('the report in a browser', { timeout: 120_000 }, () => {
  for (const scheme of ['light', 'dark'] as const) {
    test(`is readable for everybody, ${scheme}`, async () => {
      const { page, troubles } = await opened(scheme);
      assert.match(await page.title(), /^Deployment ha-relay-mining$/);
      await page.evaluate(AXE);
      const violations = await page.evaluate('axe.run().then(({ violations }) => violations)');
      assert.deepEqual(violations, []);
      assert.deepEqual(troubles, []);
    });
  }

  test('copies a value and a command as they are', async () => {
    const { page } = await opened('light');
    for (const wanted of ['relay.nodes.net', /^scripts\/deploy\.mjs --profile \S+ --dry-run/]) {
      const code = page.locator('pre > code, td > code').filter({ hasText: wanted }).first();
      await code.locator('xpath=following-sibling::button[1]').click();
      const copied = await page.evaluate(() => navigator.clipboard.readText());
      assert.equal(copied, (await code.innerText()).replace(/\n$/, ''));
    }
  });

  test('offers to copy what is typed and no part of a rule, in each table of fields', async () => {
    const { page } = await opened('light');
    const tables = page.locator('table', {
      has: page.locator('th', { hasText: 'Type or pick exactly this' }),
    });
    const buttons = await tables.evaluateAll((all) =>
      all.map((table) => table.querySelectorAll('td:nth-child(2) > code + button.copy').length),
    );
    assert.ok(buttons.length > 8);
    assert.ok(!buttons.includes(0), buttons.join(' '));
    const copied = await tables
      .locator('code:has(+ button.copy)')
      .evaluateAll((codes) => codes.map(({ textContent }) => textContent));
    for (const value of ['US East', 'pocket', 'Complete']) assert.ok(copied.includes(value), value);
    for (const part of ['pokt', 'pokt1', 'https://']) assert.ok(!copied.includes(part), part);
    for (const column of ['Address', 'Identity'])
      assert.ok(
        (await page
          .locator('table', { has: page.getByRole('columnheader', { name: column, exact: true }) })
          .locator('code + button.copy')
          .count()) > 0,
        column,
      );
  });

  test('never turns what a host said into a page’s own', async () => {
    const { page, troubles } = await opened('light');
    assert.equal(await page.locator('img').count(), 0);
    assert.equal(await page.locator('a[href^="javascript"]').count(), 0);
    assert.ok((await page.getByText('onerror').count()) > 0, 'it is shown as text');
    assert.deepEqual(troubles, []);
  });

  test('explains its words on the page itself', async () => {
    const { page } = await opened('light');
    const targets = await page
      .locator('a[href^="#"]')
      .evaluateAll((links) => links.map((link) => link.getAttribute('href') ?? ''));
    assert.ok(targets.length > 5);
    for (const target of new Set(targets)) {
      assert.equal(await page.locator(`[id="${target.slice(1)}"]`).count(), 1, target);
    }
  });

  test('draws every host and its public edges', async () => {
    const { page } = await opened('light');
    assert.equal(await page.locator('.topology .host').count(), 13);
    assert.equal(await page.locator('.topology .public').count(), 2);
    assert.equal(
      await page.locator('.topology title', { hasText: 'proxy-1 → relayer-2' }).count(),
      1,
    );
  });

  test(`is shown by the README: UPDATE_DOCS=1 takes ${PICTURE} anew`, async () => {
    const page = await browser.newPage({ viewport: { width: 1000, height: 1250 } });
    await page.goto(pathToFileURL(join(filled.directory, 'ready.html')).href);
    const picture = await page.screenshot();
    if (process.env.UPDATE_DOCS) writeFileSync(join(ROOT, PICTURE), picture);
    const shown = readFileSync(join(ROOT, PICTURE));
    const size = (png: Buffer) => [png.readUInt32BE(16), png.readUInt32BE(20)];
    assert.deepEqual(size(shown), size(picture));
    assert.match(readFileSync(join(ROOT, 'README.md'), 'utf8'), new RegExp(`\\(${PICTURE}\\)`));
  });
});
