import { relative } from 'node:path';
import type { TestEvent } from 'node:test/reporters';

/** A reporter for Node's test runner that tells nothing but the files in which a test failed, a line for each. */
export default async function* failedFiles(events: AsyncIterable<TestEvent>) {
  const files = new Set<string>();
  for await (const { type, data } of events) {
    if (type === 'test:fail' && data.file) files.add(relative('.', data.file));
  }
  for (const file of files) yield `${file}\n`;
}
