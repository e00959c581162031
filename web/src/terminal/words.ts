// A line that is being typed, as words: the last may be unfinished, and so may its quotes.

import { split } from "redstart/format";

export interface Typed {
  /** The words that are finished. */
  readonly words: readonly string[];
  /** The one that is being typed, as it stands; empty behind a space. */
  readonly last: string;
  /** Where that one begins. */
  readonly from: number;
}

const utf8 = new TextDecoder();

export function typedWords(line: string): Typed {
  let from = 0;
  let quote = "";
  for (let at = 0; at < line.length; at += 1) {
    const character = line[at]!;
    if (quote !== "") {
      if (character === "\\") at += 1;
      else if (character === quote) quote = "";
    } else if (character === '"' || character === "'") quote = character;
    else if (/\s/.test(character)) from = at + 1;
  }
  const words = split(line.slice(0, from))?.map((word) => utf8.decode(word)) ?? [];
  return { words, last: line.slice(from), from };
}
