import { compareVersions } from '../../versions.ts';
import { imageTag, redisFloor } from '../images.ts';
import type { Rule } from './rule.ts';

/**
 * Provider's images are of one version, Redis is as new as the RelayMiner demands (where its tag tells), and a bundle
 * is named when images come from one.
 */
export const imagesFit: Rule = (profile, report) => {
  const { images } = profile;
  const tag = imageTag(images.provider);
  if (tag !== imageTag(images.provider_workflows)) {
    report(['images', 'provider_workflows'], `expected the tag of images.provider, ${tag}`);
  }
  const redis = /^v?\d+\.\d+/.exec(imageTag(images.redis) ?? '')?.[0];
  const floor = redisFloor(images.relayminer);
  if (redis && profile.relayminer && compareVersions(redis, floor) < 0) {
    report(['images', 'redis'], `expected Redis ${floor} or newer: ${images.relayminer} needs it`);
  }
  if (images.source === 'bundle' && !images.bundle) {
    report(['images', 'bundle'], 'missing, expected it with source: bundle');
  }
};
