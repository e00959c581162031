// Writes commands in the form that clients send.

/** An argument of a command. Text is sent as UTF-8, numbers as JavaScript prints them. */
export type Argument = string | number | bigint | Uint8Array;

const encoder = new TextEncoder();

/**
 * Returns the maximum number of bytes that a command needs.
 *
 * @throws {TypeError} if an argument has the wrong type.
 */
export function bound(args: readonly Argument[]): number {
  let length = 16;
  for (const arg of args) length += 16 + (typeof arg === "string" ? 3 * arg.length : typeof arg === "number" || typeof arg === "bigint" ? 32 : bytes(arg));
  return length;
}

/**
 * Returns the length of a byte array. One from another realm, as in test runners, is not an
 * instance of this realm's `Uint8Array`.
 */
function bytes(arg: unknown): number {
  if (ArrayBuffer.isView(arg) && (arg as Uint8Array).BYTES_PER_ELEMENT === 1) return arg.byteLength;
  throw new TypeError(`an argument must be a string, a number, a bigint or a Uint8Array, not ${arg === null ? "null" : typeof arg}`);
}

/**
 * Writes a command to `bytes` at offset `at`, where there must be room for its `bound`. Returns the
 * offset of its end.
 */
export function write(args: readonly Argument[], bytes: Uint8Array, at: number): number {
  at = header(42, args.length, bytes, at);
  for (const arg of args) {
    if (typeof arg === "object") {
      at = binary(arg, bytes, at);
    } else {
      const text = typeof arg === "string" ? arg : String(arg);
      const end = ascii(text, bytes, at);
      at = end < 0 ? binary(encoder.encode(text), bytes, at) : end;
    }
  }
  return at;
}

/** Returns a command as bytes of its own. */
export function request(args: readonly Argument[]): Uint8Array {
  const bytes = new Uint8Array(bound(args));
  return bytes.subarray(0, write(args, bytes, 0));
}

function binary(arg: Uint8Array, bytes: Uint8Array, at: number): number {
  at = header(36, arg.length, bytes, at);
  bytes.set(arg, at);
  return end(bytes, at + arg.length);
}

/** Writes ASCII text like `binary`. Returns a negative number for other text. */
function ascii(text: string, bytes: Uint8Array, at: number): number {
  at = header(36, text.length, bytes, at);
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code > 0x7f) return -1;
    bytes[at + index] = code;
  }
  return end(bytes, at + text.length);
}

function header(kind: number, length: number, bytes: Uint8Array, at: number): number {
  bytes[at] = kind;
  at += 1;
  if (length < 10) {
    bytes[at] = 48 + length;
    return end(bytes, at + 1);
  }
  for (const digit of String(length)) {
    bytes[at] = digit.charCodeAt(0);
    at += 1;
  }
  return end(bytes, at);
}

function end(bytes: Uint8Array, at: number): number {
  bytes[at] = 13;
  bytes[at + 1] = 10;
  return at + 2;
}
