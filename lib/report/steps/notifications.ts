import type { Step } from '../wizard.ts';

/** Wizard page 8 and its end. Source: igniter, apps/provider, setup stepper, v0.9. */
export function notifications(): Step {
  return {
    title: 'Notifications, then Finish',
    about:
      'Optional: a Discord webhook, a Telegram bot or e-mail that tells when funds or stake run low.',
    fields: [
      {
        label: 'Channel',
        answer: { decide: { rule: 'none, or one that passed its test' } },
        why: 'A channel is saved only after a successful test message. You can add one later.',
      },
      {
        label: 'Finish → button to press',
        answer: { type: 'Complete' },
        why: 'Only now does the Provider answer requests, and its worker begin to work.',
      },
    ],
    notes:
      'A target at a private address, such as a mail server of yours, is refused until `provider.notification_egress_allowlist` in the profile names it and the Provider is deployed again.',
  };
}
