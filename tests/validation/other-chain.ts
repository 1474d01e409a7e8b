import type { Act } from './breakage.ts';

/** Its name and ports on the host, where the lab's own chain has the usual ones. */
const NAME = 'pocket-lab-other-chain';
const HOST = 'other-chain.lab.internal';

/** What of a profile leads to the other chain. */
export const OTHER_CHAIN = {
  pocket_rpc_url: `http://${HOST}:36657`,
  pocket_api_url: `http://${HOST}:31317`,
  pocket_grpc_address: `${HOST}:39090`,
  indexer_url: `http://${HOST}:38088`,
  delegators_url: `http://${HOST}:38088/governance/{chainId}/middleman.json`,
};

/**
 * Starts a second stand-in chain beside the lab's, with its settings but for these variables.
 * @param settings words such as CATCHING_UP=true; in a value, `accounts`, `suppliers` and `endpoints` are shell for the
 * lab's own
 */
export function otherChain(...settings: string[]): Act {
  return {
    shell: `
      settings=$(docker inspect --format '{{range .Config.Env}}{{println .}}{{end}}' pocket-lab-chain)
      accounts=$(sed -n 's/^ACCOUNTS=//p' <<<"$settings")
      suppliers=$(sed -n 's/^STAKED_SUPPLIERS=//p' <<<"$settings")
      endpoints=$(sed -n 's/^STAKED_ENDPOINTS=//p' <<<"$settings")
      docker run --detach --name ${NAME} \\
        --publish 127.0.0.1:36657:26657 --publish 127.0.0.1:31317:1317 \\
        --publish 127.0.0.1:39090:9090 --publish 127.0.0.1:38088:8088 \\
        --env "$(grep '^CHAIN_ID=' <<<"$settings")" --env "ACCOUNTS=$accounts" --env "STAKED_SUPPLIERS=$suppliers" \\
        --env "STAKED_ENDPOINTS=$endpoints" \\
        ${settings.map((word) => `--env "${word}"`).join(' ')} standin/pocket-chain:1
      grep -q ${HOST} /etc/hosts || echo '127.0.0.1 ${HOST}' >>/etc/hosts
      until curl -fsS -o /dev/null http://${HOST}:36657/status; do sleep 0.2; ((SECONDS < 60)) || exit 1; done`,
  };
}

/** Removes it, and brings back the lab's own profile. */
export const LAB_CHAIN: readonly Act[] = [
  { profile: {} },
  { shell: `docker rm --force ${NAME} >/dev/null 2>&1 || :` },
];
