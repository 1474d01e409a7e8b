import type { Act, Breakage } from '../breakage.ts';

/** The configuration that the lab's proxy was made from, changed and taken over, until a deploy makes it as it was. */
const proxyWith = (expression: string): Act => ({
  shell: `sed -i -E '${expression}' /opt/pocket/reverse-proxy/caddy/in-use/Caddyfile /opt/pocket/reverse-proxy/caddy/in-use/sites/*.caddy`,
});
