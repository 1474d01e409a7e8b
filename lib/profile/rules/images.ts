import { compareVersions } from '../../versions.ts';
import { imageTag, redisFloor } from '../images.ts';
import { membersOf } from '../membership.ts';
import type { Rule } from './rule.ts';

/**
 * Provider's images are of one version, a Redis of ours is as new as the RelayMiner demands (where its tag tells), and a
 * bundle is named when images come from one.
 */
export const imagesFit: Rule = (profile, report) => {
  const { images } = profile;
  const tag = imageTag(images.provider);
  if (tag !== imageTag(images.provider_workflows)) {
    report(['images', 'provider_workflows'], `expected the tag of images.provider, ${tag}`);
  }
  const redis = /^v?\d+\.\d+/.exec(imageTag(images.redis) ?? '')?.[0];
  const floor = redisFloor(images.relayminer);
  const ours = profile.redis.mode !== 'external';
  if (redis && ours && profile.relayminer && compareVersions(redis, floor) < 0) {
    report(['images', 'redis'], `expected Redis ${floor} or newer: ${images.relayminer} needs it`);
  }
  if (imageTag(images.middleman) !== imageTag(images.middleman_workflows)) {
    const expected = `expected the tag of images.middleman, ${imageTag(images.middleman)}`;
    report(['images', 'middleman_workflows'], expected);
  }
  if (images.source === 'bundle' && !images.bundle) {
    report(['images', 'bundle'], 'missing, expected it with source: bundle');
  }
};

/**
 * Igniter's images are built for amd64 only (igniter, .github/workflows/build-image.yml, v0.9). Preflight asks the hosts
 * themselves; this tells already from the profile.
 */
export const imagesFitProcessors: Rule = (profile, report) => {
  for (const group of ['provider_hosts', 'middleman_hosts'] as const) {
    for (const [index, name] of membersOf(profile, group).entries()) {
      const host = profile.hosts[name];
      if (typeof host === 'object' && host.architecture === 'arm64') {
        report([group, index], `hosts.${name} is arm64, and Igniter’s images are for amd64 only`);
      }
    }
  }
};
