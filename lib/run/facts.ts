import { hash } from 'node:crypto';
import { familiarReference } from '../images/reference.ts';
import { quote } from '../shell.ts';
import type { Owner } from '../step.ts';

/** Something about a host that can be asked for many steps at once, by one program instead of one for each step. */
export type Fact =
  | { of: 'path'; path: string; is: 'regular file' | 'directory'; mode: string; owner: Owner }
  | { of: 'content'; path: string; text: string }
  | { of: 'package'; name: string }
  | { of: 'user'; name: string; home: string; shell: string }
  | { of: 'unit'; name: string }
  | { of: 'setting'; name: string; value: string }
  | { of: 'image'; name: string };

const HASH_CHARACTERS = 64;

/** For each kind, shell that prints a line about everything of that kind. */
const COMMANDS: Record<Fact['of'], (words: string, facts: readonly Fact[]) => string> = {
  // Owners are names, or numbers for users that exist only in an image; either line may be the one that is wanted.
  path: (words) => `stat --printf '%n: %F %a %U:%G\\n%n: %F %a %u:%g\\n' -- ${words}`,
  // b2sum starts in a third of the time of sha256sum, which loads a library. Half of its hash is as long as that one's.
  content: (words) =>
    `while read -r hash path; do echo "\${hash:0:${HASH_CHARACTERS}}  $path"; done < <(b2sum -- ${words})`,
  package: (words) =>
    `dpkg-query --show --showformat 'package \${Package} \${db:Status-Status}\\n' ${words}`,
  user: (words) =>
    `while IFS=: read -r name _ _ _ _ home shell; do echo "user $name $home $shell"; done < <(getent passwd ${words})`,
  // One call of systemctl, which costs as much as all other facts together; links say what is enabled.
  unit: (words) => `units=(${words})
  mapfile -t states < <(systemctl is-active "\${units[@]}")
  for unit in "\${!units[@]}"; do
    name=\${units[unit]}
    [[ ! /etc/systemd/system/$name.service -ef /dev/null ]] || continue
    for link in /etc/systemd/system/*.{wants,requires}/"$name.service"; do
      [[ ! -L $link ]] || printf 'unit %s %s enabled\\n' "$name" "\${states[unit]-}"
    done
  done`,
  // These files are there in containers, as systemd-detect-virt knows, too; it takes longer than to ask for the values.
  setting: (
    words,
    facts,
  ) => `if [[ -e /run/systemd/container || -e /.dockerenv || -e /run/.containerenv ]]; then
    printf '%s\\n' ${quoted(facts.map(lineOf))}
  else
    while IFS= read -r line; do echo "\${line//$'\\t'/ }"; done < <(sysctl ${words})
  fi`,
  // Of those that are not there it tells on standard error alone.
  image: (words) =>
    `docker image inspect --format '{{range .RepoTags}}{{println "image" .}}{{end}}{{range .RepoDigests}}{{println "image" .}}{{end}}' ${words}`,
};

function quoted(words: Iterable<string>): string {
  return [...words].map(quote).join(' ');
}

/** Shell that prints every line that is known of the things that the facts are about. */
export function askFor(facts: readonly Fact[]): string {
  const commands = [...Map.groupBy(facts, ({ of }) => of)].map(([kind, ofKind]) => {
    const things = new Set(ofKind.map((fact) => ('path' in fact ? fact.path : fact.name)));
    return `  ${COMMANDS[kind](quoted(things), ofKind)} || :`;
  });
  return commands.join('\n') || ':';
}

/** The line that says that a fact holds. */
export function lineOf(fact: Fact): string {
  switch (fact.of) {
    case 'path':
      return `${fact.path}: ${fact.is} ${fact.mode} ${fact.owner}`;
    case 'content':
      return `${hash('blake2b512', fact.text).slice(0, HASH_CHARACTERS)}  ${fact.path}`;
    case 'package':
      return `package ${fact.name} installed`;
    case 'user':
      return `user ${fact.name} ${fact.home} ${fact.shell}`;
    case 'unit':
      return `unit ${fact.name} active enabled`;
    case 'setting':
      return `${fact.name} = ${fact.value}`;
    case 'image':
      return `image ${familiarReference(fact.name)}`;
  }
}
