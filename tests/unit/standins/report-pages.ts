/** A page of a wizard as a report shows it: the section and the heading it is under, and its fields in order. */
export interface Page {
  section: string;
  title: string;
  fields: { label: string; value: string }[];
}

/** A heading, or a table with the text of its cells. */
type Piece = { depth: number; heading: string } | { rows: string[][] };

/** The pages to fill in, as somebody reads them in `report.md`. */
export function pagesOfMarkdown(markdown: string): Page[] {
  const pieces = markdown.split(/\n{2,}/).map((block): Piece => {
    const [, hashes = '', heading = ''] = /^(#+) (.+)$/.exec(block) ?? [];
    if (hashes) return { depth: hashes.length, heading };
    const [first = [], , ...rest] = block
      .split('\n')
      .filter((line) => line.startsWith('|'))
      .map((line) => line.split(/(?<!\\)\|/).slice(1, -1))
      .map((cells) => cells.map((cell) => cell.trim().replaceAll('\\|', '|')));
    return { rows: [first, ...rest] };
  });
  return pagesOf(pieces);
}

/** The same of `report.html`. */
export function pagesOfHtml(html: string): Page[] {
  const found = html.matchAll(/<h(\d)[^>]*>(.*?)<\/h\1>|<table>(.*?)<\/table>/gs);
  const pieces = [...found].map(([, depth, heading = '', table = '']): Piece => {
    if (depth) return { depth: Number(depth), heading: textOf(heading) };
    const rows = [...table.matchAll(/<tr>(.*?)<\/tr>/gs)].map(([, row = '']) =>
      [...row.matchAll(/<t[hd][^>]*>(.*?)<\/t[hd]>/gs)].map(([, cell = '']) => textOf(cell)),
    );
    return { rows };
  });
  return pagesOf(pieces);
}

function textOf(html: string): string {
  const signs: Record<string, string> = { lt: '<', gt: '>', quot: '"', '#39': "'", amp: '&' };
  return html
    .replace(/<\/?code>/g, '`')
    .replace(/<[^>]*>/g, '')
    .replace(/&(#?\w+);/g, (whole, name: string) => signs[name] ?? whole)
    .trim();
}

/** A table of fields belongs to the headings before it; it is known by its first two columns. */
function pagesOf(pieces: readonly Piece[]): Page[] {
  const pages: Page[] = [];
  let [section, title] = ['', ''];
  for (const piece of pieces) {
    if ('heading' in piece) {
      if (piece.depth <= 2) section = piece.heading;
      title = piece.heading;
      continue;
    }
    const [[first = '', second = ''] = [], ...rows] = piece.rows;
    if (!/^field/i.test(first) || !/\b(type|pick)\b/i.test(second)) continue;
    const fields = rows.map(([label = '', cell = '']) => ({
      label: label.replace(/[`*]/g, ''),
      value: valueIn(cell),
    }));
    pages.push({ section, title, fields });
  }
  return pages;
}

/** What stands in the cell to be typed, or else its example; empty where there is neither. */
function valueIn(cell: string): string {
  const typed = /^[^`]*\bdecision\b/i.test(cell)
    ? /\bexample\b[^`]*(`.*)$/is.exec(cell)?.[1]
    : cell;
  return /`([^`]+)`/.exec(typed ?? '')?.[1] ?? '';
}
