import { sh } from '../shell.ts';
import type { Check } from '../validation/check.ts';
import { rerun } from '../validation/fixes.ts';
import { excerpt, fail, lastWords, pass, warn } from '../validation/verdict.ts';
import type { CheckContext } from './context.ts';

/**
 * The release of pocketd that is installed, as it says itself. A build from between two releases says the last one's
 * name with something after it (poktroll, makefiles/ignite.mk, v0.1.35). It is given a home of its own, since it writes
 * to whichever it finds.
 */
export function pocketdCheck({ deployment, host }: CheckContext): Check {
  const { version } = deployment.profile.pocketd;
  const wanted = version.replace(/^v/, '');
  return {
    id: 'host.pocketd',
    group: 'host',
    severity: 'warning',
    title: `pocketd ${version} is installed`,
    host,
    probe: sh`
      [[ -e /usr/local/bin/pocketd ]] || { echo 'it is not installed'; exit 1; }
      mkdir "$scratch.home"
      HOME=$scratch.home /usr/local/bin/pocketd version 2>&1
    `,
    fix: rerun(deployment, 'pocketd', host),
    judge: (result) => {
      const found = /^v?(\d+\.\d+\.\d+\S*)/m.exec(result.output)?.[1];
      if (result.status !== 0 || found === undefined)
        return fail(excerpt(result.output) || lastWords(result));
      if (found === wanted) return pass(found);
      return found.startsWith(`${wanted}-`)
        ? warn(`${found}, a build after ${wanted}`)
        : fail(`${found}; wanted: ${wanted}`);
    },
  };
}
