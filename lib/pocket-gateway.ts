import { type Shell, sh } from './shell.ts';

/** Stands in a text for the gateway of the Docker network `pocket`. */
export const GATEWAY = '@pocket-gateway@';

/**
 * The text with the gateway of the host's Docker network `pocket` in place of {@link GATEWAY}: the address at which
 * containers find what listens in the network of the host itself. Only the host knows it. Fails where there is none,
 * since an exporter without an address would listen at all of them.
 */
export function withGateway(text: string): Shell {
  return sh`
    gateway=$(docker network inspect --format '{{range .IPAM.Config}}{{println .Gateway}}{{end}}' pocket | grep -m1 .)
    text=${text}
    printf %s "\${text//${sh`${GATEWAY}`}/$gateway}"`;
}
