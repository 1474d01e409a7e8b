import type { Profile } from './schema.ts';

/**
 * The URL typed into the browser to open the Provider's portal, to the letter: what the profile says, else its name at
 * the proxy, else through a tunnel.
 */
export function portalUrl({ provider, provider_domain: name }: Profile): string {
  return provider?.auth_url ?? (name ? `https://${name.toLowerCase()}` : 'http://localhost:3001');
}
