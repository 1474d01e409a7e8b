// `make lab-down`: removes the lab's host, network, keys, deployment and report. Cached images stay for the next time.
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { home } from '../../lib/home.ts';
import { dockerAnswers } from '../fleet/docker.ts';
import { stopOwnDocker } from '../fleet/engine.ts';
import { removeAll } from '../fleet/hosts.ts';
import { LAB_RUN } from './paths.ts';

if (await dockerAnswers()) await removeAll(LAB_RUN);
for (const kind of ['deployments', 'reports']) {
  rmSync(join(home(), kind, 'lab'), { recursive: true, force: true });
}
await stopOwnDocker();
console.error(
  'The lab is gone. Cached images stay for the next time; `make clean` removes them too.',
);
