import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { isIPv4 } from 'node:net';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { pathToFileURL } from 'node:url';

/** Answers as a DNS server does, out of these records; what they lack does not exist (RFC 1035, section 4.1). */
function answerTo(query: Buffer, records: ReadonlyMap<string, readonly string[]>): Buffer {
  const labels: string[] = [];
  let at = 12;
  for (let length = query[at]!; length > 0; length = query[at]!) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  const question = query.subarray(12, at + 5);
  const found = records.get(labels.join('.').toLowerCase());
  const isA = query.readUInt16BE(at + 1) === 1;
  const addresses = isA ? (found ?? []).filter(isIPv4) : [];
  const header = Buffer.alloc(12);
  query.copy(header, 0, 0, 2);
  header.writeUInt16BE(found ? 0x8180 : 0x8183, 2);
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(addresses.length, 6);
  // A pointer to the name of the question, type A, class IN, no time to live, four bytes.
  const answers = addresses.map((address) =>
    Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4, ...address.split('.').map(Number)]),
  );
  return Buffer.concat([header, question, ...answers]);
}

/**
 * A DNS of the test's own, which the scripts that it starts from now on ask instead of the machine's.
 * @returns its records, which may change
 */
export async function ownDns(t: TestContext): Promise<Map<string, readonly string[]>> {
  const records = new Map<string, readonly string[]>();
  const socket = createSocket('udp4', (query, { address, port }) =>
    socket.send(answerTo(query, records), port, address),
  );
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  t.after(() => socket.close());
  process.env.VALIDATION_DNS = `127.0.0.1:${socket.address().port}`;
  const preload = pathToFileURL(join(import.meta.dirname, 'ask-own-dns.ts'));
  process.env.NODE_OPTIONS = `${process.env.NODE_OPTIONS ?? ''} --import=${preload}`;
  return records;
}
