import type { TestContext } from 'node:test';
import { type Deployment, loadDeployment } from '../../../lib/deployment.ts';
import { directoryWith } from '../profile/temporary.ts';

/** A proxy, a relayer, and a host with everything else, which is a Pocket node too. */
export const HOSTS = `
  proxy: {address: 203.0.113.1, private_address: 10.0.0.1}
  relay: {address: relay.nodes.net, private_address: 10.0.0.2}
  state: {address: "2001:db8::3", private_address: 10.0.0.3}`;

/**
 * A deployment of relays on {@link HOSTS}.
 * @param settings more lines of the profile
 * @param monitoring the hosts that scrape the others
 */
export function relays(
  t: TestContext,
  settings = '',
  hosts = HOSTS,
  monitoring = '[state]',
): Deployment {
  const profile = `pocket_network: local
pocket_rpc_url: http://10.0.0.3:26657
pocket_grpc_address: 10.0.0.3:9090
hosts:${hosts}
redis_hosts: [state]
relay_relayers: [relay]
relay_miners: [state]
reverse_proxy_hosts: [proxy]
monitoring_hosts: ${monitoring}
relay_public_domain: relay.nodes.net
reverse_proxy: {tls: internal}
relayminer:
  keys_file: keys.yaml
  services: {eth: {backends: {jsonrpc: {url: "http://192.0.2.9:8545"}}}}
${settings}
`;
  const root = directoryWith(t, { 'relays.yaml': profile });
  return loadDeployment(`${root}/relays.yaml`, { root });
}
