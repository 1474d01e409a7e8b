import { lookup, Resolver } from 'node:dns/promises';
import type { Deployment } from '../deployment.ts';
import { PORTS } from '../ports.ts';
import { shakeHands, type TlsAnswer } from '../probes/tls.ts';
import { type Site, sitesOf, tlsOf } from '../proxy/sites.ts';
import type { DeploymentCheck, Verdict } from '../validation/check.ts';
import { excerpt, fail, pass, skip, warn } from '../validation/verdict.ts';

/** Where each public name leads, as the public DNS tells this machine. */
export function dnsChecks(deployment: Deployment): DeploymentCheck[] {
  const proxies = deployment.group('reverse_proxy_hosts');
  if (proxies.length === 0) return [];
  const names = proxies.map(({ name }) => name).join(', ');
  return sitesOf(deployment.profile).map((site) => ({
    id: `public.dns-${site.file.replace('.caddy', '')}`,
    group: 'public',
    severity: 'critical',
    title: `${site.name} leads to the proxies`,
    fix: `the A and AAAA records of ${site.name}: they belong to ${names}, and to nobody else`,
    ask: () => leads(deployment, site),
  }));
}

async function leads(deployment: Deployment, site: Site): Promise<Verdict> {
  const proxies = deployment.group('reverse_proxy_hosts');
  const own = await Promise.all(
    proxies.map(({ address }) => lookup(address, { all: true }).catch(() => [])),
  );
  const known = own.flat().map(({ address }) => address);
  let found: string[];
  try {
    found = await recordsOf(site.name);
  } catch (error) {
    return skip(`DNS could not be asked from here: ${excerpt(String(error))}`);
  }
  const at = (address: string) => shakeHands({ address, port: PORTS.https.port, name: site.name });
  const strange = found.filter((address) => !known.includes(address));
  const [answers, ours] = await Promise.all([
    Promise.all(strange.map(at)),
    strange.length > 0 ? Promise.all(known.map(at)) : [],
  ]);
  return recordsVerdict({
    internal: tlsOf(deployment.profile, site.name) === 'internal',
    name: site.name,
    found,
    unnamed: proxies
      .filter((_, index) => {
        const addresses = own[index]!.map(({ address }) => address);
        return addresses.length > 0 && !addresses.some((address) => found.includes(address));
      })
      .map((proxy) => proxy.name),
    strange: strange.map((address, index) => ({ address, answer: answers[index]! })),
    ours,
  });
}

/** What DNS and the servers behind its records told about a public name. */
export interface Records {
  /** Whether the authority is the deployment's own: its names need not be in any DNS. */
  internal: boolean;
  name: string;
  /** Every address that the name has. */
  found: readonly string[];
  /** The proxies that have none of these addresses. */
  unnamed: readonly string[];
  /** Those at which no proxy is known, and what answers there: a proxy's IPv6 address, or a balancer before it. */
  strange: readonly { address: string; answer: TlsAnswer }[];
  /** What the proxies themselves answer. */
  ours: readonly TlsAnswer[];
}

/** Judges where a name leads. Whoever presents the certificate of a proxy is one, or hands on to one. */
export function recordsVerdict(records: Records): Verdict {
  const { internal, name, found, unnamed, strange, ours } = records;
  if (found.length === 0) {
    return internal
      ? skip('no DNS has it, nor need it: its authority is the deployment’s own')
      : fail('it has neither an A nor an AAAA record');
  }
  const fingerprints = new Set(ours.flatMap((one) => fingerprintOf(one) ?? []));
  const untold: string[] = [];
  const others: string[] = [];
  for (const { address, answer } of strange) {
    if (answer.outcome === 'unreachable' && isOutOfReach(answer.reason))
      untold.push(`${address} cannot be reached from here`);
    else if (answer.outcome !== 'agreed')
      return fail(`it leads to ${address}, where no proxy answers: ${excerpt(answer.reason)}`);
    else if (answer.certificate.checkHost(name) === undefined)
      return fail(`it leads to ${address}, where somebody else answers`);
    else if (!fingerprints.has(fingerprintOf(answer) ?? '')) others.push(address);
  }
  if (others.length > 0)
    return warn(
      `${others.join(', ')}: a certificate for the name, but of no proxy of this profile`,
    );
  if (untold.length > 0) return skip(untold.join('; '));
  // An address that is no proxy's own may lead to any of them.
  return strange.length === 0 && unnamed.length > 0
    ? warn(`${found.join(', ')}; no record leads to ${unnamed.join(', ')}`)
    : pass(found.join(', '));
}

/** Whether an error says that this machine has no way to an address, as to IPv6 from a network without it. */
export function isOutOfReach(reason: string): boolean {
  return /^E(?:NET|HOST)UNREACH|^EAFNOSUPPORT/.test(reason);
}

function fingerprintOf(answer: TlsAnswer): string | undefined {
  return answer.outcome === 'agreed' ? answer.certificate.fingerprint256 : undefined;
}

/**
 * The addresses of a name in DNS, which is what everybody else gets, whatever /etc/hosts says here.
 * @throws Error when DNS does not answer within two seconds
 */
export async function recordsOf(
  name: string,
  resolver: Pick<Resolver, 'resolve4' | 'resolve6'> = new Resolver({ timeout: 2000, tries: 1 }),
): Promise<string[]> {
  const none = (error: NodeJS.ErrnoException): string[] => {
    if (error.code === 'ENODATA' || error.code === 'ENOTFOUND') return [];
    throw error;
  };
  const both = [resolver.resolve4(name).catch(none), resolver.resolve6(name).catch(none)];
  return (await Promise.all(both)).flat();
}
