import type { Endpoint } from '../endpoints.ts';
import { lines, type Shell, sh } from '../shell.ts';

/** How a Redis is reached and logged in to; the password is in the shell variable `redis_password`. */
export interface RedisLogin {
  server: Endpoint;
  /** Where Sentinels have to be asked: they, and what they call the primary. `server` is then not looked at. */
  sentinels?: { servers: readonly Endpoint[]; primaryName: string };
  tls: boolean;
  user?: string;
  /** Whether there is a password at all. */
  password: boolean;
}

/** Shell that logs in, or says PING where there is no password, and prints the answers to that, the command and QUIT. */
export function redisProbe(login: RedisLogin, command: string | Shell): Shell {
  return conversation(login, sh`${credentials(login)}; printf '%s\r\nQUIT\r\n' ${command}`);
}

/** Shell that says PING without a password, and prints the answers to that and QUIT. */
export function anonymousProbe(login: RedisLogin): Shell {
  return conversation(login, sh`printf 'PING\r\nQUIT\r\n'`);
}

/**
 * Shell that asks a Sentinel, and prints as many lines of its answer as are wanted. (A Sentinel has no QUIT, so that
 * nobody ends the conversation but who asks.)
 */
export function sentinelProbe({ host, port }: Endpoint, command: string, count: number): Shell {
  return sh`
    exec 7<>/dev/tcp/${host}/${port}
    printf 'SENTINEL %s\r\n' ${command} >&7
    ${readLines(count)} <&7
  `;
}

function readLines(count: number): Shell {
  return sh`for ((line = 0; line < ${count}; line++)); do IFS= read -r -t 5 text && printf '%s\n' "\${text%$'\r'}" || break; done`;
}

function credentials({ user, password }: RedisLogin): Shell {
  if (!password) return sh`printf 'PING\r\n'`;
  const words =
    user === undefined
      ? '*2\r\n$4\r\nAUTH\r\n'
      : `*3\r\n$4\r\nAUTH\r\n$${user.length}\r\n${user}\r\n`;
  return sh`printf '%s' ${words} && printf '$%s\r\n%s\r\n' "\${#redis_password}" "$redis_password"`;
}

function conversation(login: RedisLogin, questions: Shell): Shell {
  const { server, sentinels, tls } = login;
  const { host, port } = server;
  if (sentinels) {
    return lines(
      primaryOf(sentinels.servers, sentinels.primaryName),
      sh`
        exec 6<>"/dev/tcp/$at"
        { ${questions}; } >&6
        cat <&6
      `,
    );
  }
  if (!tls) {
    return sh`
      exec 6<>/dev/tcp/${host}/${port}
      { ${questions}; } >&6
      cat <&6
    `;
  }
  const isName = /[^0-9.]/.test(host) && !host.includes(':');
  const name = isName ? ['-servername', host, '-verify_hostname', host] : ['-verify_ip', host];
  const at = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
  // With the public authorities of this host, as RelayMiner does with those of its image. -quiet stays until QUIT.
  return sh`
    { ${questions}; } |
      openssl s_client -quiet -verify_quiet -verify_return_error ${name} -connect ${at}
  `;
}

/** Sets `at` to the `host/port` of the primary that the first Sentinel to answer names. */
function primaryOf(servers: readonly Endpoint[], name: string): Shell {
  const places = servers.map(({ host, port }) => `${host}/${port}`);
  return sh`
    at=''
    for place in ${places}; do
      at=$(
        exec 7<>"/dev/tcp/$place"
        printf 'SENTINEL get-master-addr-by-name %s\r\n' ${name} >&7
        mapfile -t answer < <(${readLines(5)} <&7)
        [[ \${#answer[@]} == 5 ]] && printf '%s/%s' "\${answer[2]}" "\${answer[4]}"
      ) || at=''
      [[ -z $at ]] || break
    done
    [[ -n $at ]] || { printf 'no Sentinel names the primary %s\n' ${name} >&2 && exit 1; }
  `;
}
