import type { ReportInput } from '../input.ts';
import { code, commands } from '../markdown.ts';
import { portalOf } from '../tunnel.ts';
import type { Step } from '../wizard.ts';

/** The way into the setup wizard. Source: igniter, apps/provider, sign-in and setup pages, v0.9. */
export function signIn({ deployment }: ReportInput): Step | undefined {
  const { provider } = deployment.profile;
  const portal = portalOf(deployment);
  if (!provider || !portal) return undefined;
  return {
    title: 'Open the setup wizard',
    about: portal.tunnel
      ? `Keep this running in a terminal of its own:\n\n${commands(portal.tunnel)}`
      : 'No tunnel is needed.',
    fields: [
      {
        label: 'Address bar of the browser',
        answer: { type: `${portal.url}/admin/setup` },
        why:
          'To the letter: the sign-in is refused when host or port differ from `provider.auth_url`, ' +
          'and `localhost` is not `127.0.0.1`.',
      },
      {
        label: 'Connect Wallet → wallet',
        answer: {
          decide: { example: 'Soothe Vault', rule: 'the browser wallet that holds the owner' },
        },
        why: 'Soothe Vault or Keplr. Its keys never leave it, and this tool never sees them.',
      },
      {
        label: 'Connect Wallet → account',
        answer: { type: provider.owner_identity },
        why: 'Before the wizard is finished only the owner of the profile may sign in.',
      },
      {
        label: 'Connect Wallet → chain',
        answer: { type: deployment.network.chainId },
        why: 'The wallet is asked to switch to it. It signs a message: no transaction, no fee.',
      },
    ],
    notes: `Each page is saved when you press Next. After a reload the wizard begins at its first page again and shows what was saved. If the sign-in fails although the signature was given, look at the address bar first, then delete the cookies of ${code(new URL(portal.url).host)}.`,
  };
}
