import { blocks, code, table } from './markdown.ts';

/** What the operator does with a field. */
export type Answer =
  /** Types or picks exactly this. */
  | { type: string }
  /** Compares what is shown with this. */
  | { shows: string }
  /** Reads what is shown, of which only this is known, in Markdown. */
  | { reads: string }
  /** Decides; the example is one that the field accepts, the rule says which it accepts. */
  | { decide: { example?: string; rule: string } };

/** One field of a form. */
export interface Field {
  /** Its label on the page. */
  label: string;
  answer: Answer;
  /** Why this value, or what goes wrong with another, in Markdown. */
  why: string;
}

/** One page of the way from a deployed host to staked suppliers. */
export interface Step {
  /** Its number as the wizard counts; absent for what is not in the wizard. */
  page?: number;
  title: string;
  /** What it is about, in Markdown. */
  about: string;
  fields: Field[];
  /** What to watch out for, in Markdown. */
  notes?: string;
}

/** A step as a section with a table. */
export function stepSection({ page, title, about, fields, notes }: Step): string {
  return blocks(
    page === undefined ? `### ${title}` : `### Wizard step ${page}: ${title}`,
    about,
    fields.length === 0
      ? ''
      : table(
          ['Field', 'Type or pick exactly this', 'Why'],
          fields.map(({ label, answer, why }) => [label, shown(answer), why]),
        ),
    notes,
  );
}

function shown(answer: Answer): string {
  if ('type' in answer) return code(answer.type);
  if ('shows' in answer) return `must show ${code(answer.shows)}`;
  if ('reads' in answer) return `shows ${answer.reads}`;
  const { example, rule } = answer.decide;
  const such = example === undefined ? '' : ` For example ${code(example)}.`;
  return `**your decision**: ${rule}.${such}`;
}
