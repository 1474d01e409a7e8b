import type { Breakage } from '../breakage.ts';

/** A backend of the service of fleets that is elsewhere on the host with the stand-ins. */
const moved = (
  transport: string,
  urlAt: (address: string) => string,
  evidence: RegExp,
): Breakage => ({
  check: `backends.eth.${transport}`,
  breaks: [
    {
      profile: ({ outside }) => ({
        relayminer: {
          services: { eth: { backends: { [transport]: { url: urlAt(outside!.address) } } } },
        },
      }),
    },
  ],
  evidence,
  fix: new RegExp(
    `^relayminer\\.services\\.eth\\.backends\\.${transport} in the profile, or that node$`,
  ),
  mends: [{ profile: {} }],
  only: ['backends'],
});

export const BREAKAGES: readonly Breakage[] = [
  // A node of another kind answers each of them; that of gRPC is not there.
  moved('rest', (address) => `http://${address}:8545`, /^HTTP 405 .*use POST/),
  moved('grpc', (address) => `${address}:1`, /^no answer: /),
  moved('cometbft', (address) => `http://${address}:1317`, /^HTTP 501 .*, which is not CometBFT$/),
];
