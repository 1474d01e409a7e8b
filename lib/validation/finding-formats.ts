import { code, plain, table } from '../report/markdown.ts';
import type { Finding } from './check.ts';
import { countOf, type FailOn, seconds, worstFirst } from './findings.ts';

/**
 * The findings of a run in a format that other tools read: the whole text, ending with a newline. What makes the deployment
 * not ready is a failed test there, so that it says the same as the exit code.
 */
export type FindingsFormat = (
  findings: readonly Finding[],
  milliseconds: number,
  failOn: FailOn,
) => string;

/** The formats beside the table and `--json`, by the names of their options. */
export const FORMATS: Record<'junit' | 'tap' | 'markdown', FindingsFormat> = {
  junit,
  tap,
  markdown,
};

/** Whether a finding makes the deployment not ready. */
function failed({ verdict }: Finding, failOn: FailOn): boolean {
  return verdict === 'fail' || verdict === failOn;
}

/**
 * JUnit XML, a suite for each host. A failure is a failed test; what could not be told is skipped; a warning has passed
 * unless it counts as a failure, with what was seen on its standard output. Source: the schema of Jenkins’ JUnit plugin,
 * junit-10.xsd.
 */
function junit(findings: readonly Finding[], milliseconds: number, failOn: FailOn): string {
  const suites = [...Map.groupBy(findings, ({ host }) => host)].map(([host, mine]) => {
    const longest = Math.max(0, ...mine.map(({ duration_ms }) => duration_ms)) / 1000;
    return [
      `  <testsuite name="${xml(host)}"${counted(mine, failOn)} time="${longest}">`,
      ...mine.map((one) => testCase(one, failOn)),
      '  </testsuite>',
    ].join('\n');
  });
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="validate"${counted(findings, failOn)} time="${milliseconds / 1000}">`,
    ...suites,
    '</testsuites>',
    '',
  ].join('\n');
}

function counted(findings: readonly Finding[], failOn: FailOn): string {
  const failures = findings.filter((one) => failed(one, failOn)).length;
  const { skip } = countOf(findings);
  return ` tests="${findings.length}" failures="${failures}" errors="0" skipped="${skip}"`;
}

function testCase(finding: Finding, failOn: FailOn): string {
  const { id, group, severity, title, verdict, evidence, fix, duration_ms } = finding;
  const head = `    <testcase classname="${xml(group)}" name="${xml(`${id}: ${title}`)}" time="${duration_ms / 1000}"`;
  const told = xml([`${severity}: ${evidence}`, ...(fix ? [`fix: ${fix}`] : [])].join('\n'));
  const about = `type="${severity}" message="${xml(evidence)}"`;
  if (failed(finding, failOn)) return `${head}><failure ${about}>${told}</failure></testcase>`;
  switch (verdict) {
    case 'skip':
      return `${head}><skipped ${about}>${told}</skipped></testcase>`;
    case 'warn':
      return `${head}><system-out>${told}</system-out></testcase>`;
    default:
      return `${head}/>`;
  }
}

/** Text in XML: what XML cannot hold at all is left out. */
function xml(text: string): string {
  const signs: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
  return text
    .replace(/[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/g, '')
    .replace(/[&<>"]/g, (sign) => signs[sign] ?? sign);
}

/**
 * TAP version 14, with what was seen below each point: warnings pass unless they count as failures, what could not be told
 * is skipped.
 */
function tap(findings: readonly Finding[], _: number, failOn: FailOn): string {
  const lines = findings.flatMap((finding, index) => {
    const { id, host, severity, title, verdict, evidence, fix, duration_ms } = finding;
    const description = `${host} ${id}: ${title}`.replace(/[\\#]/g, '\\$&');
    const word = failed(finding, failOn) ? 'not ok' : 'ok';
    const directive = verdict === 'skip' ? ` # SKIP ${evidence}` : '';
    const told = { verdict, severity, evidence, ...(fix && { fix }), duration_ms };
    return [
      `${word} ${index + 1} - ${description}${directive}`,
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
  const heading = ['', 'Severity', 'Host', 'Check', 'What', 'Seen', 'What to do', 'Took'];
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
      seconds(one.duration_ms),
    ]);
  const counts = `${pass} passed, ${warn} warned, ${fail} failed, ${skip} skipped`;
  return `${counts}, in ${(milliseconds / 1000).toFixed(1)} s.\n\n${table(heading, rows)}\n`;
}
