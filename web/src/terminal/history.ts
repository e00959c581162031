// The lines that were entered, as a shell walks through them; what was being typed comes back below the last.

/** As many lines as redis-cli keeps. */
const MOST = 1000;

export class History {
  #lines: string[] = [];
  #at = 0;
  #draft = "";

  get lines(): readonly string[] {
    return this.#lines;
  }

  add(line: string): void {
    if (this.#lines.at(-1) !== line) this.#lines.push(line);
    if (this.#lines.length > MOST) this.#lines.shift();
    this.#at = this.#lines.length;
  }

  /** The line before the one that is shown, or `undefined` at the first. */
  older(shown: string): string | undefined {
    if (this.#at === 0) return undefined;
    if (this.#at === this.#lines.length) this.#draft = shown;
    this.#at -= 1;
    return this.#lines[this.#at];
  }

  /** The line after the one that is shown, or `undefined` at the last. */
  newer(): string | undefined {
    if (this.#at === this.#lines.length) return undefined;
    this.#at += 1;
    return this.#lines[this.#at] ?? this.#draft;
  }

  /** The latest line with `wanted` in it, before the line `below`: its place, or -1. */
  search(wanted: string, below = this.#lines.length): number {
    const sought = wanted.toLowerCase();
    for (let at = Math.min(below, this.#lines.length) - 1; at >= 0; at -= 1) {
      if (this.#lines[at]!.toLowerCase().includes(sought)) return at;
    }
    return -1;
  }
}
