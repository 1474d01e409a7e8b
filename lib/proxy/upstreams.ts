import type { Deployment, Host } from '../deployment.ts';
import { type Shell, sh } from '../shell.ts';
import type { Step } from '../step.ts';
import { STACKS } from '../steps/stack.ts';

/**
 * A file here that is called as the `host:port` of a relayer takes it out of service on this proxy. Its Caddy looks for it
 * whenever it asks that relayer whether it is ready; see compose/reverse-proxy/caddy/sites/relays.caddy.
 */
export const OUT_OF_SERVICE = `${STACKS}/reverse-proxy/caddy/out-of-service`;

/**
 * Caddy asks twice a second, for HTTP and for gRPC, and counts both together. After five times (`health_fails` of the same
 * file) it believes it of the one that asked last, and counts anew for the other: that is eleven times at most, and the
 * part of a second until the first (caddy, modules/caddyhttp/reverseproxy/healthchecks.go, v2.11).
 */
export const NOTICED_AFTER_SECONDS = 7;

/** Each relayer by the name of its host, with its `host:port` as a proxy reaches it. */
export function relayersOf(
  deployment: Deployment,
  proxy: Host,
): { name: string | undefined; address: string }[] {
  const hosts = deployment.publishers('relayer');
  return deployment
    .relayUpstreams(proxy)
    .map((address, index) => ({ name: hosts[index]?.name, address }));
}

/**
 * Shell for a proxy that takes a relayer out of service, and waits until Caddy has noticed. What is under way there goes
 * on. Nothing is reloaded, since at a reload Caddy turns some of those away who connect or send at that moment.
 * @param address the relayer's `host:port` as this proxy reaches it
 */
export function takeOutOfService(address: string): Shell {
  return sh`
    if [[ -d ${OUT_OF_SERVICE} ]]; then
      : >${`${OUT_OF_SERVICE}/${address}`}
      sleep ${NOTICED_AFTER_SECONDS}
    fi`;
}

/** Shell for a proxy that puts a relayer back into service, which then gets relays as soon as it is ready. */
export function putIntoService(address: string): Shell {
  return sh`rm -f ${`${OUT_OF_SERVICE}/${address}`}`;
}

/** Shell for a proxy that prints the `host:port` of each relayer that is out of service there. */
export const OUT_OF_SERVICE_NOW = sh`[[ ! -d ${OUT_OF_SERVICE} ]] || ls ${OUT_OF_SERVICE}`;

/** Puts every relayer back into service that a change left out when it failed. */
export function allIntoService(): Step {
  const left = sh`find ${OUT_OF_SERVICE} -type f`;
  return {
    title: 'Put every relayer into service',
    check: sh`[[ -z $(${left}) ]]`,
    apply: sh`${left} -delete`,
    diff: left,
  };
}
