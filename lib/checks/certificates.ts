import type { X509Certificate } from 'node:crypto';
import { lookup } from 'node:dns/promises';
import { sshPorts } from '../firewall/openings.ts';
import type { Host } from '../hosts.ts';
import { PORTS } from '../ports.ts';
import { dial } from '../probes/dial.ts';
import { shakeHands, type TlsAnswer } from '../probes/tls.ts';
import { sitesOf, tlsOf } from '../proxy/sites.ts';
import type { OwnCheck, Verdict } from '../validation/check.ts';
import { mend } from '../validation/fixes.ts';
import { excerpt, fail, pass, skip, warn } from '../validation/verdict.ts';
import { type CheckContext, isIn } from './context.ts';

const DAY = 86_400_000;
/**
 * Days that a certificate has left: Caddy renews when a third of its life is left (caddy, caddytls, 2.x), so that less
 * than that, and less than 21 days, says that renewing fails. Those that live for days only are told by their share.
 */
const WARN_DAYS = 21;
const FAIL_DAYS = 3;

/** What this machine sees of each public name at a proxy, at the address at which it logs in to the proxy's host. */
export function certificateChecks(context: CheckContext): OwnCheck[] {
  const { deployment, host } = context;
  if (!isIn(context, 'reverse_proxy_hosts')) return [];
  const again = mend(deployment, host, 'caddy');
  return sitesOf(deployment.profile).flatMap((site): OwnCheck[] => {
    const kind = tlsOf(deployment.profile, site.name);
    const about = { group: 'public', severity: 'critical', host } as const;
    const of = site.file.replace('.caddy', '');
    return [
      {
        ...about,
        id: `public.certificate-${of}`,
        title: `The certificate of ${site.name} is in force`,
        fix:
          kind === 'certificate'
            ? `renew the files at reverse_proxy.certificates.${site.name} in the profile, when their time is over; ${again}`
            : again,
        ask: () =>
          atProxy(host, async (address) => {
            const { port } = PORTS.https;
            const answer = await shakeHands({ address, port, name: site.name });
            return certificateVerdict(answer, site.name, kind, Date.now());
          }),
      },
      {
        ...about,
        id: `public.tls-${of}`,
        title: `${site.name} speaks TLS 1.2 and 1.3, and nothing older`,
        fix: again,
        ask: () =>
          atProxy(host, (address) => versionsVerdict(address, PORTS.https.port, site.name)),
      },
    ];
  });
}

/**
 * Asks at the first address of a host. What ssh alone knows, such as an alias, cannot be looked up; and of a host that ssh
 * reaches by way of another, nothing may be heard here.
 */
async function atProxy(host: Host, ask: (address: string) => Promise<Verdict>): Promise<Verdict> {
  const found = await lookup(host.address).catch(() => undefined);
  if (!found) return skip(`${host.address} cannot be looked up from here`);
  const { address } = found;
  const isSilent = async (port: number) => (await dial(address, port)) === 'silent';
  // ssh only where the proxy is silent: sshd keeps those out for a while who connect often without logging in.
  const silent =
    (await isSilent(PORTS.https.port)) &&
    (await Promise.all(sshPorts(host).map(isSilent))).every((one) => one);
  return silent
    ? skip(`nothing is heard of ${host.address} from here, not even at ssh`)
    : ask(address);
}

/**
 * Judges the certificate that a proxy presents for a public name.
 * @param kind where it comes from: of an authority of the deployment's own nobody knows, and its certificates live hours;
 * files of the operator's may be of an authority that the clients know, and this machine does not
 * @param now milliseconds since 1970
 */
export function certificateVerdict(
  answer: TlsAnswer,
  name: string,
  kind: ReturnType<typeof tlsOf>,
  now: number,
): Verdict {
  if (answer.outcome !== 'agreed') return fail(`no handshake: ${excerpt(answer.reason)}`);
  const { certificate, distrust } = answer;
  if (certificate.checkHost(name) === undefined)
    return fail(`it is for ${excerpt(certificate.subjectAltName ?? 'nobody')}; wanted: ${name}`);
  if (certificate.validFromDate.getTime() > now)
    return fail(`it is not in force before ${certificate.validFrom}`);
  if (certificate.validToDate.getTime() <= now) return fail(`expired: ${certificate.validTo}`);
  if (kind === 'internal')
    return pass(`of the deployment’s own authority, until ${certificate.validTo}`);
  const days = daysVerdict(certificate, now);
  if (distrust === undefined) return days;
  const evidence = `no authority that this machine knows: ${excerpt(distrust)}`;
  if (kind !== 'certificate') return fail(evidence);
  // Whoever knows the authority still sees how few days are left.
  return days.verdict === 'pass'
    ? warn(evidence)
    : { ...days, evidence: `${days.evidence}; ${evidence}` };
}

function daysVerdict({ validFromDate, validToDate }: X509Certificate, now: number): Verdict {
  const life = (validToDate.getTime() - validFromDate.getTime()) / DAY;
  const left = (validToDate.getTime() - now) / DAY;
  const renewed = Math.min(WARN_DAYS, life / 3);
  const inDays = (days: number) => days.toFixed(days < 10 ? 1 : 0);
  const evidence = `${inDays(left)} days left of ${life.toFixed(0)}`;
  if (left >= renewed) return pass(evidence);
  return left < Math.min(FAIL_DAYS, life / 6)
    ? fail(`${evidence}; wanted: ${inDays(renewed)}, it was not renewed`)
    : warn(`${evidence}; wanted: ${inDays(renewed)}, it should have been renewed`);
}

/** Judges which versions a server agrees to, each offered alone but for the two old ones. */
export async function versionsVerdict(
  address: string,
  port: number,
  name: string,
): Promise<Verdict> {
  const at = { address, port, name };
  const [old, second, third] = await Promise.all([
    shakeHands({ ...at, versions: ['TLSv1', 'TLSv1.1'] }),
    shakeHands({ ...at, versions: ['TLSv1.2', 'TLSv1.2'] }),
    shakeHands({ ...at, versions: ['TLSv1.3', 'TLSv1.3'] }),
  ]);
  if (old.outcome === 'agreed') return fail(`it agrees to ${old.version}, which is broken`);
  for (const [answer, version] of [
    [second, '1.2'],
    [third, '1.3'],
  ] as const) {
    if (answer.outcome !== 'agreed')
      return fail(`no handshake with TLS ${version}: ${excerpt(answer.reason)}`);
  }
  return old.outcome === 'refused'
    ? pass('1.2 and 1.3; 1.0 and 1.1 are refused')
    : skip(`TLS 1.0 and 1.1 could not be asked: ${excerpt(old.reason)}`);
}
