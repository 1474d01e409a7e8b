import { stringify } from 'yaml';
import { $ } from 'zx';
import type { Act, Breakage } from './breakage.ts';

/** Runs shell as root, on the first host of the scene unless another is named. */
export function shell(text: string, on?: string): Act {
  return { shell: text, ...(on !== undefined && { on }) };
}

/** Runs shell on this machine, where deployments and reports are. */
export function here(text: string): Act {
  return async ({ home }) => {
    await $({ cwd: home, quiet: true })`bash -euc ${text}`;
  };
}

/** Brings a role of a host to what the profile says. */
export function again(role: string, host = 'lab'): Act {
  return { script: [role, '--limit', host] };
}

/** Says something to the Redis of a host, which a restart lets it forget. */
export function redis(commands: string | readonly string[], on?: string): Act {
  const all = [commands].flat();
  return shell(
    `REDISCLI_AUTH=$(sed -n 's/^requirepass "\\(.*\\)"$/\\1/p' /opt/pocket/redis/config/password.conf)
    export REDISCLI_AUTH
    ${all.map((one) => `docker exec --env REDISCLI_AUTH pocket-redis-redis-1 redis-cli ${one}`).join('\n')}`,
    on,
  );
}

/** Gives a service another environment than its role does. */
export function environment(
  stack: string,
  service: string,
  variables: Record<string, string>,
  on?: string,
): Act {
  return overridden(stack, service, { environment: variables }, on);
}

/** Makes a service anew with other values in its compose file than its role gives it. */
export function overridden(stack: string, service: string, values: object, on?: string): Act {
  return shell(
    `cd /opt/pocket/${stack}
    cat >/run/override.yaml <<'YAML'
${stringify({ services: { [service]: values } })}
YAML
    files=(--file compose.yaml)
    [[ ! -e compose.override.yaml ]] || files+=(--file compose.override.yaml)
    docker compose "\${files[@]}" --file /run/override.yaml up --detach --no-deps ${service}
    rm /run/override.yaml`,
    on,
  );
}

/** A container of a role that somebody has stopped, and the checks that lean on it. */
export function stopped(
  service: string,
  stack: string,
  role: string,
  more: { host?: string; alsoFails?: readonly string[] } = {},
): Breakage {
  const { host, alsoFails = [] } = more;
  return {
    check: `docker.${service}`,
    ...(host !== undefined && { host }),
    breaks: [shell(`docker stop -t 3 pocket-${stack}-${service}-1`, host)],
    evidence: /^exited, exit status \d+/,
    fix: new RegExp(`^scripts/${role}\\.mjs .*--limit .*logs --tail 50 ${service}`),
    alsoFails,
    only: ['docker'],
  };
}

/** Changes the configuration that the proxy of a host uses, behind the back of the one that is wanted. */
export function proxyWith(file: string, change: string, on?: string): Act {
  return shell(
    `cd /opt/pocket/reverse-proxy
    cp caddy/in-use/${file} /run/as-it-was
    sed -i -E '${change}' caddy/in-use/${file}
    ! cmp -s /run/as-it-was caddy/in-use/${file} || { echo 'nothing was changed'; exit 1; }
    docker compose exec -T caddy sh /etc/caddy/in-use/configured-caddy reload --force`,
    on,
  );
}

/** Has the DNS of the operator's machine say so of a name. */
export function leadsTo(name: string, ...addresses: string[]): Act {
  return async ({ records }) => {
    records.set(name, addresses);
  };
}

/** Has somebody listen at ports of a host, or of what `prefix` runs it in; the unit's name is for its end. */
export function listens(unit: string, { address, ports, prefix = '', on }: ListensAt): Act {
  return shell(
    `cat >/run/${unit}.pl <<'PERL'
use IO::Socket::IP;
my ($address, @ports) = @ARGV;
my @sockets = map { IO::Socket::IP->new(Listen => 5, LocalAddr => $address, LocalPort => $_, ReuseAddr => 1) or die "$_: $@" } @ports;
sleep 3600;
PERL
    systemd-run --quiet --unit ${unit} ${prefix} perl /run/${unit}.pl "${address}" ${ports.join(' ')}
    sleep 1
    systemctl is-active ${unit}`,
    on,
  );
}

/** Where somebody listens; the address may be shell. */
interface ListensAt {
  address: string;
  ports: readonly number[];
  prefix?: string;
  on?: string;
}

/** Ends what {@link listens} began. */
export function ends(unit: string, on?: string): Act {
  return shell(
    `systemctl stop ${unit} 2>/dev/null || :
    systemctl reset-failed ${unit} 2>/dev/null || :
    rm -f /run/${unit}.pl`,
    on,
  );
}

/** Shell for the address of a host on the way to the internet. */
export const OWN_ADDRESS = `$(ip -4 route get 192.0.2.1 | sed -nE 's/.* src ([0-9.]+).*/\\1/p')`;
