import { code, plain, table } from '../report/markdown.ts';
import type { Finding } from './check.ts';
import { countOf, worstFirst } from './findings.ts';

/** The findings of a run in a format that other tools read: the whole text, ending with a newline. */
export type FindingsFormat = (findings: readonly Finding[], milliseconds: number) => string;

/** The formats beside the table and `--json`, by the names of their options. */
export const FORMATS: Record<'junit' | 'tap' | 'markdown', FindingsFormat> = {
  junit,
  tap,
  markdown,
};

/**
 * JUnit XML, a suite for each host. A failure is a failed test; what could not be told is skipped; a warning has passed,
 * with what was seen on its standard output. Source: the schema of Jenkins’ JUnit plugin, junit-10.xsd.
 */
function junit(findings: readonly Finding[], milliseconds: number): string {
  const suites = [...Map.groupBy(findings, ({ host }) => host)].map(([host, mine]) => {
    const seconds = Math.max(0, ...mine.map(({ duration_ms }) => duration_ms)) / 1000;
    return [
      `  <testsuite name="${xml(host)}"${counted(mine)} time="${seconds}">`,
      ...mine.map(testCase),
      '  </testsuite>',
    ].join('\n');
  });
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="validate"${counted(findings)} time="${milliseconds / 1000}">`,
    ...suites,
    '</testsuites>',
    '',
  ].join('\n');
}

function counted(findings: readonly Finding[]): string {
  const { fail, skip } = countOf(findings);
  return ` tests="${findings.length}" failures="${fail}" errors="0" skipped="${skip}"`;
}

function testCase(finding: Finding): string {
  const { id, group, severity, title, verdict, evidence, fix, duration_ms } = finding;
  const head = `    <testcase classname="${xml(group)}" name="${xml(`${id}: ${title}`)}" time="${duration_ms / 1000}"`;
  const told = xml([`${severity}: ${evidence}`, ...(fix ? [`fix: ${fix}`] : [])].join('\n'));
  switch (verdict) {
    case 'pass':
      return `${head}/>`;
    case 'warn':
      return `${head}><system-out>${told}</system-out></testcase>`;
    case 'skip':
      return `${head}><skipped message="${xml(evidence)}"/></testcase>`;
    case 'fail':
      return `${head}><failure type="${severity}" message="${xml(evidence)}">${told}</failure></testcase>`;
  }
}

/** Text in XML: what XML cannot hold at all is left out. */
function xml(text: string): string {
  const signs: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
  return text
    .replace(/[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/g, '')
    .replace(/[&<>"]/g, (sign) => signs[sign] ?? sign);
}

/** TAP version 14: warnings pass with what was seen below them, what could not be told is skipped. */
function tap(findings: readonly Finding[]): string {
  const lines = findings.flatMap((finding, index) => {
    const { id, host, severity, title, verdict, evidence, fix } = finding;
    const description = `${host} ${id}: ${title}`.replace(/[\\#]/g, '\\$&');
    const point = `${verdict === 'fail' ? 'not ok' : 'ok'} ${index + 1} - ${description}`;
    if (verdict === 'pass') return [point];
    if (verdict === 'skip') return [`${point} # SKIP ${evidence}`];
    const told = { verdict, severity, evidence, fix };
    return [
      point,
      '  ---',
      ...Object.entries(told).map(([key, value]) => `  ${key}: ${JSON.stringify(value)}`),
      '  ...',
    ];
  });
  return `${['TAP version 14', `1..${findings.length}`, ...lines].join('\n')}\n`;
}

/** A Markdown table, what is worst first. */
function markdown(findings: readonly Finding[], milliseconds: number): string {
  const { pass, warn, fail, skip } = countOf(findings);
  const heading = ['', 'Severity', 'Host', 'Check', 'What', 'Seen', 'What to do'];
  const rows = findings
    .toSorted(worstFirst)
    .map((one) => [
      one.verdict,
      one.severity,
      code(one.host),
      code(one.id),
      plain(one.title),
      code(one.evidence),
      code(one.fix),
    ]);
  const counts = `${pass} passed, ${warn} warned, ${fail} failed, ${skip} skipped`;
  return `${counts}, in ${(milliseconds / 1000).toFixed(1)} s.\n\n${table(heading, rows)}\n`;
}
