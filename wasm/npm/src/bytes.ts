// What a recording is written with: numbers of few bytes where they are small, and bytes behind their length.

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

  /** Goes on behind what is there. */
  constructor(written: Uint8Array = new Uint8Array()) {
    this.#bytes = new Uint8Array(written.length + 1024);
    this.#bytes.set(written);
    this.#length = written.length;
  }

  get length(): number {
    return this.#length;
  }

  /** A whole number that is not negative, seven bits a byte, the lowest first. */
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

  /** Bytes whose length is known otherwise. */
  raw(bytes: Uint8Array): void {
    this.#fit(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  text(text: string): void {
    this.bytes(new TextEncoder().encode(text));
  }

  /** Forgets all but the first `length` bytes. */
  truncate(length: number): void {
    this.#length = length;
  }

  /** A copy of what was written so far. */
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

  /** How many bytes were read. */
  get at(): number {
    return this.#at;
  }

  number(): number {
    let value = 0;
    for (let scale = 1; ; scale *= 0x80) {
      const byte = this.#bytes[this.#at++];
      if (byte === undefined || scale > Number.MAX_SAFE_INTEGER) throw new RangeError("the recording is damaged");
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
  }

  /** A window on the bytes. */
  bytes(): Uint8Array {
    return this.raw(this.number());
  }

  /** A window on so many bytes. */
  raw(length: number): Uint8Array {
    const end = this.#at + length;
    if (end > this.#bytes.length) throw new RangeError("the recording is damaged");
    const bytes = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return bytes;
  }

  text(): string {
    return new TextDecoder().decode(this.bytes());
  }
}
