import { type KeyObject, sign } from 'node:crypto';
import { account } from '../../lab/standins/shared/secp256k1.ts';
import { IGNITER, type Program, start } from './program.ts';
import { freePort } from './temporary-postgres.ts';

/** The private key with value 1, whose public key is the curve's generator. */
export const APP_IDENTITY = '1'.padStart(64, '0');
export const APP_PUBLIC_KEY = '0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798';

/** A complete environment of the provider's web process. */
export function webEnvironment(databaseUrl: string): Record<string, string | undefined> {
  return {
    DATABASE_URL: databaseUrl,
    OWNER_IDENTITY: 'pokt1owner',
    OWNER_EMAIL: 'owner@example.com',
    APP_IDENTITY,
    CHAIN_ID: 'pocket',
    ENCRYPTION_KEY: 'ab'.repeat(32),
    ENCRYPTION_IV: 'cd'.repeat(16),
    AUTH_SECRET: 's'.repeat(48),
    AUTH_URL: 'http://localhost:3001',
    NODE_ENV: 'production',
  };
}

/** A web process on a loopback port of its own. */
export interface Web extends Program {
  /** Where it listens, without a slash at its end. */
  url: string;
  get(
    path: string,
    init?: RequestInit,
  ): Promise<{ status: number; text: string; headers: Headers }>;
  wizard(step: string, values?: unknown): Promise<{ status: number; text: string }>;
}

/** Starts the web stand-in of an application by the image's own command. */
export async function startWeb(
  environment: Record<string, string | undefined>,
  application: 'provider' | 'middleman' = 'provider',
): Promise<Web> {
  const port = await freePort();
  const program = start(IGNITER, ['node', `apps/${application}/server.js`], {
    ...environment,
    PORT: String(port),
    HOSTNAME: '127.0.0.1',
  });
  await program.saw('ready');
  const url = `http://127.0.0.1:${port}`;
  const get: Web['get'] = async (path, init) => {
    const response = await fetch(url + path, {
      redirect: 'manual',
      ...init,
    });
    return { status: response.status, text: await response.text(), headers: response.headers };
  };
  const wizard: Web['wizard'] = (step, values = {}) =>
    get(`/standin/wizard/${step}`, {
      method: 'POST',
      headers: { 'x-standin': 'wizard' },
      body: JSON.stringify(values),
    });
  return { ...program, url, get, wizard };
}

/** A Middleman's key, and the headers with which it signs a body. */
export class Middleman {
  readonly identity: string;
  readonly #key: KeyObject;

  constructor(secret: string) {
    const { key, publicKey } = account(secret);
    this.#key = key;
    this.identity = publicKey.toString('hex');
  }

  /** A POST with the body as given; `signedBody` is what the signature covers. */
  request(body: string, signedBody = JSON.stringify(JSON.parse(body))): RequestInit {
    const signature = sign('sha256', Buffer.from(signedBody), {
      key: this.#key,
      dsaEncoding: 'ieee-p1363',
    });
    const headers = {
      'x-middleman-identity': this.identity,
      'x-middleman-signature': signature.toString('base64'),
    };
    return { method: 'POST', headers, body };
  }
}
