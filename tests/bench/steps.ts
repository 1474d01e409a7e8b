import { directory, file, limits, packages, service, sysctl, user } from '../../lib/index.mjs';
import type { Owner, Step } from '../../lib/step.ts';
import { type Item, VARIANT } from './content.ts';

/** The content as our steps, with the constructors that the roles use. */
export function steps(items: readonly Item[], variant: string): Step[] {
  return items.flatMap((item) => stepsOf(item, variant));
}

function stepsOf(item: Item, variant: string): Step | Step[] {
  switch (item.kind) {
    case 'packages':
      return packages(item.names);
    case 'user':
      return user(item);
    case 'directory':
      return directory({ ...item, owner: item.owner as Owner });
    case 'file':
      return file({
        ...{ path: item.path, mode: item.mode, owner: item.owner as Owner },
        content: item.content.replace(VARIANT, variant),
      });
    case 'sysctl':
      return sysctl(`bench-${item.name}`, { [item.key]: item.value });
    case 'limits':
      return limits(item.name, item);
    case 'service':
      return service(item.name);
  }
}
