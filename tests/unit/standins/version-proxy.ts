/**
 * A TCP proxy in front of a real Redis that changes one thing: the `redis_version:` line of INFO. No distribution
 * carries Redis 8.10 yet, which the released RelayMiner demands.
 */
import net from 'node:net';
import { freePort } from './harness.ts';

/** Starts the proxy and returns its port. An INFO answer must arrive in one piece, which on loopback it does. */
export async function startVersionProxy(redisPort: number, version: string): Promise<number> {
  const port = await freePort();
  const server = net.createServer((client) => {
    const upstream = net.connect(redisPort, '127.0.0.1');
    client.pipe(upstream);
    upstream.on('data', (chunk: Buffer) => {
      const text = chunk.toString('latin1');
      const changed = text.replace(
        /^\$(\d+)\r\n([\s\S]*?)redis_version:([^\r]*)/,
        (_all, length, before, old) => {
          const size = Number(length) - old.length + version.length;
          return `$${size}\r\n${before}redis_version:${version}`;
        },
      );
      client.write(Buffer.from(changed, 'latin1'));
    });
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      one.on('error', () => other.destroy());
      one.on('close', () => other.destroy());
    }
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  server.unref();
  return port;
}
