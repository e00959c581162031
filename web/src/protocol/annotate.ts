// What the bytes of a request or a reply mean: each line of RESP, and each string behind its length, as a piece with an explanation.

import { type Frame, frames } from "./frames.js";

export interface Piece {
  readonly start: number;
  readonly end: number;
  /** How deep it lies in arrays and the like. */
  readonly depth: number;
  /** Whether it begins with a byte that tells a type, or is what a length has announced. */
  readonly isHead: boolean;
  readonly meaning: string;
}

/** Explains bytes; of a request they are commands. */
export function annotate(kind: "request" | "reply", bytes: Uint8Array): Piece[] {
  const found = frames(bytes);
  return kind === "request" ? found.flatMap(ofRequest) : found.flatMap((frame) => [...ofReply(frame, 0, "")]);
}

function ofRequest(frame: Frame): Piece[] {
  const { start, body, end, head, items, type } = frame;
  if (type !== "*") return [{ start, end, depth: 0, isHead: false, meaning: "an inline command: words with spaces between them" }];
  const pieces: Piece[] = [{ start, end: body, depth: 0, isHead: true, meaning: `a command of ${count(Number(head), "word")}` }];
  items.forEach((item, index) => {
    const what = index === 0 ? "its name" : `argument ${index}`;
    pieces.push({ start: item.start, end: item.body, depth: 1, isHead: true, meaning: `a string of ${count(Number(item.head), "byte")} follows` });
    pieces.push({ start: item.body, end: item.end, depth: 1, isHead: false, meaning: `${what}${cut(item)}` });
  });
  if (frame.isCut && items.length < Number(head)) pieces.push({ start: end, end, depth: 1, isHead: false, meaning: "the rest has not arrived yet" });
  return pieces;
}

function* ofReply(frame: Frame, depth: number, place: string): Iterable<Piece> {
  const { start, body, end, items, type } = frame;
  yield { start, end: body, depth, isHead: true, meaning: place + meaning(frame) };
  if (items.length === 0 && end > body) {
    yield { start: body, end, depth, isHead: false, meaning: (type === "=" ? "its format in three letters, a colon, the text" : "the string") + cut(frame) };
  }
  const isPairs = type === "%" || type === "|";
  for (const [index, item] of items.entries()) {
    const place = isPairs ? `${index % 2 === 0 ? "key" : "value"} ${Math.floor(index / 2) + 1}: ` : `${index + 1}: `;
    yield* ofReply(item, depth + 1, place);
  }
}

/** What the line of a type says. */
function meaning({ type, head }: Frame): string {
  const length = Number(head);
  switch (type) {
    case "+": return "a simple string";
    case "-": return `an error${/^[A-Z]+ /.test(head) ? `; its code is ${head.split(" ")[0]}` : ""}`;
    case ":": return "an integer";
    case "$": return length < 0 ? "null: a missing string" : `a string of ${count(length, "byte")} follows`;
    case "*": return length < 0 ? "null: a missing array" : `an array of ${count(length, "element")}`;
    case "_": return "null";
    case ",": return "a double";
    case "(": return "a big number";
    case "#": return `a boolean: ${head === "t" ? "true" : "false"}`;
    case "!": return `an error of ${count(length, "byte")} follows`;
    case "=": return `a text of ${count(length, "byte")} follows, with its format`;
    case "~": return `a set of ${count(length, "element")}`;
    case ">": return `push data of ${count(length, "element")}: not the reply to a command`;
    case "%": return `a map of ${count(length, "pair")}`;
    case "|": return `attributes: ${count(length, "pair")} about the reply that follows`;
    default: return "not RESP";
  }
}

function cut(frame: Frame): string {
  return frame.isCut ? ", the rest of which has not arrived yet" : "";
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? "" : "s"}`;
}

/** Bytes as people read them: text as it is, `isControl` for line ends and whatever else is no text. */
export interface Run {
  readonly text: string;
  readonly isControl: boolean;
}

const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export function runs(bytes: Uint8Array): Run[] {
  let text: string | undefined;
  try {
    text = strict.decode(bytes);
  } catch {
    // Not UTF-8: byte by byte.
  }
  const characters = text === undefined ? Array.from(bytes, (byte) => (byte < 0x7f ? String.fromCharCode(byte) : hex(byte))) : [...text];
  const found: { text: string; isControl: boolean }[] = [];
  for (const character of characters) {
    const isControl = character.length > 1 ? character.startsWith("\\x") : /\p{C}/u.test(character);
    const shown = isControl && character.length === 1 ? escaped(character) : character;
    const last = found.at(-1);
    if (last?.isControl === isControl) last.text += shown;
    else found.push({ text: shown, isControl });
  }
  return found;
}

function escaped(character: string): string {
  return character === "\r" ? "\\r" : character === "\n" ? "\\n" : character === "\t" ? "\\t" : hex(character.codePointAt(0)!);
}

function hex(code: number): string {
  return code > 0xff ? `\\u${code.toString(16).padStart(4, "0")}` : `\\x${code.toString(16).padStart(2, "0")}`;
}
