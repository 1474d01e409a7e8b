import type { Readable } from 'node:stream';
import { bare } from '../bare.ts';

const LONGEST_LINE = 1024 * 1024;

/** Calls back for every line of a stream. What a line has beyond 1 MiB is dropped, so that a flood stays bounded. */
export function splitLines(stream: Readable, onLine: (line: string) => void): void {
  let pending: string[] = [];
  let room = LONGEST_LINE;
  const keep = (piece: string) => {
    if (piece === '' || room === 0) return;
    pending.push(piece.slice(0, room));
    room -= Math.min(room, piece.length);
  };
  stream.setEncoding('utf8');
  // What is pending is never looked at again: an endless line would else be copied with every piece of it.
  stream.on('data', (chunk: string) => {
    const [first = '', ...others] = chunk.split('\n');
    keep(first);
    for (const piece of others) {
      onLine(pending.join(''));
      pending = [];
      room = LONGEST_LINE;
      keep(piece);
    }
  });
}

/** Keeps the last 8 KiB of a stream; the function gives them fit for a terminal, without the white space around. */
export function boundedTail(stream: Readable): () => string {
  let tail = '';
  stream.setEncoding('utf8');
  stream.on('data', (chunk: string) => {
    tail = (tail + chunk).slice(-8192);
  });
  stream.on('error', (error) => {
    tail += error.message;
  });
  return () => bare(tail).trim();
}
