import type { ReportInput } from '../input.ts';
import { blocks, code, commands } from '../markdown.ts';
import { portalOf } from '../tunnel.ts';
import type { Field, Step } from '../wizard.ts';

/** The owner in `profiles/all-in-one-lab.yaml`: an address that nobody has the key of. */
const NOBODY = 'pokt1s6mfp75w66t7l44hyryaqcma5t2j8fswnl379y';

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
      ...walletFields(deployment, provider.owner_identity),
    ],
    notes: blocks(
      `Each page is saved when you press Next. After a reload the wizard begins at its first page again and shows what was saved. If the sign-in fails although the signature was given, look at the address bar first, then delete the cookies of ${code(new URL(portal.url).host)}.`,
      ...walletNotes(deployment, provider.owner_identity, 'provider.owner_identity'),
    ),
  };
}

/** What Connect Wallet asks in either application. Source: igniter, packages/ui, v0.9. */
export function walletFields({ network }: ReportInput['deployment'], owner: string): Field[] {
  return [
    {
      label: 'Connect Wallet → wallet',
      answer: {
        decide: { example: 'Soothe Vault', rule: 'the browser wallet that holds the owner' },
      },
      why: 'Soothe Vault or Keplr. Its keys never leave it, and this tool never sees them.',
    },
    {
      label: 'Connect Wallet → account',
      answer: { type: owner },
      why: 'Before the wizard is finished only the owner of the profile may sign in.',
    },
    {
      label: 'Connect Wallet → chain',
      answer: { type: network.chainId },
      why: 'The wallet is asked to switch to it. It signs a message: no transaction, no fee.',
    },
  ];
}

/** What can stand in the way of the owner's sign-in. */
export function walletNotes(
  { network }: ReportInput['deployment'],
  owner: string,
  setting: string,
): string[] {
  return [
    ...(owner === NOBODY
      ? [
          `**Nobody can sign in yet**: ${code(owner)} is the example of the shipped profile, and nobody holds its key. Put the address of your own wallet into ${code(setting)}, then deploy again.`,
        ]
      : []),
    // The sign-in library of igniter 0.4 (poktscan/vault-siwp, b08c22fd) knows pocket, pocket-alpha and pocket-beta only.
    ...(network.name === 'beta'
      ? [
          `On beta, try this sign-in before you rely on it: that Igniter accepts the chain id ${code(network.chainId)} there, which older releases refuse, has not been proven yet.`,
        ]
      : []),
  ];
}
