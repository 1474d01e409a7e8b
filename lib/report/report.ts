import { backup } from './backup.ts';
import { header } from './header.ts';
import { hosts } from './hosts.ts';
import type { ReportInput } from './input.ts';
import { blocks } from './markdown.ts';
import { middleman } from './middleman.ts';
import { next } from './next.ts';
import { remaining } from './remaining.ts';
import { staking } from './staking.ts';
import { state } from './state.ts';
import { summary } from './summary.ts';
import { urls } from './urls.ts';
import { glossaryLinks, withGlossary } from './words.ts';

export type { ReportInput } from './input.ts';

/** The report of a deployment, in Markdown. Reads nothing from any host; no secret survives in it. */
export function reportMarkdown(input: ReportInput): string {
  const sections = [
    ...[header, summary, state, hosts, urls, staking, middleman],
    ...[remaining, backup, next, glossaryLinks],
  ];
  const text = `${blocks(...sections.map((section) => section(input)))}\n`;
  return withGlossary(input.secrets.mask(text));
}
