import { createReadStream } from 'node:fs';

/** One file of a tar: its name there (at most 100 bytes) and its size, and either its bytes or where they are. */
export type TarEntry = { name: string; size: number; content: Buffer | { path: string } };

/**
 * Writes a tar (POSIX ustar) piece by piece, so that an archive of gigabytes needs no memory and no disk.
 * @throws Error when a name is too long, or when a file is no longer of the size its entry says.
 */
export async function* writeTar(entries: Iterable<TarEntry>): AsyncGenerator<Buffer> {
  for (const { name, size, content } of entries) {
    yield header(name, size);
    let written = 0;
    for await (const chunk of Buffer.isBuffer(content) ? [content] : read(content.path)) {
      written += chunk.length;
      yield chunk;
    }
    if (written !== size) throw new Error(`${name} has ${written} bytes, not ${size}`);
    yield Buffer.alloc(padding(size));
  }
  yield Buffer.alloc(1024);
}

/** How many bytes {@link writeTar} writes for entries of these sizes. */
export function tarBytes(sizes: readonly number[]): number {
  return sizes.reduce((total, size) => total + 512 + size + padding(size), 1024);
}

function read(path: string): AsyncIterable<Buffer> {
  return createReadStream(path, { highWaterMark: 1024 * 1024 });
}

function padding(size: number): number {
  return (512 - (size % 512)) % 512;
}

function header(name: string, size: number): Buffer {
  if (Buffer.byteLength(name) > 100) throw new Error(`${name} is too long a name for a tar`);
  const block = Buffer.alloc(512);
  block.write(name, 0);
  block.write('0000644\0', 100);
  block.write('0000000\0', 108);
  block.write('0000000\0', 116);
  // Eleven octal digits end at 8 GiB; beyond that GNU and Docker read a binary number marked by the top bit.
  if (size < 8 ** 11) block.write(size.toString(8).padStart(11, '0'), 124);
  else {
    block[124] = 0x80;
    block.writeBigUInt64BE(BigInt(size), 128);
  }
  block.write('00000000000\0', 136);
  block.write('        ', 148);
  block.write('0', 156);
  block.write('ustar\x0000', 257);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return block;
}
