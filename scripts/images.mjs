#!/usr/bin/env node
// Sees to it that hosts have the container images they run: pulled from their registries, or carried over from a
// bundle. Also lists the images of a profile, and saves them to a bundle.
import {
  bundleTar,
  command,
  DEPLOY_OPTIONS,
  EXIT,
  imagesOf,
  loadDeployment,
  readBundle,
  referenceInBundle,
  runCommand,
  runDeploy,
  saveBundle,
  sh,
  typedAgain,
  UserError,
} from '../lib/index.mjs';

/** @type {import('../lib/role.ts').Role} */
export const images = {
  name: 'images',
  summary: 'Brings the container images that a host needs.',
  steps: ({ deployment, host }) =>
    imagesOf(deployment, host).map((reference) => ({
      ...command({
        title: `Have the image ${reference}`,
        unless: sh`docker image inspect ${reference}`,
        run:
          deployment.imageSource === 'registry'
            ? sh`docker pull --quiet ${reference}`
            : sh`echo ${`bring it with scripts/images.mjs, or by hand: docker load`}; exit 1`,
        timeoutSeconds: 1800,
      }),
      facts: [{ of: 'image', name: reference }],
    })),
  transfer: ({ deployment, host }) =>
    deployment.imageSource === 'bundle'
      ? fromBundle(deployment, imagesOf(deployment, host))
      : undefined,
};

/**
 * Carries over what a host lacks, or has in another build under the same name. (Engines with the containerd image
 * store call images by other ids than bundles do; there the name decides.)
 * @param {import('../lib/deployment.ts').Deployment} deployment
 * @param {string[]} references
 */
async function fromBundle({ bundlePath = '' }, references) {
  const bundle = await readBundle(bundlePath);
  const wanted = references.map((reference) => {
    const tag = referenceInBundle(reference);
    const found = bundle.find((image) => image.reference === tag);
    if (!found) {
      throw new UserError(
        `${bundlePath} has no ${reference}; save it with: scripts/images.mjs --profile … --save ${bundlePath}`,
      );
    }
    return { reference, tag, imageId: found.imageId };
  });
  return {
    title: 'Load images from the bundle',
    missing: sh`
      declare -A has=()
      while read -r id tags; do
        for tag in $tags; do has[$tag]=$id; done
      done < <(docker image inspect --format '{{.Id}}{{range .RepoTags}} {{.}}{{end}}' ${references} 2>/dev/null)
      store=
      while read -r reference tag id; do
        [[ \${has[$tag]-} != "$id" ]] || continue
        [[ $store ]] || store=$(docker info --format '{{.DriverStatus}}')
        [[ \${has[$tag]-} && $store == *io.containerd.snapshotter* ]] || echo "$reference"
      done <<<${wanted.map(({ reference, tag, imageId }) => `${reference} ${tag} ${imageId}`).join('\n')}`,
    command: sh`docker load --quiet`,
    open: async (/** @type {string[]} */ missing) => {
      const { tar, bytes } = await bundleTar(bundlePath, missing);
      return { stream: tar, bytes };
    },
  };
}

/**
 * Throws UserError where options stand beside one that does nothing else, and would be left out without a word.
 * @param {Record<string, string | true | undefined>} given
 */
function refuseOthers(given) {
  const alone = ['list', 'save'].find((name) => given[name] !== undefined);
  if (alone === undefined) return;
  const others = Object.keys(given).filter((name) => name !== 'profile' && name !== alone);
  if (others.length === 0) return;
  const names = others.map((name) => `--${name}`).join(', ');
  throw new UserError(`--${alone} does nothing else: leave out ${names}`, EXIT.usage);
}

if (import.meta.main) {
  await runCommand({
    script: 'scripts/images.mjs',
    summary:
      images.summary + ' Or, on this machine: lists what a profile needs, or saves it to a bundle.',
    options: {
      profile: { value: 'FILE', help: 'the profile' },
      list: {
        help: 'print the image references that the profile needs, one a line, and do nothing else',
      },
      save: {
        value: 'DIRECTORY',
        help: 'save the images from this machine’s Docker to a bundle, and do nothing else',
      },
      ...DEPLOY_OPTIONS,
    },
    examples: [
      '--profile profiles/all-in-one-lab.yaml --list',
      '--profile profiles/all-in-one-lab.yaml --save bundle/',
      '--profile profiles/all-in-one-lab.yaml --limit lab',
    ],
    run: async (given, terminal) => {
      if (!given.profile) throw new UserError('Give --profile FILE. See --help.', EXIT.usage);
      refuseOthers(given);
      const deployment = loadDeployment(given.profile);
      const references = [
        ...new Set(deployment.hosts.flatMap((host) => imagesOf(deployment, host))),
      ];
      if (given.list) {
        terminal.out(references.map((reference) => `${reference}\n`).join(''));
        return EXIT.done;
      }
      if (given.save) {
        terminal.err(`Saving ${references.length} images to ${given.save} …\n`);
        const saved = await saveBundle(references, given.save);
        for (const { reference, bytes } of saved)
          terminal.err(`  ${reference}  ${Math.round(bytes / 1e6)} MB\n`);
        return EXIT.done;
      }
      const again = typedAgain('scripts/images.mjs');
      return runDeploy({ deployment, roles: [images], given, terminal, again });
    },
  });
}
