#!/usr/bin/env node
// Deploys HA RelayMiner: the relayer, which answers relays, and the miner, which claims and proves them.
import {
  envTemplate,
  keysFile,
  minerConfig,
  privatePorts,
  processLimits,
  relayerConfig,
  relayminerRolling,
  runRole,
  settingFlags,
  sh,
  stack,
  yaml,
} from '../lib/index.mjs';
import { images } from './images.mjs';

// The user inside the image. Source: pocket-relay-miner, Dockerfile, v0.1.x: uid and gid 1000.
const READER = /** @type {const} */ ('1000:1000');

/** @type {import('../lib/role.ts').Role} */
export const relayminer = {
  name: 'relayminer',
  summary:
    'HA RelayMiner: relayer and miner, their configuration checked by the image itself before it is used.',
  rolling: relayminerRolling,
  steps: ({ deployment, host, secrets }) => {
    const image = deployment.images.relayminer;
    const runs = (/** @type {'relay_relayers' | 'relay_miners'} */ group) =>
      deployment.group(group).some(({ name }) => name === host.name);
    const relayer = runs('relay_relayers') && {
      path: 'relayer/relayer.yaml',
      content: yaml('The relayer’s configuration.', relayerConfig(deployment, host, secrets)),
      owner: READER,
      mode: '400',
      validate: validated(image, 'relayer'),
    };
    const miner = runs('relay_miners') && {
      path: 'miner/miner.yaml',
      content: yaml('The miner’s configuration.', minerConfig(deployment, host, secrets)),
      owner: READER,
      mode: '400',
      validate: validated(image, 'miner'),
    };
    const keys = {
      path: 'keys/keys.yaml',
      content: yaml(
        'The private keys of the suppliers. Relayer and miner use the same.',
        keysFile(secrets),
      ),
      owner: READER,
      mode: '400',
    };
    return stack({
      name: 'relayminer',
      env: envTemplate('relayminer', {
        image,
        ...processLimits(deployment.profile, 'relayer'),
        ...processLimits(deployment.profile, 'miner'),
      }),
      directories: [{ path: 'keys', mode: '700', owner: READER }],
      files: [keys, relayer || [], miner || []].flat(),
      services: [miner ? 'miner' : [], relayer ? 'relayer' : []].flat(),
      publish: {
        relayer: privatePorts(deployment, host, 'relayer', 'relayer-health', 'relayer-metrics'),
        miner: privatePorts(deployment, host, 'miner'),
      },
    });
  },
};

/**
 * Asks the image whether the new configuration in `$new` would start.
 * @param {string} image
 * @param {'relayer' | 'miner'} process
 */
function validated(image, process) {
  return sh`
    rm -rf "$work/config"; mkdir -m 700 "$work/config"
    (umask 377; cat "$new" >"$work/config/config.yaml")
    chown -R 1000:1000 "$work/config"
    docker run --rm --network none --volume "$work/config:/config:ro" ${image} ${process} validate --config /config/config.yaml`;
}

if (import.meta.main) {
  await runRole(relayminer, {
    others: [images],
    alone:
      '--pocket-network main --relayminer-keys-file supplier-keys.yaml --relayminer-services services.yaml',
    flags: {
      ...settingFlags({
        pocket_network: 'NAME',
        pocket_rpc_url: 'URL',
        pocket_grpc_address: 'ADDRESS',
        'redis.mode': 'MODE',
        redis_url: 'URL',
        'redis.user': 'NAME',
        'secrets.redis_password': 'REFERENCE',
        'relayminer.keys_file': 'FILE',
        'relayminer.relayer.memory': 'SIZE',
        'relayminer.relayer.cpus': 'NUMBER',
        'relayminer.miner.memory': 'SIZE',
        'relayminer.miner.cpus': 'NUMBER',
        'images.relayminer': 'IMAGE',
      }),
      'relayminer-services': {
        value: 'FILE',
        help: 'a YAML file with what a profile has under relayminer.services',
        setting: ['relayminer', 'services'],
        isFile: true,
      },
    },
  });
}
