/** Bech32 as Cosmos chains use it for addresses (BIP 173, checksum constant 1). */

const ALPHABET = 'qpzry9x8gf2tvdw0s3jn54khce6mua7l';
const GENERATOR = [0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3];

/** The bech32 form of some bytes under a prefix such as `pokt`. */
export function bech32Encode(prefix: string, bytes: Uint8Array): string {
  const words = regroup(bytes, 8, 5, true);
  if (!words) throw new TypeError('bytes that do not regroup cannot occur');
  const check = polymod([...expand(prefix), ...words, 0, 0, 0, 0, 0, 0]) ^ 1;
  const sum = [5, 4, 3, 2, 1, 0].map((place) => (check >>> (5 * place)) & 31);
  return `${prefix}1${[...words, ...sum].map((word) => ALPHABET[word]).join('')}`;
}

/** The bytes behind a lower case bech32 text, or `undefined` when prefix, alphabet or checksum is wrong. */
export function bech32Decode(prefix: string, text: string): Uint8Array | undefined {
  if (!text.startsWith(`${prefix}1`) || text.length > 90) return undefined;
  const words = [...text.slice(prefix.length + 1)].map((letter) => ALPHABET.indexOf(letter));
  if (words.length < 6 || words.includes(-1)) return undefined;
  if (polymod([...expand(prefix), ...words]) !== 1) return undefined;
  const bytes = regroup(words.slice(0, -6), 5, 8, false);
  return bytes && Uint8Array.from(bytes);
}

/** Whether a text is the address of a Pocket account: `pokt1…`, 20 bytes, valid checksum. */
export function isPoktAddress(text: string): boolean {
  return bech32Decode('pokt', text)?.length === 20;
}

function expand(prefix: string): number[] {
  const codes = [...prefix].map((letter) => letter.charCodeAt(0));
  return [...codes.map((code) => code >> 5), 0, ...codes.map((code) => code & 31)];
}

function polymod(words: Iterable<number>): number {
  let check = 1;
  for (const word of words) {
    const top = check >>> 25;
    check = ((check & 0x1ffffff) << 5) ^ word;
    GENERATOR.forEach((value, bit) => {
      if ((top >>> bit) & 1) check ^= value;
    });
  }
  return check;
}

/** Regroups bits; `undefined` when bits that should be padding are not. */
function regroup(
  values: Iterable<number>,
  from: number,
  to: number,
  pad: boolean,
): number[] | undefined {
  let bits = 0;
  let held = 0;
  const out: number[] = [];
  for (const value of values) {
    held = ((held << from) | value) & 0xfff;
    bits += from;
    while (bits >= to) {
      bits -= to;
      out.push((held >>> bits) & ((1 << to) - 1));
    }
  }
  const rest = held & ((1 << bits) - 1);
  if (pad) return bits > 0 ? [...out, (rest << (to - bits)) & ((1 << to) - 1)] : out;
  return bits >= from || rest !== 0 ? undefined : out;
}
