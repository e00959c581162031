// Which arguments a command still takes: its words are matched against the tree that `COMMAND DOCS` tells, as far as they go.

import type { ArgumentDoc } from "./docs.js";

/** What comes behind the words of a command. */
export interface Ahead {
  /** The arguments that are still to come, as they are written in a reference. */
  readonly rest: readonly string[];
  /** The arguments that the next word may belong to. */
  readonly next: readonly ArgumentDoc[];
}

/** What comes behind the words of a command's arguments; `undefined` where they do not fit. */
export function ahead(items: readonly ArgumentDoc[], words: readonly string[]): Ahead | undefined {
  const match = inOrder(items, words, 0);
  return match === undefined || match.at < words.length ? undefined : match;
}

/** How an argument is written in a reference. */
export function syntax(item: ArgumentDoc): string {
  const one = single(item);
  const many = item.isMultiple ? `${one} ${again(item)}` : one;
  return item.isOptional ? `[${bare(many)}]` : many;
}

/** The words that stand for themselves among those that an argument may begin with. */
export function tokens(items: readonly ArgumentDoc[]): string[] {
  return [...new Set(items.flatMap((item) => (item.token ? [item.token] : tokens(first(item)))))];
}

/** Whether the next word may be the name of a key. */
export function takesKey(items: readonly ArgumentDoc[]): boolean {
  return items.some((item) => item.token === undefined && (item.type === "key" || takesKey(first(item))));
}

/** How far words went, and what is ahead once they ended. */
interface Match extends Ahead {
  readonly at: number;
  /** Whether the words may end here. */
  readonly isWhole: boolean;
}

/** The arguments that what an argument consists of may begin with. */
function first(item: ArgumentDoc): readonly ArgumentDoc[] {
  return item.type === "oneof" ? item.items : item.type === "block" ? starts(item.items) : [];
}

/** Those that may come first of arguments in their order. */
function starts(items: readonly ArgumentDoc[]): ArgumentDoc[] {
  const required = items.findIndex(({ isOptional }) => !isOptional);
  return items.slice(0, required < 0 ? items.length : required + 1);
}

function inOrder(items: readonly ArgumentDoc[], words: readonly string[], start: number): Match | undefined {
  let at = start;
  for (let index = 0; index < items.length; ) {
    if (at >= words.length) return ended(at, items.slice(index));
    const item = items[index]!;
    if (!item.isOptional) {
      const match = many(item, words, at);
      if (match === undefined) return undefined;
      if (match.rest.length > 0) return before(match, items.slice(index + 1));
      at = match.at;
      index += 1;
      continue;
    }
    // Options may come in any order.
    let options = items.slice(index);
    const required = options.findIndex(({ isOptional }) => !isOptional);
    if (required >= 0) options = options.slice(0, required);
    index += options.length;
    for (let found = true; found && at < words.length; ) {
      found = false;
      for (const option of options) {
        const match = many(option, words, at);
        if (match === undefined) continue;
        options = options.filter((other) => other !== option);
        if (match.rest.length > 0) return before(match, [...options, ...items.slice(index)]);
        at = match.at;
        found = true;
        break;
      }
    }
    if (at >= words.length) return ended(at, [...options, ...items.slice(index)]);
  }
  return { at, rest: [], next: [], isWhole: true };
}

/** The words have ended before these arguments. */
function ended(at: number, items: readonly ArgumentDoc[]): Match {
  return { at, rest: items.map(syntax), next: starts(items), isWhole: items.every(({ isOptional }) => isOptional) };
}

/** What is ahead once an argument, and others behind it, are still to come. */
function before(match: Match, items: readonly ArgumentDoc[]): Match {
  const next = match.isWhole ? [...match.next, ...starts(items)] : match.next;
  const isWhole = match.isWhole && items.every(({ isOptional }) => isOptional);
  return { at: match.at, rest: [...match.rest, ...items.map(syntax)], next, isWhole };
}

/** An argument as often as it comes. */
function many(item: ArgumentDoc, words: readonly string[], start: number): Match | undefined {
  const match = one(item, words, start);
  if (match === undefined || !item.isMultiple || match.rest.length > 0) return match;
  const repeated = item.repeatsToken ? item : { ...item, token: undefined };
  let at = match.at;
  while (at < words.length) {
    const more = one(repeated, words, at);
    if (more === undefined) return { at, rest: [], next: [], isWhole: true };
    if (more.rest.length > 0) return more;
    at = more.at;
  }
  return { at, rest: [again(item)], next: [repeated], isWhole: true };
}

/** An argument once. */
function one(item: ArgumentDoc, words: readonly string[], start: number): Match | undefined {
  let at = start;
  if (item.token) {
    if (words[at]?.toUpperCase() !== item.token.toUpperCase()) return undefined;
    at += 1;
  }
  const whole = { at, rest: [], next: [], isWhole: true };
  const value = { ...item, token: undefined };
  switch (item.type) {
    case "pure-token": return whole;
    case "block": return inOrder(item.items, words, at);
    case "oneof": {
      if (at >= words.length) return { at, rest: [single(value)], next: item.items, isWhole: false };
      // What begins with a word of its own goes before what takes any word.
      const byToken = [...item.items].sort((a, b) => Number(isFree(a)) - Number(isFree(b)));
      for (const alternative of byToken) {
        const match = many(alternative, words, at);
        if (match !== undefined) return match;
      }
      return undefined;
    }
    default:
      return at < words.length ? { ...whole, at: at + 1 } : { at, rest: [item.display], next: [value], isWhole: false };
  }
}

/** Whether any word fits in its beginning. */
function isFree(item: ArgumentDoc): boolean {
  return !item.token && (item.items.length === 0 || first(item).some(isFree));
}

/** An argument that comes once, and must. */
function single(item: ArgumentDoc): string {
  const token = item.token ? `${item.token} ` : "";
  switch (item.type) {
    case "pure-token": return item.token ?? "";
    case "oneof": return `${token}<${item.items.map(syntax).map(bare).join(" | ")}>`;
    case "block": return token + item.items.map(syntax).join(" ");
    default: return token + item.display;
  }
}

/** That an argument may come again. */
function again(item: ArgumentDoc): string {
  return `[${bare(single(item.repeatsToken ? item : { ...item, token: undefined }))} ...]`;
}

/** Without brackets that others stand for. */
function bare(text: string): string {
  return /^<[^<>]*>$/.test(text) || /^\[[^[\]]*\]$/.test(text) ? text.slice(1, -1) : text;
}
