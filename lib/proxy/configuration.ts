import { lines, sh } from '../shell.ts';
import type { Step } from '../step.ts';
import { STACKS } from '../steps/stack.ts';

/** Where the proxy's configurations are on a host; its container sees them at /etc/caddy. */
const HERE = `${STACKS}/reverse-proxy/caddy`;
/** What the last deploy wants, be it good or bad. */
export const WANTED = `${HERE}/wanted`;

/** Removes from the wanted configuration what the profile no longer asks for. @param paths the files that it does */
export function onlyThese(paths: readonly string[]): Step {
  const wanted = paths.flatMap((path) => ['!', '-path', `${WANTED}/${path}`]);
  const others = sh`find ${WANTED} ! -type d ${wanted}`;
  return {
    title: `Remove what is no longer wanted from ${WANTED}`,
    check: sh`[[ -z $(${others}) ]]`,
    apply: sh`${others} -delete`,
    diff: others,
  };
}

/**
 * Puts the wanted configuration in use as a whole, once Caddy itself accepts it: one link is moved, so whenever the
 * container starts it finds the old configuration or the new one, and never a bad one.
 * @param plugin a module that the image must have, and what it is for
 * @param after the steps that write the wanted configuration
 */
export function accept(options: {
  image: string;
  plugin?: { module: string; purpose: string };
  after: Step[];
}): Step {
  const { image, plugin, after } = options;
  const run = sh`docker run --rm --network none --volume "$PWD/accepted.new:/etc/caddy/in-use:ro" ${image}`;
  return {
    title: 'Put the configuration of Caddy in use',
    after,
    check: sh`diff -rq ${WANTED} ${`${HERE}/in-use/`}`,
    apply: lines(
      sh`cd ${HERE}`,
      sh`rm -rf accepted.new in-use.new`,
      sh`cp -a wanted accepted.new`,
      ...(plugin ? [hasModule(image, plugin)] : []),
      sh`${run} sh /etc/caddy/in-use/configured-caddy validate`,
      sh`name=accepted.$(date +%s.%N)`,
      sh`mv -T accepted.new "$name"`,
      sh`sync -f "$name"`,
      sh`ln -s "$name" in-use.new`,
      sh`mv -fT in-use.new in-use`,
    ),
  };
}

function hasModule(image: string, { module, purpose }: { module: string; purpose: string }) {
  const problem = `The image ${image} lacks the Caddy module ${module}, which ${purpose} needs: name an image that was built with it as images.caddy.`;
  return sh`
    docker run --rm --network none ${image} caddy list-modules >"$work/modules"
    grep -qxF ${module} "$work/modules" || { echo ${problem}; exit 1; }`;
}

/**
 * Has the running Caddy take over the configuration in use, without a new container: what is under way goes on. What
 * it refuses, against all expectation, is not in use any more afterwards.
 * @param after the step that puts the configuration in use
 */
export function reload({ after }: { after: Step[] }): Step {
  return {
    title: 'Reload Caddy',
    after,
    check: sh`[[ $(readlink ${HERE}/in-use) == "$(cat ${HERE}/.loaded)" ]]`,
    apply: sh`
      cd ${HERE}
      in_use=$(readlink in-use)
      # Forced, since a certificate may have changed that is read by name.
      if ! (cd .. && docker compose exec -T caddy sh /etc/caddy/in-use/configured-caddy reload --force); then
        if [[ -s .loaded && -d $(cat .loaded) ]]; then ln -s "$(cat .loaded)" in-use.new && mv -fT in-use.new in-use; fi
        (cd .. && docker compose logs --no-color --tail 30)
        exit 1
      fi
      printf '%s\n' "$in_use" >.loaded
      find . -mindepth 1 -maxdepth 1 -name 'accepted.*' ! -name "$in_use" -exec rm -rf {} +`,
  };
}
