import { isIPv6 } from 'node:net';
import * as z from 'zod';
import { parseRedisUrl } from '../redis-url.ts';
import { imageTag } from './images.ts';

// zod would compile each object's check first, which pays for thousands of values; a script checks one profile.
z.config({ jitless: true });

/** What would be taken for the place of a secret in a file that is written on a host. */
export const LOOKS_LIKE_A_SECRET = '@{secret:';

const NO_MARK = `text without ${LOOKS_LIKE_A_SECRET}`;

/**
 * The kinds of values a profile is made of; those that need nothing said are made once. Each carries, as its error, the
 * description of what is expected there, which the problem line repeats after the offending value.
 */

/** Text of a given form. */
export function text(expected: string, pattern: RegExp) {
  return z.string({ error: expected }).regex(pattern, { error: expected });
}

/** A whole number between two bounds, both included. */
export function count(minimum: number, maximum: number) {
  const bounds =
    maximum === Number.MAX_SAFE_INTEGER ? `${minimum} or more` : `from ${minimum} to ${maximum}`;
  const expected = { error: `a whole number, ${bounds}` };
  return z.number(expected).int(expected).min(minimum, expected).max(maximum, expected);
}

/** An amount of memory, such as 512mb. */
export function amountOfMemory(example: string) {
  return text(`an amount of memory such as 512mb or ${example}`, /^[1-9]\d{0,6}(?:mb|gb)$/i);
}

/** true or false. */
export const boolean = z.boolean({ error: 'true or false' });

/** One of a few words. */
export function oneOf<const T extends readonly [string, ...string[]]>(words: T) {
  return z.enum(words, { error: `one of ${words.join(', ')}` });
}

/** A URL of one of the schemes, without credentials in it: those would end up in logs. */
export function url(schemes: readonly string[]) {
  const expected = `a URL that begins with ${schemes.map((scheme) => `${scheme}://`).join(' or ')}`;
  return z
    .string({ error: expected })
    .refine((value) => schemes.includes(schemeOf(value) ?? ''), { error: expected, abort: true })
    .refine((value) => !/^[a-z]+:\/\/[^/?#]*@/i.test(value), {
      error: 'a URL without user and password in it',
    })
    .refine((value) => /^[A-Za-z0-9\-._~:/?#[\]@!$&()*+,;=%{}]+$/.test(value), {
      error: 'a URL of ASCII letters, with everything else percent-encoded, quotes too',
    })
    .refine((value) => !value.includes(LOOKS_LIKE_A_SECRET), { error: NO_MARK });
}

/** An `http://` or `https://` URL. */
export const httpUrl = url(['http', 'https']);

/** Where Redis is, without credentials, which would end up in logs; `redis-sentinel://` names Sentinels and the primary. */
export const redisUrl = text(
  'redis://host:port, rediss://host:port or redis-sentinel://host:port,host:port/name, without user and password',
  /^(?:rediss?:\/\/(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?(?:\/\d{1,2})?|redis-sentinel:\/\/(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\]):\d{1,5}(?:,(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\]):\d{1,5})*\/[A-Za-z0-9._-]+(?:\?db=\d{1,2})?)$/,
)
  .refine((value) => parseRedisUrl(value).servers.every(({ port }) => port > 0 && port < 65_536), {
    error: 'ports from 1 to 65535',
    when: ({ issues }) => issues.length === 0,
  })
  .refine((value) => (value.match(/\[[^\]]*\]/g) ?? []).every((one) => isIPv6(one.slice(1, -1))), {
    error: 'IPv6 addresses in the brackets',
  });

/** `host:port` without a scheme: gRPC clients do not all strip one (the miner: pocket-relay-miner, v0.1.x). */
export const hostPort = text(
  'host:port without a scheme',
  /^(?:[A-Za-z0-9_](?:[A-Za-z0-9._-]{0,252})|\[[0-9A-Fa-f:.]+\]):(?:[1-9]\d{0,4})$/,
)
  .refine((value) => Number(value.slice(value.lastIndexOf(':') + 1)) <= 65_535, {
    error: 'a port up to 65535',
  })
  .refine(hasRealAddress, { error: 'an IPv6 address in the brackets' });

/** Whether what stands in brackets, if anything does, is an IPv6 address. */
export function hasRealAddress(value: string): boolean {
  const [, bracketed] = /\[([^\]]*)\]/.exec(value) ?? [];
  return bracketed === undefined || isIPv6(bracketed);
}

/** A fully qualified domain name. */
export const domain = text(
  'a domain name such as relay.your-domain.net, without scheme and path',
  /^(?=.{4,253}$)(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z][A-Za-z0-9-]{0,61}[A-Za-z0-9]$/,
);

const RANGE = z.union([z.cidrv4(), z.cidrv6(), z.ipv4(), z.ipv6()]);
const A_RANGE = { error: 'a range of addresses such as 203.0.113.0/24, or one address' };
/** A range of addresses, or one address. */
export const addressRange = z
  .string(A_RANGE)
  .refine((value) => RANGE.safeParse(value).success, A_RANGE);

const A_TARGET = {
  error: 'a host name, an address or a network such as smtp.internal, 10.0.5.25 or 10.0.0.0/8',
};
const HOST_NAME =
  /^(?=.{1,253}$)(?:[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9])?\.)*[A-Za-z](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/;
/** A host name, also of one word, an address or a range of them. */
export const hostOrRange = z
  .string(A_TARGET)
  .refine((value) => HOST_NAME.test(value) || RANGE.safeParse(value).success, A_TARGET);

/** An e-mail address. */
export const email = text(
  'an e-mail address',
  /^[A-Za-z0-9!%&*+/=?^_|~.-]{1,64}@[A-Za-z0-9.-]{1,200}\.[A-Za-z]{2,63}$/,
);

/** Free text that ends up in a file on a host. */
export function freeText(expected: string, pattern: RegExp) {
  return text(expected, pattern).refine((value) => !value.includes(LOOKS_LIKE_A_SECRET), {
    error: NO_MARK,
  });
}

/** A private key that ssh reads: what ssh_config would expand or could not quote is refused. */
export const keyPath = text(
  'the path of a key without any of " \\ $',
  /^[^\0-\x1f\x7f-\x9f"\\$]{1,4096}$/,
);

/** A path of a file on the operator's machine. */
export const filePath = text('the path of a file', /^[^\0-\x1f\x7f-\x9f]{1,4096}$/);

/** The form of a reference to a secret. */
export const REFERENCE = /^(?:env:[A-Za-z_][A-Za-z0-9_]*|file:[^\0\n]+|cmd:[^\0\n]+)$/;
/** A secret that lives elsewhere. */
export const reference = text('env:NAME, file:PATH or cmd:COMMAND', REFERENCE);

/** A full image reference with an exact tag, optionally with a digest. */
export const image = text(
  'a full image reference such as docker.io/library/redis:8.10.1-alpine',
  /^[a-z0-9][a-z0-9.-]*(?::\d+)?(?:\/[a-z0-9]+(?:[._-]+[a-z0-9]+)*)+(?::[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?(?:@sha256:[0-9a-f]{64})?$/,
)
  .refine((value) => imageTag(value) !== undefined, { error: 'an image with an exact tag' })
  .refine((value) => imageTag(value) !== 'latest', {
    error: 'an exact tag instead of latest, which changes without notice',
  });

function schemeOf(value: string): string | undefined {
  // Without both slashes, some schemes are read all the same, as something else than it looks.
  if (!/^[a-z]+:\/\/\S+$/i.test(value) || !URL.canParse(value)) return undefined;
  const parsed = new URL(value);
  return parsed.host === '' ? undefined : parsed.protocol.slice(0, -1);
}
