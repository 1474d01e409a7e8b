import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { isIP } from 'node:net';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { pathToFileURL } from 'node:url';

/** The versions of IP whose addresses A and AAAA records have, by the number of their type (RFC 3596, section 2.1). */
const RECORDS: Record<number, number> = { 1: 4, 28: 6 };

/** The bytes of an address; of IPv6, what :: stands for are zeros. */
function bytesOf(address: string): number[] {
  if (isIP(address) === 4) return address.split('.').map(Number);
  const [before = [], after] = address.split('::').map((part) =>
    part
      .split(':')
      .filter(Boolean)
      .map((group) => Number.parseInt(group, 16)),
  );
  const zeros = after ? Array<number>(8 - before.length - after.length).fill(0) : [];
  return [...before, ...zeros, ...(after ?? [])].flatMap((group) => [group >> 8, group & 0xff]);
}

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
  const type = query.readUInt16BE(at + 1);
  const addresses = (found ?? []).filter((address) => RECORDS[type] === isIP(address));
  const header = Buffer.alloc(12);
  query.copy(header, 0, 0, 2);
  header.writeUInt16BE(found ? 0x8180 : 0x8183, 2);
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(addresses.length, 6);
  // A pointer to the name of the question, the type, class IN, no time to live, and so many bytes.
  const answers = addresses.map((address) => {
    const bytes = bytesOf(address);
    return Buffer.from([0xc0, 12, 0, type, 0, 1, 0, 0, 0, 0, 0, bytes.length, ...bytes]);
  });
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
