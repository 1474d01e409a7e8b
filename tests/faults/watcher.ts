import { spawn } from 'node:child_process';
import { docker } from '../fleet/docker.ts';
import type { Host } from '../fleet/hosts.ts';

// Perl is on every Debian. What a file is and what is in it are asked of one open file, so that they belong together.
const PERL = `
  my %seen;
  while (1) {
    for my $path (@ARGV) {
      open(my $file, '<', $path) or next;
      my ($mode, $uid, $gid) = (stat $file)[2, 4, 5];
      local $/;
      $seen{sprintf "%s %o %d:%d %s", $path, $mode & 07777, $uid, $gid, unpack('H*', <$file> // '')} = 1;
    }
    my $ready = '';
    vec($ready, 0, 1) = 1;
    last if select($ready, undef, undef, 0.003);
  }
  print map { "$_\\n" } sort keys %seen;`;

/** Every version of these files that a reader on the host sees until it is stopped: "path mode owner content". */
export function watch(host: Host, paths: readonly string[]): { stop(): Promise<string[]> } {
  const words = ['exec', '-i', host.container, 'perl', '-e', PERL, ...paths];
  const child = spawn('docker', words, { stdio: ['pipe', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  const closed = new Promise<number | null>((resolve) => child.once('close', resolve));
  return {
    stop: async () => {
      child.stdin.end();
      const status = await closed;
      if (status !== 0) throw new Error(`the watcher ended with ${status}`);
      return output.split('\n').filter(Boolean);
    },
  };
}

const WRITERS = `
  trap '' PIPE
  exec 2>/dev/null
  stopped() { [[ -e /run/writers.stop ]]; }
  redis() {
    until stopped; do
      if exec 7<>/dev/tcp/127.0.0.1/6379; then
        printf 'AUTH %s\\r\\n' "$(</run/writers.password)" >&7
        read -r -t 5 answer <&7
        while ! stopped && echo 'INCR acknowledged' >&7 && read -r -t 5 answer <&7 && [[ $answer == :* ]]; do
          answer=\${answer%$'\\r'}
          echo "\${answer#:}" >>/run/writers.redis
          sleep 0.02
        done
        exec 7>&-
      fi
      sleep 0.1
    done
  }
  postgres() {
    until stopped; do
      id=\${EPOCHREALTIME/./}
      docker exec pocket-postgres-postgres-1 psql -X -q -U "$(</run/writers.user)" -d provider -c "INSERT INTO acknowledged VALUES ($id)" &&
        echo "$id" >>/run/writers.postgres
      sleep 0.1
    done
  }
  redis & postgres & wait
  touch /run/writers.stopped`;

/**
 * Writes to Redis and PostgreSQL on the host, as fast as is gentle, through every restart, and keeps count of what
 * they acknowledged.
 */
export async function startWriters(host: Host, redisPassword: string): Promise<void> {
  await host.exec(`
    rm -f /run/writers.*
    echo '${redisPassword}' >/run/writers.password
    docker exec pocket-postgres-postgres-1 printenv POSTGRES_USER >/run/writers.user
    docker exec pocket-postgres-postgres-1 psql -X -q -U "$(</run/writers.user)" -d provider -c 'CREATE TABLE IF NOT EXISTS acknowledged (id bigint PRIMARY KEY)' 2>/dev/null
    touch /run/writers.redis /run/writers.postgres
    cat >/run/writers.bash <<'WRITERS'\n${WRITERS}\nWRITERS`);
  await docker('exec', '--detach', host.container, 'bash', '/run/writers.bash');
}

/** Has the writers stop, whatever becomes of what they wrote. */
export async function endWriters(host: Host): Promise<void> {
  await host.exec('touch /run/writers.stop');
}

/** Stops the writers and returns what was acknowledged, and what of it is lost. */
export async function stopWriters(
  host: Host,
): Promise<{ redis: number; postgres: number; lost: string[] }> {
  await endWriters(host);
  const { stdout } = await host.exec(`
    until [[ -e /run/writers.stopped ]]; do sleep 0.1; done
    exec 7<>/dev/tcp/127.0.0.1/6379
    printf 'AUTH %s\\r\\nGET acknowledged\\r\\n' "$(</run/writers.password)" >&7
    read -r answer <&7; read -r length <&7; read -r last <&7
    echo "counter \${last%$'\\r'}"
    sed 's/^/redis /' /run/writers.redis
    sed 's/^/postgres /' /run/writers.postgres
    docker exec pocket-postgres-postgres-1 psql -X -q -t -A -U "$(</run/writers.user)" -d provider -c 'SELECT id FROM acknowledged' | sed 's/^/row /'`);
  const lines = stdout.split('\n').map((line) => line.split(' '));
  const of = (word: string) =>
    lines.filter(([first]) => first === word).map(([, value]) => Number(value));
  const [counter = Number.NaN] = of('counter');
  const redis = of('redis');
  const rows = new Set(of('row'));
  const postgres = of('postgres');
  const again = redis.filter((value, index) => index > 0 && value <= (redis[index - 1] ?? 0));
  const beyond = redis.filter((value) => !(value <= counter));
  return {
    redis: redis.length,
    postgres: postgres.length,
    lost: [
      ...[...again, ...beyond].map((value) => `redis ${value}`),
      ...postgres.filter((id) => !rows.has(id)).map((id) => `postgres ${id}`),
    ],
  };
}
