import * as z from 'zod';
import { boolean, count } from './fields.ts';

const FROM = { error: 'an IP address or a network such as 203.0.113.0/24' };
const MOST_OPENINGS = 50;
const MOST_SOURCES = 100;

const opening = z.strictObject({
  port: count(1, 65_535).describe('A TCP port that the firewall would close.'),
  from: z
    .array(z.union([z.ipv4(FROM), z.ipv6(FROM), z.cidrv4(FROM), z.cidrv6(FROM)], FROM), {
      error: 'a list of addresses and networks',
    })
    .min(1, { error: 'at least one address or network' })
    .max(MOST_SOURCES, { error: `at most ${MOST_SOURCES} addresses and networks` })
    .describe('Who may connect: addresses and networks; 0.0.0.0/0 and ::/0 are everybody.'),
});

/** The firewall of every host: the ports of the deployment are open to those that need them and to nobody else. */
export const firewall = z.strictObject({
  enabled: boolean
    .default(true)
    .describe(
      'Whether hosts get a firewall that follows from who has to talk to whom. false takes it away again.',
    ),
  connections_per_second: count(0, 1_000_000)
    .default(1000)
    .describe(
      'How many new connections a second an address may open to ports 80 and 443 of a proxy, an IPv6 network of 64 bits counting as one, after a burst of five times as many; more are dropped until it slows down. Gateways keep their connections. 0: as many as come.',
    ),
  allow: z
    .array(opening, { error: 'a list of openings, each with port and from' })
    .max(MOST_OPENINGS, { error: `at most ${MOST_OPENINGS} openings` })
    .default([])
    .describe(
      'What else is open, on every host: for what this profile cannot know, such as the P2P port of a node of yours (26656) or a monitoring of yours elsewhere (9100). What is ours there is published at the private address of its host.',
    ),
});
