#!/usr/bin/env node
// Loads and validates a profile, and nothing else: a process that the benchmark times.
import { loadDeployment } from '../../lib/index.mjs';

loadDeployment(process.argv[2] ?? '');
