import type { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import tls, { type SecureVersion } from 'node:tls';

/** What a TLS server is asked with. */
export interface TlsQuestion {
  /** An IP address. */
  address: string;
  port: number;
  /** The name that the certificate has to be for. */
  name: string;
  /** The versions offered; those of this Node where absent. */
  versions?: [oldest: SecureVersion, newest: SecureVersion];
}

/** What came of it: a handshake; or one that the server refused; or nobody that could be connected to. */
export type TlsAnswer =
  | {
      outcome: 'agreed';
      version: string;
      certificate: X509Certificate;
      /** Why nobody has to believe the certificate, as OpenSSL says it; absent when a public authority vouches for it. */
      distrust?: string;
    }
  | { outcome: 'refused' | 'unreachable'; reason: string };

const MILLISECONDS = 4000;

/** Shakes hands with a server from this machine and hangs up; whatever its certificate is. */
export function shakeHands({ address, port, name, versions }: TlsQuestion): Promise<TlsAnswer> {
  return new Promise((resolve) => {
    let connected = false;
    const socket = tls.connect({
      host: address,
      port,
      // A server name is never an address (RFC 6066).
      ...(isIP(name) === 0 && { servername: name }),
      rejectUnauthorized: false,
      checkServerIdentity: () => undefined,
      ALPNProtocols: ['h2', 'http/1.1'],
      // Without security level 0 this side would be the one that refuses the old versions.
      ...(versions && {
        minVersion: versions[0],
        maxVersion: versions[1],
        ciphers: 'ALL:@SECLEVEL=0',
      }),
    });
    const settle = (answer: TlsAnswer) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(answer);
    };
    const failed = (reason: string) =>
      settle({ outcome: connected ? 'refused' : 'unreachable', reason });
    const timer = setTimeout(() => failed('no answer in time'), MILLISECONDS);
    socket.once('connect', () => {
      connected = true;
    });
    socket.once('secureConnect', () => {
      const certificate = socket.getPeerX509Certificate();
      if (!certificate) return failed('it has no certificate');
      settle({
        outcome: 'agreed',
        version: String(socket.getProtocol()),
        certificate,
        ...(!socket.authorized && { distrust: String(socket.authorizationError) }),
      });
    });
    socket.once('error', (error: NodeJS.ErrnoException) => failed(error.code ?? error.message));
    socket.once('close', () => failed('it hung up'));
  });
}
