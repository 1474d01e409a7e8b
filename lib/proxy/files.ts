import type { Deployment, Host } from '../deployment.ts';
import type { Secrets } from '../secrets/secrets.ts';
import { sh } from '../shell.ts';
import type { FileOptions } from '../steps/file.ts';
import { composeFile, envTemplate } from '../steps/stack.ts';
import { authorityFrom } from './authority.ts';
import { certificateWithKey } from './certificates.ts';
import { certificatesOf, sitesOf } from './sites.ts';
import { proxyValues } from './values.ts';

/**
 * What Caddy reads, by path below its configuration: the Caddyfile, a file for each site that the profile asks for,
 * their values, and the operator's own certificates.
 * @throws UserError when a certificate cannot be used.
 */
export function proxyFiles(deployment: Deployment, proxy: Host, secrets: Secrets): FileOptions[] {
  const { profile } = deployment;
  const real = (path: string) => ({ path, content: composeFile(`reverse-proxy/caddy/${path}`) });
  const certificates = Object.entries(certificatesOf(profile.reverse_proxy));
  const authority = profile.reverse_proxy.acme_trusted_authority;
  return [
    real('Caddyfile'),
    real('configured-caddy'),
    ...sitesOf(profile).map(({ file }) => real(`sites/${file}`)),
    {
      path: 'values.env',
      content: envTemplate('reverse-proxy-values', proxyValues(deployment, proxy, secrets)),
      mode: '600',
    },
    ...(profile.reverse_proxy.provider_admin?.allow_from.length ? [GATEWAY] : []),
    ...(authority
      ? [
          {
            path: 'authority.pem',
            content: authorityFrom('reverse_proxy.acme_trusted_authority', authority),
          },
        ]
      : []),
    ...certificates.map(([name, { certificate, key }]) => ({
      path: `certificates/${name}.pem`,
      content: certificateWithKey(name, certificate, secrets.resolve(key)),
      mode: '400',
    })),
  ];
}

/** From where connections come that Docker's own proxy took: that address stands for anybody. */
const GATEWAY: FileOptions = {
  path: 'gateway.env',
  content: sh`
    gateways=$(docker network inspect pocket --format '{{range .IPAM.Config}}{{.Gateway}} {{end}}')
    [[ $gateways ]] || { echo 'the Docker network pocket tells no gateway' >&2; exit 1; }
    printf "GATEWAY='%s'\n" "\${gateways% }"`,
};
