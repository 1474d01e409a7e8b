/**
 * The bytes of a length-delimited field of a protobuf message: a text, bytes, or another message. Of several the last
 * counts; a message whose end is missing is read as far as it goes. `undefined` when the field is not there.
 * Wire types: protobuf, encoding guide.
 */
export function fieldOf(message: Buffer, wanted: number): Buffer | undefined {
  return fieldsOf(message, wanted).at(-1);
}

/** All values of a length-delimited field that may come more than once, in their order. */
export function fieldsOf(message: Buffer, wanted: number): Buffer[] {
  const found: Buffer[] = [];
  let at = 0;
  while (at < message.length) {
    const [tag, afterTag] = varint(message, at);
    if (tag === undefined) return found;
    const type = tag & 7;
    if (type === 0) {
      [, at] = varint(message, afterTag);
    } else if (type === 1 || type === 5) {
      at = afterTag + (type === 1 ? 8 : 4);
    } else if (type === 2) {
      const [length, start] = varint(message, afterTag);
      if (length === undefined || start + length > message.length) return found;
      at = start + length;
      if (tag >>> 3 === wanted) found.push(message.subarray(start, at));
    } else {
      return found;
    }
  }
  return found;
}

/** The whole number of a field, below 2^32; `undefined` when it is not there. */
export function numberOf(message: Buffer, wanted: number): number | undefined {
  let at = 0;
  while (at < message.length) {
    const [tag, afterTag] = varint(message, at);
    if (tag === undefined) return undefined;
    const [value, end] = varint(message, afterTag);
    if ((tag & 7) === 0 && tag >>> 3 === wanted) return value;
    if ((tag & 7) === 0) at = end;
    else if ((tag & 7) === 2 && value !== undefined) at = end + value;
    else return undefined;
  }
  return undefined;
}

/** Encodes one text field of a message. */
export function textField(field: number, text: string): Buffer {
  const bytes = Buffer.from(text);
  if (bytes.length > 127) throw new RangeError('only texts of up to 127 bytes are encoded');
  return Buffer.concat([Buffer.from([(field << 3) | 2, bytes.length]), bytes]);
}

/** The varint at an offset, below 2^32, and where it ends; `undefined` when it does not end. */
function varint(message: Buffer, start: number): [value: number | undefined, end: number] {
  let value = 0;
  for (let at = start; at < message.length && at < start + 10; at++) {
    const byte = message[at]!;
    value += (byte & 0x7f) * 2 ** (7 * (at - start));
    if (byte < 0x80) return [value < 2 ** 32 ? value : undefined, at + 1];
  }
  return [undefined, message.length];
}
