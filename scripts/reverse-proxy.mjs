#!/usr/bin/env node
// Deploys the proxy: TLS for the public, and every relay to a relayer that is ready.
import { composeFile, envTemplate, runRole, settingFlags, sh, stack } from '../lib/index.mjs';
import { images } from './images.mjs';

/** @type {import('../lib/role.ts').Role} */
export const reverseProxy = {
  name: 'reverse-proxy',
  summary:
    'The TLS proxy in front of the relayers: HTTP, gRPC, WebSocket and streams; health paths stay private.',
  steps: ({ deployment, host }) => {
    const { profile, images } = deployment;
    const relayers = deployment.relayUpstreams(host);
    const environment = {
      RELAY_PUBLIC_DOMAIN: profile.relay_public_domain ?? '',
      RELAYERS: relayers.map((one) => `http://${one}`).join(' '),
      RELAYERS_GRPC: relayers.map((one) => `h2c://${one}`).join(' '),
      TLS: profile.reverse_proxy.tls,
      ACME_EMAIL: profile.reverse_proxy.acme_email ?? 'unused@invalid.example',
    };
    return stack({
      name: 'reverse-proxy',
      env: envTemplate('reverse-proxy', {
        image: images.caddy,
        domain: environment.RELAY_PUBLIC_DOMAIN,
        relayers: environment.RELAYERS,
        relayers_grpc: environment.RELAYERS_GRPC,
        tls: environment.TLS,
        acme_email: environment.ACME_EMAIL,
      }),
      files: [
        {
          path: 'caddy/Caddyfile',
          content: composeFile('reverse-proxy/caddy/Caddyfile'),
          validate: validated(images.caddy, environment),
        },
      ],
    });
  },
};

/**
 * Asks Caddy whether it accepts the new Caddyfile in `$new`, before it replaces the one in use.
 * @param {string} image
 * @param {Record<string, string>} environment
 */
function validated(image, environment) {
  const variables = Object.entries(environment).flatMap(([name, value]) => [
    '--env',
    `${name}=${value}`,
  ]);
  return sh`docker run --rm --network none ${variables} --volume "$new:/etc/caddy/Caddyfile:ro" ${image} caddy validate --config /etc/caddy/Caddyfile --adapter caddyfile`;
}

if (import.meta.main) {
  await runRole(reverseProxy, {
    others: [images],
    flags: settingFlags({
      relay_public_domain: 'NAME',
      'reverse_proxy.tls': 'HOW',
      'reverse_proxy.acme_email': 'EMAIL',
      'images.caddy': 'IMAGE',
    }),
  });
}
