/**
 * Just enough of the protobuf wire format for stand-ins: no schema, no code generation.
 * Encoders leave out empty values, as proto3 does, so messages come out canonical when
 * fields are written in ascending order.
 */

/** Thrown when bytes are not a protobuf message. */
export class MalformedMessage extends Error {
  override name = 'MalformedMessage';
}

function encodeVarint(value: bigint): Buffer {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, value);
  while (rest > 0x7fn) {
    bytes.push(Number(rest & 0x7fn) | 0x80);
    rest >>= 7n;
  }
  bytes.push(Number(rest));
  return Buffer.from(bytes);
}

function tag(field: number, wireType: number): Buffer {
  return encodeVarint(BigInt((field << 3) | wireType));
}

/** Encodes an integer or enum field; zero encodes to nothing. */
export function integer(field: number, value: number | bigint): Buffer {
  const wide = BigInt(value);
  return wide === 0n ? Buffer.alloc(0) : Buffer.concat([tag(field, 0), encodeVarint(wide)]);
}

/** Encodes a bool field; false encodes to nothing. */
export function bool(field: number, value: boolean): Buffer {
  return integer(field, value ? 1 : 0);
}

/** Encodes a bytes field; no bytes encode to nothing. */
export function bytes(field: number, value: Uint8Array): Buffer {
  return value.length === 0 ? Buffer.alloc(0) : nested(field, value);
}

/** Encodes a string field; the empty string encodes to nothing. */
export function text(field: number, value: string): Buffer {
  return bytes(field, Buffer.from(value));
}

/** Encodes a message field. Unlike `bytes`, an empty message is present on the wire. */
export function nested(field: number, value: Uint8Array): Buffer {
  return Buffer.concat([tag(field, 2), encodeVarint(BigInt(value.length)), value]);
}

/** Joins encoded fields into one message. */
export function message(...fields: Uint8Array[]): Buffer {
  return Buffer.concat(fields);
}

/** The decoded fields of one message; of a repeated singular field the last value wins. */
export class Message {
  readonly #values = new Map<number, (bigint | Buffer)[]>();

  /** Decodes `encoded`; throws `MalformedMessage` when it is not a protobuf message. */
  constructor(encoded: Uint8Array) {
    const buffer = Buffer.from(encoded.buffer, encoded.byteOffset, encoded.byteLength);
    let offset = 0;
    const take = (length: number): Buffer => {
      if (length > buffer.length - offset) throw new MalformedMessage('unexpected end of message');
      offset += length;
      return buffer.subarray(offset - length, offset);
    };
    const varint = (): bigint => {
      let value = 0n;
      for (let shift = 0n; shift < 70n; shift += 7n) {
        const byte = take(1)[0]!;
        value |= BigInt(byte & 0x7f) << shift;
        if (byte < 0x80) return BigInt.asUintN(64, value);
      }
      throw new MalformedMessage('varint longer than ten bytes');
    };
    while (offset < buffer.length) {
      const key = Number(varint());
      const field = Math.floor(key / 8);
      if (field === 0) throw new MalformedMessage('illegal field number 0');
      const values = this.#values.get(field) ?? [];
      this.#values.set(field, values);
      switch (key % 8) {
        case 0:
          values.push(varint());
          break;
        case 1:
          values.push(take(8));
          break;
        case 2:
          values.push(take(Number(varint())));
          break;
        case 5:
          values.push(take(4));
          break;
        default:
          throw new MalformedMessage(`illegal wire type ${key % 8} of field ${field}`);
      }
    }
  }

  /** Every length-delimited value of a repeated field, in order of the wire. */
  all(field: number): Buffer[] {
    return (this.#values.get(field) ?? []).map((value) => {
      if (typeof value === 'bigint') throw new MalformedMessage(`field ${field} is not bytes`);
      return value;
    });
  }

  /** A bytes field, or no bytes when it is absent. */
  bytes(field: number): Buffer {
    return this.all(field).at(-1) ?? Buffer.alloc(0);
  }

  /** A string field, or the empty string; throws `MalformedMessage` when it is not UTF-8. */
  text(field: number): string {
    try {
      return new TextDecoder('utf-8', { fatal: true }).decode(this.bytes(field));
    } catch (cause) {
      throw new MalformedMessage(`field ${field} is not a UTF-8 string`, { cause });
    }
  }

  /** An int64 field, or zero when it is absent. */
  integer(field: number): bigint {
    const value = this.#values.get(field)?.at(-1) ?? 0n;
    if (typeof value !== 'bigint') throw new MalformedMessage(`field ${field} is not an integer`);
    return BigInt.asIntN(64, value);
  }

  /** A message field, decoded, or undefined when it is absent. */
  nested(field: number): Message | undefined {
    const value = this.all(field).at(-1);
    return value === undefined ? undefined : new Message(value);
  }
}
