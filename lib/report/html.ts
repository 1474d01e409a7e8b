import { createHash } from 'node:crypto';
import { Marked, type Tokens } from 'marked';
import { ownText } from '../own-files.ts';
import type { ReportInput } from './input.ts';
import { reportMarkdown } from './report.ts';
import { topology } from './topology.ts';

/**
 * The report as one HTML page that needs nothing else: no network, no other file. What a page may run is named by its
 * hash in a content security policy, so that no text of a host could ever become a script. (Markdown becomes HTML with
 * `marked`, the smallest of the well-kept libraries for it, without dependencies.)
 */
export function reportHtml(input: ReportInput): string {
  const { name } = input.deployment;
  const style = ownText('lib/report/report.css');
  const script = ownText('lib/report/copy-buttons.js');
  const policy = `default-src 'none'; style-src '${hash(style)}'; script-src '${hash(script)}'`;
  const glossary = ownText('docs/glossary.md').replace('# Glossary', '## Glossary');
  const body =
    rendered(reportMarkdown(input)) +
    rendered(glossary.replace(/^## (?!Glossary)/gm, '### '), GLOSSARY_ANCHOR);
  const picture = input.secrets.mask(topology(input.deployment));
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Deployment ${escaped(name)}</title>
<style>${style}</style>
</head>
<body>
<main>
${body.replace('<!-- topology -->', picture)}
</main>
<script>${script}</script>
</body>
</html>
`;
}

/** Before the anchors of the glossary, some of whose words are headings of the report as well. */
const GLOSSARY_ANCHOR = 'glossary-';

function hash(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}

/** Markdown as HTML: headings with anchors, tables that scroll, links to the glossary within the page, no foreign tags. */
function rendered(markdown: string, prefix = ''): string {
  const anchors = new Map<string, number>();
  const marked = new Marked({ gfm: true });
  marked.use({
    renderer: {
      html: ({ text }: Tokens.HTML | Tokens.Tag) => (text === '<br>' ? '<br>' : escaped(text)),
      heading({ tokens, depth, text }: Tokens.Heading) {
        const inner = this.parser.parseInline(tokens);
        const place = text === 'Hosts, and what runs where' ? '\n<!-- topology -->' : '';
        const words = this.parser.parseInline(tokens, this.parser.textRenderer);
        const id = prefix + anchor(words);
        const before = anchors.get(id) ?? 0;
        anchors.set(id, before + 1);
        const unique = before === 0 ? id : `${id}-${before}`;
        return `<h${depth} id="${unique}">${inner}</h${depth}>${place}\n`;
      },
      link({ href, tokens }: Tokens.Link) {
        const inner = this.parser.parseInline(tokens);
        const within = /glossary\.md#(.*)$/.exec(href)?.[1];
        if (within) return `<a href="#${GLOSSARY_ANCHOR}${escaped(within)}">${inner}</a>`;
        return /^https:\/\/|^#/.test(href) ? `<a href="${escaped(href)}">${inner}</a>` : inner;
      },
    },
    hooks: {
      postprocess: (html) => {
        let count = 0;
        const scrolling = () =>
          `<div class="wide" tabindex="0" role="group" aria-label="Table ${++count}"><table>`;
        return html.replace(/<table>/g, scrolling).replaceAll('</table>', '</table></div>');
      },
    },
  });
  return marked.parse(markdown, { async: false });
}

/** The anchor of a heading, as GitHub makes it; the second of a name gets a number. */
function anchor(text: string): string {
  return text
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replaceAll(/\s/g, '-');
}

function escaped(text: string): string {
  const signs: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
  return text.replace(/[&<>"]/g, (sign) => signs[sign] ?? sign);
}
