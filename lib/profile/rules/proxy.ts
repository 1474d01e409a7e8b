import type { Rule } from './rule.ts';

/** The proxy can get its certificates. */
export const certificatesCanBeHad: Rule = (profile, report) => {
  if (profile.reverse_proxy_hosts.length === 0) return;
  if (profile.reverse_proxy.tls === 'acme' && !profile.reverse_proxy.acme_email) {
    report(['reverse_proxy', 'acme_email'], 'missing, expected it with tls: acme');
  }
};
