// The encoding of recordings: variable-length numbers, and bytes preceded by their length.

/** Concatenates parts. */
export function joined(parts: readonly Uint8Array[]): Uint8Array {
  if (parts.length === 1) return parts[0]!;
  const all = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

export class Writer {
  #bytes: Uint8Array;
  #length: number;

  /** Appends to existing bytes. */
  constructor(written: Uint8Array = new Uint8Array()) {
    this.#bytes = new Uint8Array(written.length + 1024);
    this.#bytes.set(written);
    this.#length = written.length;
  }

  get length(): number {
    return this.#length;
  }

  /** Writes a non-negative integer, seven bits per byte, the lowest first. */
  number(value: number): void {
    this.#fit(10);
    while (value >= 0x80) {
      this.#bytes[this.#length++] = (value % 0x80) | 0x80;
      value = Math.floor(value / 0x80);
    }
    this.#bytes[this.#length++] = value;
  }

  bytes(bytes: Uint8Array): void {
    this.number(bytes.length);
    this.raw(bytes);
  }

  /** Writes bytes whose length is known from elsewhere. */
  raw(bytes: Uint8Array): void {
    this.#fit(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  text(text: string): void {
    this.bytes(new TextEncoder().encode(text));
  }

  /** Drops all but the first `length` bytes. */
  truncate(length: number): void {
    this.#length = length;
  }

  /** Returns a copy of the bytes written so far. */
  written(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }

  #fit(more: number): void {
    if (this.#length + more <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.max(this.#bytes.length * 2, this.#length + more));
    larger.set(this.#bytes);
    this.#bytes = larger;
  }
}

export class Reader {
  #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  /** The number of bytes read. */
  get at(): number {
    return this.#at;
  }

  number(): number {
    let value = 0;
    for (let scale = 1; ; scale *= 0x80) {
      const byte = this.#bytes[this.#at++];
      if (byte === undefined || scale > Number.MAX_SAFE_INTEGER) throw new RangeError("the recording is corrupt");
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
  }

  /** Reads bytes preceded by their length. Returns a view of them. */
  bytes(): Uint8Array {
    return this.raw(this.number());
  }

  /** Reads a given number of bytes. Returns a view of them. */
  raw(length: number): Uint8Array {
    const end = this.#at + length;
    if (end > this.#bytes.length) throw new RangeError("the recording is corrupt");
    const bytes = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return bytes;
  }

  text(): string {
    return new TextDecoder().decode(this.bytes());
  }
}
