import type { Rolling } from '../role.ts';
import { sh } from '../shell.ts';

/**
 * Proxies one at a time: whose name leads to several of them goes on to the next while one is changed. The stack is up
 * and healthy before its role is done, so there is nothing to wait for afterwards.
 */
export const proxyRolling: Rolling = {
  serves: sh`docker ps --quiet --filter label=com.docker.compose.project=pocket-reverse-proxy --filter status=running | grep -q .`,
  rank: () => 0,
  takeOut: async () => ({ backWhenWell: async () => {}, backAsItIs: async () => {} }),
};
