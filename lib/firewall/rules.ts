import { isIP } from 'node:net';
import type { Deployment } from '../deployment.ts';
import type { Host } from '../hosts.ts';
import { CLOSED_PORTS, type Opening, openingsOf, sshPorts } from './openings.ts';

/** The nftables table that is ours; nothing else is touched. */
export const TABLE = 'inet pocket_automations';

/**
 * The interfaces of a host's own containers: Docker's default network, and the networks of Compose projects. A set of names
 * with a wildcard in it is refused by nft 1.0.2, which Ubuntu 22.04 has.
 */
const CONTAINERS = ['docker0', 'br-*'];

/**
 * Who is counted when connecting, by family. In IPv6 it is the network, all addresses of which are one customer's.
 * `pocket-firewall` knows these sets by their names: what they hold is no rule.
 */
const COUNTED = [
  ['connecting_ipv4', 'ipv4_addr', 'ip saddr'],
  ['connecting_ipv6', 'ipv6_addr', 'ip6 saddr & ffff:ffff:ffff:ffff::'],
] as const;
/** How many addresses are counted at once; who comes when the set is full is let in uncounted. */
const MOST_COUNTED = 65_535;
/** Seconds of the limit that may come at once. A set forgets who has been quiet for longer. */
const BURST_SECONDS = 5;

/** nft takes no longer ones (libnftnl, NFTNL_UDATA_COMMENT_MAXLEN). */
const LONGEST_COMMENT = 128;

/**
 * The firewall of a host as a file for `nft --file`, which replaces our table in one move.
 *
 * It looks at packets before Docker sends them on to containers (its DNAT is at -100), so that published ports are
 * covered, and after the kernel knows the connection they belong to (-200). What comes to the host itself, or past it
 * to the address of one of its containers, is dropped at the closed ports, unless somebody is let in there. Everything
 * else is the operator's own business.
 */
export function rulesetOf(
  deployment: Pick<Deployment, 'name' | 'connections' | 'hosts' | 'profile'>,
  host: Host,
): string {
  const openings = openingsOf(deployment, host);
  const allowed = deployment.profile.firewall.allow;
  const doors = [
    ...openings.flatMap(({ from, ...rest }) =>
      from === 'everybody' ? [] : doorsTo({ ...rest, from }),
    ),
    ...[...Map.groupBy(allowed, ({ port }) => port)].flatMap(([port, entries]) =>
      doorsOfAllow(port, [...new Set(entries.flatMap(({ from }) => from))]),
    ),
  ];
  const everybody = openings.filter(({ from }) => from === 'everybody');
  const limit = everybody.length > 0 ? deployment.profile.firewall.connections_per_second : 0;
  const proxies = everybody.some(({ port }) => port === 443);
  const rules = [
    ...(limit > 0 ? limitsOf(limit, everybody) : []),
    ...everybody.map(
      ({ port, purposes }) => `tcp dport ${port} accept ${comment(purposes.join('; '))}`,
    ),
    ...doors.map(({ rule }) => rule),
    `tcp dport @closed_ports drop ${comment('nobody else')}`,
    ...(proxies ? [] : [`udp dport 443 drop ${comment('HTTP/3, which proxies only serve')}`]),
  ];
  return `# The firewall of ${host.name} in the deployment ${deployment.name}, written with every deploy by Pocket Automations.
# It closes the ports below but to those who need them; what else is let in is firewall.allow in the profile.
table ${TABLE}
delete table ${TABLE}

table ${TABLE} {
  set closed_ports {
    type inet_service
    ${comment('closed, but to those whom a rule lets in')}
    elements = { ${CLOSED_PORTS.join(', ')} }
  }
${[...(limit > 0 ? COUNTED.map(countingSet) : []), ...doors.map(({ set }) => set)].map((set) => `\n${set}`).join('')}
  chain closed {
${rules.map((rule) => `    ${rule}\n`).join('')}  }

  chain prerouting {
    type filter hook prerouting priority -150; policy accept;
${['lo', ...CONTAINERS].map((name) => `    iifname ${quoted(name)} accept ${comment('the host itself, and its containers')}\n`).join('')}    ct state established,related accept
    tcp dport { ${sshPorts(host).join(', ')} } accept ${comment('ssh is never closed')}
    fib daddr type local jump closed
${CONTAINERS.map((name) => `    fib daddr oifname ${quoted(name)} jump closed ${comment('past published ports, to a container’s own address')}\n`).join('')}  }
}
`;
}

/** Drops new connections of an address that opens too many. */
function limitsOf(perSecond: number, openings: readonly Opening[]): string[] {
  const ports = openings.map(({ port }) => port).join(', ');
  const limit = `limit rate over ${perSecond}/second burst ${perSecond * BURST_SECONDS} packets`;
  return COUNTED.map(
    ([name, , key]) =>
      `tcp dport { ${ports} } update @${name} { ${key} ${limit} } drop ${comment('too many new connections from there')}`,
  );
}

function countingSet([name, type]: (typeof COUNTED)[number]): string {
  const options = [
    `type ${type}`,
    `size ${MOST_COUNTED}`,
    'flags dynamic,timeout',
    `timeout ${BURST_SECONDS * 2}s`,
    comment('who has connected of late'),
  ];
  return `  set ${name} {\n${options.map((line) => `    ${line}\n`).join('')}  }\n`;
}

/** A set of sources and the rule that lets them in. */
interface Door {
  set: string;
  rule: string;
}

const FAMILIES = [
  [4, 'ip', 'ipv4'],
  [6, 'ip6', 'ipv6'],
] as const;

function doorsTo({ port, purposes, from }: Opening & { from: Exclude<Opening['from'], string> }) {
  const purpose = comment(purposes.join('; '));
  // Hosts behind one router share its address.
  const sources = Map.groupBy(
    from.flatMap(({ host, addresses }) => addresses.map((address) => ({ host, address }))),
    ({ address }) => address,
  );
  return FAMILIES.flatMap(([version, keyword, family]): Door[] => {
    const name = `to_${port}_${family}`;
    const elements = [...sources]
      .filter(([address]) => isIP(address) === version)
      .map(([address, at]) => `${address} ${comment(at.map(({ host }) => host).join(', '))}`);
    if (elements.length === 0) return [];
    return [
      {
        set: set({ name, family, options: [purpose], elements }),
        rule: `${keyword} saddr @${name} tcp dport ${port} accept ${purpose}`,
      },
    ];
  });
}

function doorsOfAllow(port: number, from: readonly string[]): Door[] {
  const purpose = comment(`firewall.allow of the profile, port ${port}`);
  return FAMILIES.flatMap(([version, keyword, family]): Door[] => {
    const elements = from.filter((one) => isIP(one.split('/')[0] ?? '') === version);
    const name = `allowed_to_${port}_${family}`;
    if (elements.length === 0) return [];
    const options = ['flags interval', 'auto-merge', purpose];
    return [
      {
        set: set({ name, family, options, elements }),
        rule: `${keyword} saddr @${name} tcp dport ${port} accept ${purpose}`,
      },
    ];
  });
}

function set(one: {
  name: string;
  family: 'ipv4' | 'ipv6';
  options: readonly string[];
  elements: readonly string[];
}): string {
  const lines = [
    `type ${one.family}_addr`,
    ...one.options,
    `elements = {\n${one.elements.map((element) => `      ${element},\n`).join('')}    }`,
  ];
  return `  set ${one.name} {\n${lines.map((line) => `    ${line}\n`).join('')}  }\n`;
}

function quoted(text: string): string {
  return `"${text}"`;
}

/** A comment that nft takes: short, without quotes, which it could not be given. */
function comment(text: string): string {
  let short = text.replaceAll('"', '').replaceAll('’', "'");
  while (Buffer.byteLength(short) > LONGEST_COMMENT) short = `${short.slice(0, -4)}...`;
  return `comment "${short}"`;
}
