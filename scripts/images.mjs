#!/usr/bin/env node
// Sees to it that a host has the images its roles run: pulled from their registries, or carried over from a bundle.
import { command, imagesOf, runRole, sh } from '../lib/index.mjs';

/** @type {import('../lib/role.ts').Role} */
export const images = {
  name: 'images',
  summary: 'Brings the container images that a host needs.',
  steps: ({ deployment, host }) =>
    imagesOf(deployment, host.roles).map((reference) =>
      command({
        title: `Have the image ${reference}`,
        unless: sh`docker image inspect ${reference}`,
        run:
          deployment.imageSource === 'registry'
            ? sh`docker pull ${reference}`
            : sh`echo ${`the bundle does not have ${reference}`}; exit 1`,
        timeoutSeconds: 1800,
      }),
    ),
};

if (import.meta.main) await runRole(images);
