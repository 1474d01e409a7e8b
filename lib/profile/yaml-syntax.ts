import { type Document, type ErrorCode, visit, type YAMLError } from 'yaml';
import { mayHoldSecret } from './issues.ts';

/** A mistake in the text of a profile: where it is to be mended, and how. */
export interface Mistake {
  offset: number;
  meaning: string;
}

const MOST_MISTAKES = 10;

/** What the parser's error codes mean to somebody who writes a profile. Its own messages may quote the file. */
const MEANINGS: Partial<Record<ErrorCode, string>> = {
  BAD_ALIAS: '& and * stand for anchors: put a value that begins with one in quotes',
  BAD_DIRECTIVE: 'a line cannot begin with %: put the key in quotes',
  BAD_DQ_ESCAPE: 'a backslash in double quotes: put the value in single quotes',
  BAD_INDENT: 'the indentation does not fit the lines above',
  BLOCK_AS_IMPLICIT_KEY: 'a key and a value on a line that already has one',
  BLOCK_IN_FLOW: 'a comma is missing before the next key',
  MISSING_CHAR: 'something is missing here: a colon, a comma, a bracket, a quote or an indentation',
  MULTILINE_IMPLICIT_KEY: 'a comma is missing before the next key',
  MULTIPLE_DOCS: 'a second document begins here: one file is one profile',
  RESOURCE_EXHAUSTION: 'nested too deeply',
  TAB_AS_INDENT: 'a tab: indent with spaces',
  TAG_RESOLVE_FAILED: 'tags are not supported in profiles',
};

/** Mistakes in one value, after which the parser reads on as if there was none. */
const LOCAL: readonly ErrorCode[] = [
  'BAD_DQ_ESCAPE',
  'BAD_SCALAR_START',
  'TAB_AS_INDENT',
  'TAG_RESOLVE_FAILED',
];

/** What is wrong with a text that is no YAML, first things first, as its document has it from the parser. */
export function mistakesIn(document: Document.Parsed, text: string): Mistake[] {
  const told = [...document.errors, ...document.warnings];
  // What is never closed keeps that open in which it is.
  const unclosed = told.find(({ message }) => UNCLOSED.test(message));
  const errors = told.filter((error) => error === unclosed || !UNCLOSED.test(error.message));
  // Of several at one place the last says most.
  const places = new Map(errors.map((error) => [error.pos[0], error]));
  const mistakes = [...places.values()]
    .slice(0, MOST_MISTAKES)
    .map((error) => ({ local: LOCAL.includes(error.code), ...mistakeOf(error, document, text) }))
    .sort((a, b) => a.offset - b.offset);
  // Of the others only the first is told: it may be why the parser does not understand the rest.
  const first = mistakes.find(({ local }) => !local);
  return mistakes.filter((one) => one.local || one === first);
}

/** How the parser's messages begin or end that are of one code with others. */
const UNCLOSED = /^Missing closing|end with a [\]}]$/;
const NO_KEY = /^Implicit (?:keys need|map keys)/;
const NOT_IN_COLUMN = / same column$|^Sequence item without|^A block sequence/;

function mistakeOf(error: YAMLError, document: Document.Parsed, text: string): Mistake {
  const { code, message } = error;
  const [offset, end] = error.pos;
  if (UNCLOSED.test(message)) {
    const openings = message.endsWith('quote') ? `"'` : '[{';
    const opened = openedAt(document, text, offset, openings);
    if (opened !== undefined) {
      return { offset: opened, meaning: `this ${OPENINGS[text[opened]!]} is never closed` };
    }
  }
  if (NO_KEY.test(message)) {
    const before = text.slice(text.lastIndexOf('\n', offset - 1) + 1, offset);
    if (/^[ -]*$/.test(before)) return missingAt(text, offset);
    // A value goes on in the next line, where a key was meant.
    if (text.slice(offset, end).includes('\n')) return misindented(text, lineOf(text, end));
  }
  if (NOT_IN_COLUMN.test(message)) {
    const [empty] = /^(?:[ \t]*(?:#.*)?\r?\n)*/.exec(text.slice(offset))!;
    return misindented(text, lineOf(text, offset + empty.length));
  }
  if (code === 'BAD_SCALAR_START') {
    return { offset, meaning: `a value cannot begin with ${text[offset]}: put it in quotes` };
  }
  return { offset, meaning: MEANINGS[code] ?? 'this does not belong here' };
}

const OPENINGS: Record<string, string> = {
  '"': 'quote',
  "'": 'quote',
  '[': 'bracket',
  '{': 'brace',
};

/** Where that was opened which the parser took to end at an offset. */
function openedAt(
  document: Document.Parsed,
  text: string,
  end: number,
  openings: string,
): number | undefined {
  let found: number | undefined;
  visit(document, {
    Value: (_key, { range }) => {
      if (range?.[1] !== end || !openings.includes(text[range[0]]!)) return undefined;
      found = range[0];
      return visit.BREAK;
    },
  });
  return found;
}

/** What a line lacks that should begin with a key or be an item of a list. */
function missingAt(text: string, offset: number): Mistake {
  const line = /^[^\r\n]*/.exec(text.slice(offset))![0].replace(/\s#.*/, '').trimEnd();
  if (/^-\s/.test(line)) return { offset, meaning: 'an item of a list among keys' };
  if (/^-/.test(line)) return { offset: offset + 1, meaning: 'a space is missing after -' };
  const [key = ''] = /^[\w.-]{1,60}(?::(?=\S)|$)/.exec(line) ?? [];
  const what = key.endsWith(':') ? 'space' : 'colon';
  const after = key === '' || mayHoldSecret(keysAbove(text, offset)) ? '' : ` after ${key}`;
  return { offset: offset + (key || line).length, meaning: `a ${what} is missing${after}` };
}

/** The keys that a line may belong to: that of the line above, and those that are indented less. */
function keysAbove(text: string, offset: number): string[] {
  const lines = text.slice(0, offset).split('\n').slice(0, -1);
  let least = Number.POSITIVE_INFINITY;
  return lines.reverse().flatMap((line) => {
    const [, indentation = '', key] = /^([ -]*)([\w.-]+)/.exec(line) ?? [];
    if (key === undefined || indentation.length >= least) return [];
    least = indentation.length;
    return [key];
  });
}

/** What is wrong with a line, by its index, that does not begin in the column of those that it belongs to. */
function misindented(text: string, line: number): Mistake {
  const lines = text.split('\n');
  const own = columnOf(lines[line]!, lines[line]!);
  const offset = lines.slice(0, line).reduce((sum, { length }) => sum + length + 1, own);
  const sibling = siblingAbove(lines, line);
  if (sibling === undefined && lines[line]![own] === '-') return missingAt(text, offset);
  const but = sibling && `, but line ${sibling.index + 1} by ${sibling.column}`;
  return {
    offset,
    meaning: `indented by ${own}${but ?? ''}: what belongs together begins in one column`,
  };
}

/** The line above that another belongs to: the least deep of those that are deeper, else the next if it is less deep. */
function siblingAbove(lines: readonly string[], line: number): Begun | undefined {
  const own = columnOf(lines[line]!, lines[line]!);
  let least: Begun | undefined;
  for (let index = line - 1; index >= 0; index -= 1) {
    if (/^\s*(?:#|$)/.test(lines[index]!)) continue;
    const spaces = /^ */.exec(lines[index]!)![0].length;
    if (spaces === own) break;
    const column = columnOf(lines[index]!, lines[line]!);
    if (column > own && column < (least?.column ?? Infinity)) least = { index, column };
    if (spaces < own) return least ?? { index, column };
  }
  return least;
}

interface Begun {
  index: number;
  column: number;
}

/** The column of what a line says, counted from 0: of its dash where an item is compared, else of what is after it. */
function columnOf(line: string, compared: string): number {
  return (/^ *-/.test(compared) ? /^ */ : /^ *(?:- +)*/).exec(line)![0].length;
}

function lineOf(text: string, offset: number): number {
  return text.slice(0, offset).split('\n').length - 1;
}
