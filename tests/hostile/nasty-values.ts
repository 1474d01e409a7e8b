import { pick, type Random } from './random.ts';

/** A file that only exists when a value was executed. */
export const CANARY = `/tmp/pocket-hostile-pwned-${process.pid}`;

const PIECES: readonly string[] = [
  ...[
    `$(touch ${CANARY})`,
    `\`touch ${CANARY}\``,
    `'; touch ${CANARY}; '`,
    `"; touch ${CANARY}; "`,
  ],
  ...[`\ntouch ${CANARY}\n`, `\nEND_OF_CONTENT\ntouch ${CANARY}\n`, 'END_OF_CONTENT', '\n}\n'],
  ...[`|touch ${CANARY}`, `&& touch ${CANARY}`, `\${IFS}`, '$HOME', '${HOME}', '${HOME:-x}', '$$'],
  ...["'", '"', '`', '\\', "'\\''", '\\"', `'"`, `"'$`, '\\n', '%', '%h', '%%', '%s', '!', '!!'],
  ...['@{secret:postgres_password}', '@{secret:x}', '@hash', '{{image}}', '{{x}}', '{$HOME}'],
  ...['{env.HOME}', '{file./etc/passwd}', '#', ' #x', '# x', ': ', '- ', '&a', '*a', '!!js', '|'],
  ...['-rf', '--help', '-oProxyCommand=x', '~', '*', '?', '[a-z]', '{a,b}', '<(x)', '=', ';', ','],
  ...['é', '😀', '\u202e', 'e\u0301', '\u2028', '\u0085', '\ufeff', '\u00a0', '\u200d', '\ud800'],
  ...['\t', '\r', '\r\n', '\0', '\u001b[2J', '\u007f', 'yes', 'null', '0x10', '1e3', '012', '~'],
];

/** Such values, as they are and in the forms in which a field may take them. */
export function nastyValue(random: Random, good: string): string {
  let piece = '';
  for (let count = 0; count <= random(3); count += 1) piece += pick(random, PIECES);
  if (random(60) === 0) piece = piece.repeat(Math.ceil(65_536 / piece.length)).slice(0, 65_536);
  switch (random(5)) {
    case 0:
      return piece;
    case 1:
      return piece + good;
    case 2:
      return good.slice(0, good.length / 2) + piece + good.slice(good.length / 2);
    default:
      return good + piece;
  }
}
