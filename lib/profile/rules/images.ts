import { imageTag } from '../images.ts';
import type { Rule } from './rule.ts';

/** Provider's images are of one version, and a bundle is named when images come from one. */
export const imagesFit: Rule = ({ images }, report) => {
  const tag = imageTag(images.provider);
  if (tag !== imageTag(images.provider_workflows)) {
    report(['images', 'provider_workflows'], `expected the tag of images.provider, ${tag}`);
  }
  if (images.source === 'bundle' && !images.bundle) {
    report(['images', 'bundle'], 'missing, expected it with source: bundle');
  }
};
