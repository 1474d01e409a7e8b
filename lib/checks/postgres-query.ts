import { type Shell, sh } from '../shell.ts';

/**
 * Shell that logs in to our own PostgreSQL on its host and prints what a statement answers, without decoration. The
 * login goes over TCP to the container's own name, because the image trusts whoever comes from its loopback
 * (docker-library/postgres, docker-entrypoint.sh, 16): there, any password would do. The password goes over standard
 * input, since the environment of a process on the host is no place for it.
 */
export function postgresQuery(
  user: string,
  password: Shell,
  { database, statement }: { database: string; statement: string },
): Shell {
  return sh`
    id=$(container postgres postgres)
    printf '%s\n' ${password} |
      docker exec --interactive --env PGCONNECT_TIMEOUT=5 "$id" sh -c '
        IFS= read -r PGPASSWORD && export PGPASSWORD && exec psql --host "$HOSTNAME" "$@"' psql --no-psqlrc --no-password \
      --tuples-only --no-align --username ${user} --dbname ${database} --command ${statement}
  `;
}
