// What a filter shows: the patterns of `SCAN ... MATCH`, on text that has a character for each byte.
//
// Regular expressions would try every split between the stars of a pattern, which takes for ever on long names. Everything but a star matches exactly
// one character, so going back to the last star is enough: time is bounded by the product of the lengths, as in the engine (`core/src/glob.rs`).

import { latin1 } from "../bytes.js";

/** A test for names. A filter without special characters is sought anywhere in them; an empty one lets all pass. */
export function filter(text: string): (name: string) => boolean {
  if (text === "") return () => true;
  const bytes = latin1(new TextEncoder().encode(text));
  if (!/[*?[\\]/.test(bytes)) return (name) => name.includes(bytes);
  const elements = parsed(bytes);
  return (name) => matches(elements, name);
}

/** What one character of a name is tested with; a star stands for any number of them. */
type Element = "*" | ((character: string) => boolean);

function matches(elements: readonly Element[], name: string): boolean {
  let [at, tried] = [0, 0];
  /** Behind the last star. */
  let retry: number | undefined;
  for (let next = 0; next < name.length; ) {
    const element = elements[at];
    if (element === "*") {
      [retry, tried, at] = [at + 1, next, at + 1];
    } else if (element?.(name[next]!)) {
      at += 1;
      next += 1;
    } else if (retry !== undefined) {
      [at, next] = [retry, (tried += 1)];
    } else return false;
  }
  while (elements[at] === "*") at += 1;
  return at === elements.length;
}

function parsed(pattern: string): Element[] {
  const elements: Element[] = [];
  for (let at = 0; at < pattern.length; ) {
    const character = pattern[at++]!;
    if (character === "*") elements.push("*");
    else if (character === "?") elements.push(() => true);
    else if (character === "[") {
      const [element, end] = parsedClass(pattern, at);
      elements.push(element);
      at = end;
    } else {
      const literal = character === "\\" && at < pattern.length ? pattern[at++]! : character;
      elements.push((other) => other === literal);
    }
  }
  return elements;
}

/** A class whose `[` is before `at`, and what is behind it. As in Redis it ends with the pattern if it is not closed. */
function parsedClass(pattern: string, at: number): [element: Element, end: number] {
  const isNegated = pattern[at] === "^";
  if (isNegated) at += 1;
  const ranges: (readonly [low: number, high: number])[] = [];
  while (at < pattern.length && pattern[at] !== "]") {
    if (pattern[at] === "\\" && at + 1 < pattern.length) {
      const code = pattern.charCodeAt(at + 1);
      ranges.push([code, code]);
      at += 2;
    } else if (pattern[at + 1] === "-" && at + 2 < pattern.length) {
      const [one, other] = [pattern.charCodeAt(at), pattern.charCodeAt(at + 2)];
      ranges.push([Math.min(one, other), Math.max(one, other)]);
      at += 3;
    } else {
      const code = pattern.charCodeAt(at++);
      ranges.push([code, code]);
    }
  }
  const isListed = (code: number) => ranges.some(([low, high]) => low <= code && code <= high);
  return [(character) => isListed(character.charCodeAt(0)) !== isNegated, at + 1];
}
