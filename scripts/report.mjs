#!/usr/bin/env node
// Writes down what runs where, how to open it, and what to type into Igniter next. Changes nothing on any host.
import { EXIT, reportCommand, runCommand } from '../lib/index.mjs';

if (import.meta.main) {
  const { REPORT_OPTIONS, runReport } = await reportCommand();
  await runCommand({
    script: 'scripts/report.mjs',
    summary:
      'Writes reports/<deployment>/report.md and report.html: what runs where, how to open it, and the exact values to type into Igniter next.',
    options: REPORT_OPTIONS,
    examples: ['--profile profiles/all-in-one-lab.yaml --validate'],
    defect: EXIT.usage,
    run: runReport,
  });
}
