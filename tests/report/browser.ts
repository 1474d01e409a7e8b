import { type Browser, chromium } from 'playwright-core';

/** Starts Debian's Chromium without a window; who starts it closes it. */
export function startBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'],
  });
}
