import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { loadDeployment } from '../../lib/deployment.ts';
import { reportHtml } from '../../lib/report/html.ts';
import { generatePrivateKey, loadSecrets } from '../../lib/secrets/secrets.ts';
import { mend } from '../../lib/validation/fixes.ts';
import { filledProfiles } from '../profiles.ts';
import { startBrowser } from './browser.ts';

const filled = filledProfiles();
const PROFILES = ['ha-relay-mining', 'provider-plus-public-middleman'];
let browser: Browser;

before(async () => {
  const keys = `keys: ["${generatePrivateKey()}"]\n`;
  writeFileSync(join(filled.directory, 'supplier-keys.yaml'), keys);
  for (const name of PROFILES) {
    const deployment = loadDeployment(filled.path(name), { root: filled.directory });
    const secrets = loadSecrets(deployment, { create: true });
    const findings = [
      {
        ...({ id: 'redis.policy', group: 'redis', severity: 'critical' } as const),
        ...({ host: deployment.hosts[0]!.name, title: 'It is well', verdict: 'fail' } as const),
        ...{ evidence: 'it is not', duration_ms: 3 },
        fix: mend(deployment, deployment.hosts[0]!, 'redis'),
      },
    ];
    const html = reportHtml({ deployment, secrets, findings, now: new Date() });
    writeFileSync(join(filled.directory, `${name}.html`), html);
  }
  browser = await startBrowser();
});
after(async () => {
  await browser?.close();
  filled.remove();
});

/** The report on A4 with margins of a centimetre, at the 96 dots an inch of CSS. */
async function printed(name: string): Promise<Page> {
  const page = await browser.newPage({ viewport: { width: 718, height: 1047 } });
  await page.emulateMedia({ media: 'print' });
  await page.goto(pathToFileURL(join(filled.directory, `${name}.html`)).href);
  return page;
}

for (const name of PROFILES) {
  test(`${name}: nothing is cut off on paper`, async () => {
    const page = await printed(name);
    const cut = await page
      .locator('pre, .wide, .topology')
      .evaluateAll((all) =>
        all
          .filter((one) => one.scrollWidth > one.clientWidth + 1)
          .map((one) => `${one.tagName}: ${one.textContent?.slice(0, 80)}`),
      );
    assert.deepEqual(cut, []);
    assert.ok(await page.evaluate('document.body.scrollWidth <= 718'));
  });
}

test('what mends something has a button beside each command, and beside nothing else', async () => {
  const page = await browser.newPage();
  await page.goto(pathToFileURL(join(filled.directory, 'ha-relay-mining.html')).href);
  const row = page.locator('tr', { hasText: 'It is well' }).first();
  const copied = await row
    .locator('button')
    .evaluateAll((all) => all.map((button) => button.previousElementSibling?.textContent));
  assert.equal(copied.length, 3);
  assert.match(copied[0] ?? '', /^scripts\/redis\.mjs --profile \S+ --limit \S+$/);
  for (const command of copied.slice(1)) assert.match(command ?? '', /^ssh -F \S+ \S+ docker /);
});
