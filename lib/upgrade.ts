import { postgresDump } from './postgres-client.ts';
import type { RoleContext } from './role.ts';
import { sh } from './shell.ts';
import { containerOf } from './stack-services.ts';
import type { Step } from './step.ts';
import { STACKS } from './steps/stack.ts';

/** So many dumps of a database stay on its host, the newest. */
const KEPT_DUMPS = 10;

/**
 * Before another image migrates the database of an Igniter application: ends what works with it, and saves it below
 * `/opt/pocket/<application>/backups`. There is no migration back (igniter, packages/db, 0.9), and the keys that suppliers
 * have in the Provider's database are nowhere else. Where it cannot be saved, or not in time, the old image goes on and the
 * deploy fails; where it is, the old containers are gone, so that a deploy after a failed migration does not save what
 * that has left.
 * None where PostgreSQL is managed: its operator saves it, and its version may be one that the client does not know.
 */
export function savedBeforeUpgrade(
  { deployment, host, secrets }: RoleContext,
  name: 'provider' | 'middleman',
): Step[] {
  if (deployment.profile.postgres.mode === 'external') return [];
  const services = [`${name}-web`, `${name}-workflows`] as const;
  const containers = services.map(containerOf);
  return [
    {
      title: `Save the database ${name} before another image migrates it`,
      content: `${secrets.get('postgres_password').reveal()}\n`,
      check: sh`
        old=$(docker inspect --format '{{.Image}}' ${containers[0]!} 2>/dev/null || :)
        new=$(docker image inspect --format '{{.Id}}' ${deployment.images[name]} 2>/dev/null || :)
        [[ ! $old || $old == "$new" ]]`,
      apply: sh`
        umask 077
        cd ${STACKS}/${name}
        mkdir -p backups
        dump=backups/${name}-$(date -u +%Y%m%dT%H%M%SZ).dump
        go_on() { rm -f "$dump.new" && docker start ${containers}; }
        trap go_on EXIT
        trap 'exit 1' TERM
        docker compose stop ${services}
        $content | ${postgresDump(deployment, host, name)} >"$dump.new"
        mv "$dump.new" "$dump"
        trap - EXIT
        docker compose rm --force ${services}
        ls -t -- backups/*.dump | tail -n ${`+${KEPT_DUMPS + 1}`} | xargs -r rm --
        printf 'saved as %s\n' "$PWD/$dump"`,
      timeoutSeconds: 1800,
    },
  ];
}
