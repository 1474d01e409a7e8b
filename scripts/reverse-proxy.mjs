#!/usr/bin/env node
// Deploys the proxy: TLS for the public, and a site for each name that the profile says.
import {
  accept,
  allIntoService,
  directory,
  envTemplate,
  file,
  OUT_OF_SERVICE,
  onlyThese,
  PASSWORD_FILE,
  passwordHash,
  proxyFiles,
  proxyRolling,
  reload,
  runRole,
  settingFlags,
  stack,
  WANTED,
} from '../lib/index.mjs';
import { images } from './images.mjs';

/** @type {import('../lib/role.ts').Role} */
export const reverseProxy = {
  name: 'reverse-proxy',
  summary:
    'The TLS proxy: relays to relayers that are ready, the Provider’s API path by path, Middleman and Grafana by name.',
  rolling: proxyRolling,
  steps: ({ deployment, host, secrets }) => {
    const image = deployment.images.caddy;
    const files = proxyFiles(deployment, host, secrets);
    const hash = password(deployment, secrets);
    const wanted = [
      directory({ path: OUT_OF_SERVICE }),
      directory({ path: WANTED }),
      directory({ path: `${WANTED}/sites` }),
      directory({ path: `${WANTED}/certificates`, mode: '700' }),
      ...files.map((one) => file({ ...one, path: `${WANTED}/${one.path}` })),
      ...hash,
      onlyThese([...files.map(({ path }) => path), ...hash.map(() => PASSWORD_FILE)]),
    ];
    const accepted = accept({ image, plugin: plugin(deployment.profile), after: wanted });
    return [
      ...wanted,
      accepted,
      ...stack({ name: 'reverse-proxy', env: envTemplate('reverse-proxy', { image }) }),
      reload({ after: [accepted] }),
      allIntoService(),
    ];
  },
};

/**
 * The hash of the password that the portal asks for, where it asks for one.
 * @param {import('../lib/deployment.ts').Deployment} deployment
 * @param {import('../lib/secrets/secrets.ts').Secrets} secrets
 */
function password({ images, name, profile }, secrets) {
  const reference = profile.reverse_proxy.provider_admin?.password;
  if (reference === undefined) return [];
  const value = secrets.resolve(reference);
  return [passwordHash({ image: images.caddy, password: value, salt: `pocket-${name}` })];
}

/**
 * The module that proves names by DNS, where the profile wants that.
 * @param {import('../lib/profile/schema.ts').Profile} profile
 */
function plugin({ reverse_proxy: { tls, dns_provider: provider } }) {
  if (tls !== 'acme' || !provider) return undefined;
  return { module: `dns.providers.${provider}`, purpose: 'reverse_proxy.dns_provider' };
}

if (import.meta.main) {
  await runRole(reverseProxy, {
    others: [images],
    alone: '--relay-public-domain relay.nodes.net --reverse-proxy-acme-email me@nodes.net',
    flags: settingFlags({
      relay_public_domain: 'NAME',
      'reverse_proxy.tls': 'HOW',
      'reverse_proxy.acme_email': 'EMAIL',
      'reverse_proxy.acme_directory': 'URL',
      'reverse_proxy.acme_trusted_authority': 'FILE',
      'reverse_proxy.dns_provider': 'NAME',
      'reverse_proxy.dns_token': 'REFERENCE',
      'images.caddy': 'IMAGE',
    }),
  });
}
