import type { Readable } from 'node:stream';
import { bare } from './bare.ts';

const LONGEST_LINE = 1024 * 1024;

/** Calls back for every line of a stream. What a line has beyond 1 MiB is dropped, so that a flood stays bounded. */
export function splitLines(stream: Readable, onLine: (line: string) => void): void {
  let pending = '';
  stream.setEncoding('utf8');
  stream.on('data', (chunk: string) => {
    const pieces = (pending + chunk).split('\n');
    pending = (pieces.pop() ?? '').slice(0, LONGEST_LINE);
    for (const piece of pieces) onLine(piece);
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
