import { Agent, request } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import { account } from '../lab/standins/shared/secp256k1.ts';
import { call, httpAnswer, relayRequest, verifiedPayload } from '../unit/standins/relay-client.ts';

/** What became of the relays that were sent. */
export interface Totals {
  sent: number;
  answered: number;
  /** What went wrong: when it was sent and when that was known, as `Date.now()` tells it, and why. */
  lost: { sent: number; at: number; why: string }[];
}

/** A gateway that goes on sending. */
export interface RelayLoad {
  /** So far. */
  totals: Totals;
  /** Stops sending, waits for what is under way, and returns the totals. */
  stop(): Promise<Totals>;
}

/**
 * Sends relays through a proxy at a steady rate, each with a new request and an answer whose signature is verified: what
 * is not answered with 200 and the supplier’s signature within 20 s is lost.
 * @param to the proxy's IP address, the name of the relays, the private key of a supplier, and the service
 */
export function relayLoad(
  to: { address: string; domain: string; supplierKey: string; service: string },
  perSecond = 20,
): RelayLoad {
  const supplier = account(to.supplierKey);
  const agent = new Agent({ keepAlive: true, maxSockets: 50, rejectUnauthorized: false });
  const totals: Totals = { sent: 0, answered: 0, lost: [] };
  const underWay = new Set<Promise<void>>();
  let going = true;

  const one = async () => {
    totals.sent += 1;
    const sent = Date.now();
    try {
      const body = relayRequest({
        supplier: supplier.address,
        service: to.service,
        body: call('eth_chainId'),
      });
      const { status, answer } = await post(to, agent, body);
      if (status !== 200) throw new Error(`HTTP ${status} ${answer.toString().slice(0, 100)}`);
      const inner = httpAnswer(verifiedPayload(answer, supplier));
      if (inner.status !== 200) throw new Error(`the backend answered ${inner.status}`);
      totals.answered += 1;
    } catch (error) {
      totals.lost.push({ sent, at: Date.now(), why: (error as Error).message });
    }
  };
  const sending = (async () => {
    while (going) {
      const relay = one().finally(() => underWay.delete(relay));
      underWay.add(relay);
      await sleep(1000 / perSecond);
    }
  })();
  return {
    totals,
    stop: async () => {
      going = false;
      await sending;
      await Promise.all(underWay);
      agent.destroy();
      return totals;
    },
  };
}

function post(
  { address, domain, service }: Parameters<typeof relayLoad>[0],
  agent: Agent,
  body: Buffer,
): Promise<{ status: number; answer: Buffer }> {
  return new Promise((resolve, reject) => {
    const headers = {
      host: domain,
      'content-type': 'application/x-protobuf',
      'rpc-type': '3',
      'content-length': body.length,
    };
    const sent = request(
      {
        agent,
        host: address,
        port: 443,
        servername: domain,
        method: 'POST',
        path: `/${service}`,
        headers,
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, answer: Buffer.concat(chunks) }),
        );
        response.on('error', reject);
      },
    );
    sent.setTimeout(20_000, () => sent.destroy(new Error('no answer within 20 s')));
    sent.on('error', reject);
    sent.end(body);
  });
}
