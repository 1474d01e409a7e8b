import { tlsOf } from '../../proxy/sites.ts';
import type { ReportInput } from '../input.ts';
import { code, list } from '../markdown.ts';
import { offeredServices, type RelayEndpoint, relayEndpoints } from '../relay-urls.ts';
import type { Answer, Field, Step } from '../wizard.ts';

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
  const endpoints = relayEndpoints(deployment);
  const ids = offeredServices(deployment);
  const unoffered = endpoints.filter(({ rpcType }) => rpcType === undefined);
  const known = ids.flatMap((id): Field[] => [
    {
      label: 'Service ID',
      answer: { type: id },
      why: 'Pick the service id from the list; name, owner and compute units are read from the chain.',
    },
    ...endpoints
      .filter(({ serviceId, rpcType }) => serviceId === id && rpcType !== undefined)
      .flatMap((one, index) => fieldsOf(one, index, domain)),
  ]);
  return {
    page: 5,
    title: 'Select Provided Services',
    about: 'What you serve, and the public URL of each protocol. Type every URL; leave none empty.',
    fields: known.length > 0 ? known : OPEN,
    notes: list([
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
            `CometBFT (${unoffered.map(({ serviceId }) => code(serviceId)).join(', ')}) cannot be chosen in Igniter 0.9. Where the list of RPC types has \`COMET_BFT\`, add it with the URL ${code(`https://${domain ?? 'relay.example.com'}`)}${domain === undefined ? ', with the public name of your relays in it' : ''}.`,
          ]
        : []),
    ]),
  };
}

/** One protocol of a service. Source: igniter, apps/provider, AddOrUpdateServiceDialog, 0a443420. */
function fieldsOf(
  { serviceId, rpcType = '', scheme }: RelayEndpoint,
  index: number,
  domain: string | undefined,
): Field[] {
  const url: Answer =
    domain === undefined
      ? {
          decide: {
            example: `${scheme}://relay.example.com`,
            rule: `${code(`${scheme}://`)} and the public name of your relays, which the profile does not say (\`relay_public_domain\`)`,
          },
        }
      : { type: `${scheme}://${domain}` };
  return [
    {
      label: `${code(serviceId)}: RPC type`,
      answer: { type: rpcType },
      why: index === 0 ? 'Each type once.' : 'Press Add Protocol for it. Each type once.',
    },
    {
      label: `${code(serviceId)}: URL of ${rpcType}`,
      answer: url,
      why: rpcType === 'GRPC' ? GRPC_FATE : FATE,
    },
  ];
}

const OPEN: Field[] = [
  {
    label: 'Service ID',
    answer: { decide: { example: 'eth', rule: 'one that exists on chain, each once' } },
    why: 'The profile has no service that can be chosen here.',
  },
  {
    label: 'RPC type',
    answer: {
      decide: { example: 'JSON_RPC', rule: '`JSON_RPC`, `REST`, `WEBSOCKET` or `GRPC`' },
    },
    why: 'How relays of the service are spoken. Press Add Protocol for each further one.',
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
