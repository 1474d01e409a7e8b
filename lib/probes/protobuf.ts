/**
 * The bytes of a length-delimited field of a protobuf message: a text, bytes, or another message. Of several the last
 * counts; a message whose end is missing is read as far as it goes. `undefined` when the field is not there.
 * Wire types: protobuf, encoding guide.
 */
export function fieldOf(message: Buffer, wanted: number): Buffer | undefined {
  return fieldsOf(message, wanted).at(-1);
}

/** The same of a field that is repeated: all of them, in their order. */
export function fieldsOf(message: Buffer, wanted: number): Buffer[] {
  return [...fields(message)].flatMap(({ number, bytes }) =>
    number === wanted && bytes ? [bytes] : [],
  );
}

/** The value of a number's field, below 2^53; 0 when the field is not there, which is how 0 is written. */
export function numberOf(message: Buffer, wanted: number): number {
  const found = [...fields(message)].findLast(({ number, bytes }) => number === wanted && !bytes);
  return found?.value ?? 0;
}

/** A field as it stands in a message: with bytes or, of a number, with its value. */
interface Field {
  number: number;
  bytes?: Buffer;
  value?: number;
}

function* fields(message: Buffer): Generator<Field> {
  let at = 0;
  while (at < message.length) {
    const [tag, afterTag] = varint(message, at);
    if (tag === undefined) return;
    const number = Math.floor(tag / 8);
    const type = tag % 8;
    if (type === 0) {
      const [value, end] = varint(message, afterTag);
      if (value !== undefined) yield { number, value };
      at = end;
    } else if (type === 1 || type === 5) {
      at = afterTag + (type === 1 ? 8 : 4);
    } else if (type === 2) {
      const [length, start] = varint(message, afterTag);
      if (length === undefined || start + length > message.length) return;
      at = start + length;
      yield { number, bytes: message.subarray(start, at) };
    } else {
      return;
    }
  }
}

/** Encodes one text field of a message. */
export function textField(field: number, text: string): Buffer {
  const bytes = Buffer.from(text);
  if (bytes.length > 127) throw new RangeError('only texts of up to 127 bytes are encoded');
  return Buffer.concat([Buffer.from([(field << 3) | 2, bytes.length]), bytes]);
}

/** The varint at an offset, below 2^53, and where it ends; `undefined` when it does not end. */
function varint(message: Buffer, start: number): [value: number | undefined, end: number] {
  let value = 0;
  for (let at = start; at < message.length && at < start + 10; at++) {
    const byte = message[at]!;
    value += (byte & 0x7f) * 2 ** (7 * (at - start));
    if (byte < 0x80) return [value < 2 ** 53 ? value : undefined, at + 1];
  }
  return [undefined, message.length];
}
