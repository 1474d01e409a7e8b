import { request } from 'node:https';
import type { Deployment } from '../deployment.ts';
import { PORTS } from '../ports.ts';
import type { HttpAnswer } from '../probes/http.ts';
import type { DeploymentCheck, Verdict } from '../validation/check.ts';
import { mend } from '../validation/fixes.ts';
import { excerpt, fail, pass, skip } from '../validation/verdict.ts';
import { isOutOfReach, recordsOf } from './dns.ts';
import { relayVerdict } from './public.ts';

const MILLISECONDS = 5000;

/** A relay as a gateway sends it: from this machine, to each address that DNS has for the name of the relays. */
export function outsideRelayChecks(deployment: Deployment): DeploymentCheck[] {
  const { relay_public_domain: name } = deployment.profile;
  const [proxy] = deployment.group('reverse_proxy_hosts');
  if (name === undefined || !proxy) return [];
  return [
    {
      id: 'public.outside-relays',
      group: 'public',
      severity: 'critical',
      title: `A relay from this machine to ${name} arrives at a relayer`,
      fix: `the DNS records of ${name} and what is before the proxies; else: ${mend(deployment, proxy, 'caddy')}`,
      ask: async () => {
        let found: string[];
        try {
          found = await recordsOf(name);
        } catch (error) {
          return skip(`DNS could not be asked from here: ${excerpt(String(error))}`);
        }
        return relaysVerdict(
          await Promise.all(
            found.map(async (address) => ({
              address,
              answer: await sendRelay({ address, port: PORTS.https.port, name }),
            })),
          ),
        );
      },
    },
  ];
}

/** What came of a malformed relay: an answer, or why there was none. */
export type RelayAnswer = HttpAnswer | { reason: string };

/** Judges what a malformed relay was answered at each address of its name. */
export function relaysVerdict(told: readonly { address: string; answer: RelayAnswer }[]): Verdict {
  if (told.length === 0) return skip('no DNS has the name: nobody can be asked by it');
  const untold: string[] = [];
  for (const { address, answer } of told) {
    if ('status' in answer) {
      const { verdict, evidence } = relayVerdict(answer);
      if (verdict !== 'pass') return fail(`at ${address}: ${evidence}`);
    } else if (isOutOfReach(answer.reason)) untold.push(address);
    else return fail(`at ${address}: no answer: ${excerpt(answer.reason)}`);
  }
  return untold.length > 0
    ? skip(`${untold.join(', ')} cannot be reached from here`)
    : pass(
        `the relayer refuses a malformed one, by way of ${told.map(({ address }) => address).join(', ')}`,
      );
}

/** Sends a malformed relay. Whose certificate the server has is what {@link certificateChecks} tells. */
export function sendRelay(to: {
  address: string;
  port: number;
  name: string;
}): Promise<RelayAnswer> {
  const began = performance.now();
  return new Promise((resolve) => {
    const sent = request(
      {
        ...{ host: to.address, port: to.port, servername: to.name, method: 'POST', path: '/' },
        headers: { host: to.name },
        rejectUnauthorized: false,
        signal: AbortSignal.timeout(MILLISECONDS),
      },
      async (response) => {
        try {
          response.setEncoding('utf8');
          const body = (await response.toArray()).join('');
          resolve({
            status: response.statusCode ?? 0,
            contentType: response.headers['content-type'] ?? '',
            body,
            milliseconds: performance.now() - began,
          });
        } catch (error) {
          resolve({ reason: reasonOf(error) });
        }
      },
    );
    sent.once('error', (error) => resolve({ reason: reasonOf(error) }));
    sent.end('not a relay');
  });
}

function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return code === 'ABORT_ERR' ? 'nothing in time' : (code ?? message);
}
