// What a filter shows: the patterns of `SCAN ... MATCH`, on text that has a character for each byte.

import { latin1 } from "../bytes.js";

/** A test for names. A filter that is no pattern is sought anywhere in them; an empty one lets all pass. */
export function filter(text: string): (name: string) => boolean {
  if (text === "") return () => true;
  const bytes = latin1(new TextEncoder().encode(text));
  if (!/[*?[\\]/.test(bytes)) return (name) => name.includes(bytes);
  const expression = new RegExp(`^${translated(bytes)}$`, "s");
  return (name) => expression.test(name);
}

function translated(pattern: string): string {
  let out = "";
  for (let at = 0; at < pattern.length; ) {
    const character = pattern[at]!;
    at += 1;
    if (character === "*") {
      while (pattern[at] === "*") at += 1;
      out += ".*?";
    } else if (character === "?") out += ".";
    else if (character === "[") {
      const [source, end] = translatedClass(pattern, at);
      out += source;
      at = end;
    } else if (character === "\\" && at < pattern.length) out += literal(pattern[at++]!);
    else out += literal(character);
  }
  return out;
}

/** A class whose `[` is before `at`, and what is behind it. As in Redis it ends with the pattern if it is not closed. */
function translatedClass(pattern: string, at: number): [source: string, end: number] {
  const isNegated = pattern[at] === "^";
  if (isNegated) at += 1;
  let members = "";
  while (at < pattern.length && pattern[at] !== "]") {
    if (pattern[at] === "\\" && at + 1 < pattern.length) {
      members += literal(pattern[at + 1]!);
      at += 2;
    } else if (pattern[at + 1] === "-" && at + 2 < pattern.length) {
      const [low, high] = [pattern[at]!, pattern[at + 2]!].sort();
      members += `${literal(low!)}-${literal(high!)}`;
      at += 3;
    } else members += literal(pattern[at++]!);
  }
  return [`[${isNegated ? "^" : ""}${members}]`, at + 1];
}

function literal(character: string): string {
  return `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`;
}
