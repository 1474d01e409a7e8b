import type { ReportInput } from '../input.ts';
import { code } from '../markdown.ts';
import type { Field, Step } from '../wizard.ts';

/**
 * The events, by their labels. Sources of this page: igniter, apps/provider, ChannelForm, 0a033357, and SmtpConfigForm,
 * 5b29d184.
 */
const EVENTS = [
  'Suppliers Staked',
  'Suppliers Unstaked',
  'Supplier Funds Low',
  'Supplier Stake Low',
  'Remediation Summary',
  'Delegators Synced',
];

/** Wizard page 8. */
export function notifications({ deployment }: ReportInput): Step {
  const { owner_email: email } = deployment.profile.provider ?? {};
  return {
    page: 8,
    title: 'Notifications',
    about:
      'Optional: a message to Discord, to Telegram or by e-mail, such as when funds or stake run low. For none, press Next. ' +
      'For e-mail, fill in and save SMTP Configuration first: without it no channel of the type Email can be added.',
    fields: [
      {
        label: 'Channel',
        answer: { decide: { rule: 'none, or one that passed its test' } },
        why: 'A channel is saved only after a successful test message. You can add one later.',
      },
      ...mailServer(email),
      ...channel(),
      {
        label: 'Discord → Webhook URL',
        answer: { decide: { rule: 'for Discord: the URL that it gives for a webhook' } },
        why: 'In Discord: the channel’s settings, Integrations. Whoever has it can write there.',
      },
      {
        label: 'Telegram → Bot Token',
        answer: { decide: { rule: 'for Telegram: what its BotFather gives for a bot' } },
        why: 'Whoever has it can act as the bot.',
      },
      {
        label: 'Telegram → Chat ID',
        answer: { decide: { example: '-100123456789', rule: 'the number of the chat' } },
        why: 'Where the bot writes; it must be a member.',
      },
      {
        label: 'Email → To',
        answer: {
          decide: { ...(email && { example: email }), rule: 'for e-mail: one address or more' },
        },
        why: 'Who is told. The example is `provider.owner_email`.',
      },
      {
        label: 'Email → CC and BCC',
        answer: { decide: { rule: 'addresses, or none' } },
        why: 'Who gets a copy.',
      },
    ],
    notes:
      'A target at a private address, such as a mail server of yours, is refused until `provider.notification_egress_allowlist` in the profile names it and the Provider is deployed again.',
  };
}

/** The server that sends mail, once for all channels. */
function mailServer(email: string | undefined): Field[] {
  const field = (label: string, rule: string, example: string | undefined, why: string): Field => ({
    label: `SMTP Configuration → ${label}`,
    answer: { decide: { ...(example && { example }), rule } },
    why,
  });
  const account = 'The account at your mail server. The password is not shown again.';
  return [
    field(
      'Host',
      'for e-mail only: the name of your mail server',
      'smtp.example.com',
      'It sends the mail of every channel.',
    ),
    field(
      'Port',
      'a number from 1 to 65535',
      '587',
      'Filled in already; as your mail server says.',
    ),
    field('TLS/SSL', 'on or off', 'on', 'As your mail server says for that port.'),
    field('Username', 'not empty', undefined, account),
    field('Password', 'not empty', undefined, account),
    field('From Address', 'an e-mail address', email, 'Who the mail is from.'),
    field('From Name', 'up to 255 characters, or empty', 'My Provider', 'The same, as displayed.'),
  ];
}

/** What every channel has. */
function channel(): Field[] {
  return [
    {
      label: 'Add Channel → Name',
      answer: { decide: { example: 'Operations', rule: '1 to 255 characters' } },
      why: 'What is displayed in the list of channels.',
    },
    {
      label: 'Add Channel → Type',
      answer: { decide: { example: 'Discord', rule: '`Discord`, `Telegram` or `Email`' } },
      why: 'What is asked below depends on it.',
    },
    {
      label: 'Add Channel → Enabled',
      answer: { decide: { example: 'on', rule: 'on or off' } },
      why: 'Off: nothing is sent.',
    },
    {
      label: 'Add Channel → Event Subscriptions',
      answer: { decide: { rule: `a switch for each of ${EVENTS.map(code).join(', ')}` } },
      why: 'Supplier Funds Low and Supplier Stake Low are those to leave on: a supplier that has run out of either earns nothing.',
    },
  ];
}

/** Wizard page 9, its end. Source: igniter, apps/provider, setup stepper, v0.9. */
export function finish(): Step {
  return {
    page: 9,
    title: 'Finish',
    about: 'The end of the wizard.',
    fields: [
      {
        label: 'Finish → button to press',
        answer: { type: 'Complete' },
        why: 'Only now does the Provider answer requests, and its worker begin to work.',
      },
    ],
  };
}
