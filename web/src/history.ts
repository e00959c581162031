/** The lines that were entered, as a shell walks through them; what was being typed comes back below the last. */
export class History {
  #lines: string[] = [];
  #at = 0;
  #draft = "";

  add(line: string): void {
    if (this.#lines.at(-1) !== line) this.#lines.push(line);
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
}
