import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { TestContext } from 'node:test';

/** A directory with these files, removed when the test ends. */
export function directoryWith(t: TestContext, files: Record<string, string | Buffer>): string {
  const directory = mkdtempSync(join(tmpdir(), 'profile-test-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, name)), { recursive: true });
    writeFileSync(join(directory, name), content);
  }
  return directory;
}

/** A good owner address with a valid checksum. */
export const OWNER = 'pokt1s6mfp75w66t7l44hyryaqcma5t2j8fswnl379y';

/** A minimal good profile of relayers on one host, to be changed by a test. */
export const RELAY_HOST = `pocket_network: beta
hosts:
  web1: root@10.0.0.5
redis_hosts: [web1]
relay_relayers: [web1]
relay_miners: [web1]
relayminer:
  keys_file: keys.yaml
  services:
    eth:
      backends:
        jsonrpc:
          url: http://10.0.0.9:8545
`;
