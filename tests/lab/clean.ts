// `make clean`: removes the images that were built for labs and tests from this machine's Docker.
import { docker, dockerAnswers, dockerLines } from '../fleet/docker.ts';
import { stopOwnDocker } from '../fleet/engine.ts';

if (await dockerAnswers()) {
  const list = ['images', '--quiet', '--no-trunc'];
  const images = [
    ...(await dockerLines(...list, '--filter', 'label=pocket-automations.hash')),
    ...(await dockerLines(...list, '--filter', 'reference=pocket-lab-*')),
  ];
  if (images.length > 0) await docker('rmi', '--force', ...new Set(images));
}
await stopOwnDocker();
