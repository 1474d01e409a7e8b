import { tlsOf } from '../../proxy/sites.ts';
import type { ReportInput } from '../input.ts';
import { code } from '../markdown.ts';
import { relayUrls } from '../relay-urls.ts';
import type { Field, Step } from '../wizard.ts';
import { word } from '../words.ts';

/**
 * What happens to a URL. An empty one of GRPC becomes one that the chain refuses: igniter,
 * packages/domain/src/provider/utils/suppliers.ts, 0.9; poktroll, x/shared/types/service_configs.go, v0.1.35.
 */
const FATE = 'Not checked by the wizard, and staked on chain as it stands.';
const GRPC_FATE =
  'Not checked by the wizard, which shows `grpcs://…` in the empty field and takes that where nothing is typed. ' +
  'The chain knows only `http`, `https`, `ws` and `wss`: it refuses the whole transaction, with every other service in it.';

/** Wizard page 5. Source: igniter, apps/provider, service form and URL templates, v0.9. */
export function services({ deployment }: ReportInput): Step {
  const { relay_public_domain: domain } = deployment.profile;
  const urls = relayUrls(deployment);
  const ids = [...new Set(urls.map(({ serviceId }) => serviceId))];
  const unoffered = urls.filter(({ rpcType }) => rpcType === undefined);
  const known = ids.flatMap((id): Field[] => [
    {
      label: 'Service ID',
      answer: { type: id },
      why: `Pick the ${word('service-id')} from the list; name, owner and compute units are read from the chain.`,
    },
    ...urls
      .filter(({ serviceId, rpcType }) => serviceId === id && rpcType !== undefined)
      .flatMap(({ rpcType = '', url }): Field[] => [
        { label: `${code(id)}: RPC type`, answer: { type: rpcType }, why: 'Each type once.' },
        {
          label: `${code(id)}: URL of ${rpcType}`,
          answer: { type: url },
          why: rpcType === 'GRPC' ? GRPC_FATE : FATE,
        },
      ]),
  ]);
  const open: Field[] = [
    {
      label: 'Service ID',
      answer: { decide: { example: 'eth', rule: 'one that exists on chain, each once' } },
      why: 'The profile serves nothing under a public name.',
    },
    {
      label: 'RPC type',
      answer: {
        decide: { example: 'JSON_RPC', rule: '`JSON_RPC`, `REST`, `WEBSOCKET` or `GRPC`' },
      },
      why: 'How relays of the service are spoken.',
    },
    {
      label: 'URL',
      answer: {
        decide: {
          example: 'https://relay.example.com',
          rule: '`https://` for JSON_RPC, REST and GRPC, `wss://` for WEBSOCKET, and no other: the chain refuses `grpcs://`',
        },
      },
      why: FATE,
    },
  ];
  return {
    title: 'Select Provided Services',
    about: 'What you serve, and the public URL of each protocol. Type every URL; leave none empty.',
    fields: known.length > 0 ? known : open,
    notes: [
      ...(domain !== undefined && tlsOf(deployment.profile, domain) === 'internal'
        ? [
            'Do not stake with these URLs: gateways refuse the certificates of a private authority (`reverse_proxy.tls: internal`), and a supplier whose relays fail earns nothing. Going through the wizard for practice is harmless.',
          ]
        : []),
      'An empty URL becomes `{scheme}://{region}-{rm}-{sid}-{protocol}.{domain}`, one host name for every service and protocol: ' +
        'that needs a wildcard DNS record and a wildcard certificate, which this deployment does not have.',
      'The help text calls the protocol `{type}`, but only `{protocol}` is replaced: `{type}` would be staked literally.',
      // igniter, apps/provider/src/lib/constants.ts: four types in v0.9, and COMET_BFT in a later ed96a695.
      ...(unoffered.length > 0
        ? [
            `CometBFT (${unoffered.map(({ serviceId }) => code(serviceId)).join(', ')}) cannot be chosen in Igniter 0.9. Where the list of RPC types has \`COMET_BFT\`, add it with the URL ${code(unoffered[0]!.url)}.`,
          ]
        : []),
    ]
      .map((note) => `- ${note}`)
      .join('\n'),
  };
}
