import type { Problem } from '../problem.ts';
import { scalars, type Tree } from '../tree.ts';

const ANYWHERE =
  /^<.*>$|change[_-]?me|replace[_-]?(?:me|this|with)|^pokt1(?:replace|your|x{6}|\.\.\.|…)|^your[_-]|^(?:todo|tbd|xxx+)$/i;
const RESERVED_DOMAIN = /(?:^|[@.])example(?:\.(?:com|net|org))?$/i;
const DOMAIN_KEYS = /_domain$|^(?:owner_email|acme_email)$/;

/** Values that stand for a value: left in a profile, they would fail late and far from their cause. */
export function placeholdersIn(tree: Tree): Problem[] {
  return [...scalars(tree)].flatMap(({ path, place, value }) => {
    if (typeof value !== 'string') return [];
    const key = String(path.at(-1));
    const example = DOMAIN_KEYS.test(key) && RESERVED_DOMAIN.test(value);
    if (!example && !ANYWHERE.test(value)) return [];
    const shown = value.length > 60 ? '' : ` "${value.replace(/[\x00-\x1f\x7f]/g, '?')}"`;
    return [
      {
        ...place,
        path,
        expected: `the placeholder${shown} is still there, expected your own value`,
      },
    ];
  });
}
