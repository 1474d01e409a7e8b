#!/usr/bin/env node
// The floor as a zx script: sends a file to bash on all hosts side by side, prints what they answer, and does nothing else.
// Usage: floor.mjs SSH_CONFIG FILE HOST…
import { readFileSync } from 'node:fs';
import { $ } from 'zx';

const [config = '', file = '', ...hosts] = process.argv.slice(2);
const input = readFileSync(file);
const answers = await Promise.all(
  hosts.map((host) => $({ input })`ssh -F ${config} ${host} bash -s`),
);
for (const { stdout } of answers) process.stdout.write(stdout);
