import { ROLES, type RoleName } from '../profile/roles.ts';
import { type SecretFile, secretFiles } from '../secrets/secret-files.ts';
import { WEAK } from '../secrets/weak-secrets.ts';
import { sh } from '../shell.ts';
import type { Check, Verdict } from '../validation/check.ts';
import { rerun } from '../validation/fixes.ts';
import { fail, lastWords, pass } from '../validation/verdict.ts';
import type { CheckContext } from './context.ts';

/** The files of a host that hold secrets. What is in them is never printed, and no secret is sent to look for. */
export function secretChecks({ deployment, host }: CheckContext): Check[] {
  const files = secretFiles(deployment, host);
  if (files.length === 0) return [];
  const paths = files.map(({ path }) => path);
  const about = { group: 'secrets', severity: 'critical', host } as const;
  const again = (path: string | undefined) =>
    rerun(deployment, roleOf(path ?? '') ?? 'common', host);
  return [
    {
      ...about,
      id: 'secrets.files',
      title: 'Only who needs a secret can read its file',
      probe: sh`
        for path in ${paths}; do
          stat -c '%a %u:%g %F %n' -- "$path" 2>/dev/null || printf 'absent %s\n' "$path"
        done`,
      fix: again(paths[0]),
      judge: ({ output }) => filesVerdict(output, files, again),
    },
    {
      ...about,
      id: 'secrets.placeholders',
      title: 'No secret on the host is a default or a placeholder',
      probe: sh`
        found=()
        for path in ${paths}; do [[ ! -r $path ]] || found+=("$path"); done
        ((\${#found[@]})) || { echo 'there is none of the files' >&2; exit 1; }
        awk -v weak=${`^(${WEAK})$`} ${PLACEHOLDERS} "\${found[@]}"`,
      fix: again(paths[0]),
      judge: (result) => {
        if (result.status !== 0) return fail(`could not be read: ${lastWords(result)}`);
        const places = result.output.trim().split('\n').filter(Boolean);
        if (places.length === 0) return pass(`${files.length} files`);
        const first = places[0]!.replace(/:\d+$/, '');
        return fail(`a default or placeholder in ${places.join(', ')}`, again(first));
      },
    },
  ];
}

/** Prints `path:line` for values of settings that are secrets by their name or their place, where nobody made them up. */
const PLACEHOLDERS = `
  function judge(text) {
    gsub(/^["' ]+|["' ]+$/, "", text)
    if (text == "" || tolower(text) ~ weak) print FILENAME ":" FNR
  }
  /^[ \\t]*#/ { next }
  index($0, "@{secret:") || index($0, "{{") { print FILENAME ":" FNR; next }
  /^[A-Z0-9_]*(PASSWORD|PWD|SECRET|IDENTITY|KEY|ENCRYPTION_IV|TOKEN)=/ { judge(substr($0, index($0, "=") + 1)) }
  /^(requirepass|masterauth) / { judge(substr($0, index($0, " ") + 1)) }
  /^sentinel auth-pass / { judge($4) }
  FILENAME ~ /keys[.]yaml$/ && /^[ \\t]*- / { judge($2) }
  NF == 1 && FNR == 1 && !/[=:{]/ { judge($1) }
  match($0, /":"[^"]*"/) { judge(substr($0, RSTART + 3, RLENGTH - 4)) }
  match($0, /:\\/\\/[^:@\\/]*:[^@\\/]*@/) {
    credentials = substr($0, RSTART + 3, RLENGTH - 4)
    judge(substr(credentials, index(credentials, ":") + 1))
  }`;

/** Judges lines of mode, owner, kind and path against what the deployment sets. */
export function filesVerdict(
  output: string,
  files: readonly SecretFile[],
  again: (path: string) => string,
): Verdict {
  const told = new Map(
    output
      .trim()
      .split('\n')
      .map((line) => {
        const path = line.slice(line.indexOf('/'));
        return [path, line.slice(0, line.indexOf('/')).trim()] as const;
      }),
  );
  const wrong = files.filter(({ path, mode, owner }) => {
    const [seen, by, ...kind] = (told.get(path) ?? '').split(' ');
    return seen !== mode || by !== owner || kind.join(' ') !== 'regular file';
  });
  const [first] = wrong;
  if (!first) return pass(`${files.length} files`);
  const each = wrong.map(({ path, mode, owner }) => {
    const seen = told.get(path);
    return seen === undefined || seen === 'absent'
      ? `${path} is not there`
      : `${path} is ${seen.replace(' regular file', '')}; wanted: ${mode} ${owner}`;
  });
  return fail(each.join(', '), again(first.path));
}

/** The role that writes a file of a stack. */
function roleOf(path: string): RoleName | undefined {
  const stack = path.split('/')[3] ?? '';
  return ROLES.find((role) => role === stack.replace('redis-sentinel', 'redis'));
}
