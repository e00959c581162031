// How sizes, times and bytes are written for people, and read from them.

import type { KeyType } from "redstart";
import { quote, split } from "redstart/format";

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
/** Control characters, what is no character, and what turns the text around it the other way. */
const UNPRINTABLE = /[\p{Cc}\p{Cs}\p{Cn}\p{Co}\u202a-\u202e\u2066-\u2069]/u;
const UNPRINTABLE_BUT_BREAKS = /[^\P{Cc}\n\t]|[\p{Cs}\p{Cn}\p{Co}\u202a-\u202e\u2066-\u2069]/u;

/** The text that bytes are; `null` where they are none that can be read and typed. */
export function textOf(bytes: Uint8Array, { breaks = false } = {}): string | null {
  try {
    const text = decoder.decode(bytes);
    return (breaks ? UNPRINTABLE_BUT_BREAKS : UNPRINTABLE).test(text) ? null : text;
  } catch {
    return null;
  }
}

/** The text that bytes are, or the quoted string that stands for them. */
export function shown(bytes: Uint8Array): string {
  return textOf(bytes) ?? quote(bytes);
}

/** The bytes that someone means who has edited what `shown` gave for `old`: only what was in quotes is read as such. */
export function meant(text: string, old?: Uint8Array): Uint8Array {
  const wasQuoted = old !== undefined && textOf(old) === null;
  const words = wasQuoted && /^".*"$/s.test(text) ? split(text) : null;
  return words?.length === 1 ? words[0]! : new TextEncoder().encode(text);
}

/** The bytes of hexadecimal digits, with or without space between them; `null` where they are none. */
export function bytesOfHex(digits: string): Uint8Array | null {
  const plain = digits.replace(/\s+/g, "");
  if (!/^([0-9a-f]{2})*$/i.test(plain)) return null;
  return Uint8Array.from(plain.match(/../g) ?? [], (pair) => parseInt(pair, 16));
}

export function hex(byte: number): string {
  return byte.toString(16).padStart(2, "0");
}

const numbers = new Intl.NumberFormat("en");

/** 12,345 */
export function count(number: number): string {
  return numbers.format(number);
}

/** 812 B, 1.2 KB, 34 MB: three digits are enough. */
export function bytes(size: number): string {
  if (size < 1000) return `${size} B`;
  let unit = -1;
  do {
    size /= 1000;
    unit += 1;
  } while (size >= 999.5);
  return `${size < 9.95 ? size.toFixed(1) : Math.round(size)} ${["KB", "MB", "GB", "TB"][unit]}`;
}

const ITEMS = { list: "elements", hash: "fields", set: "members", zset: "members", stream: "entries" } as const;

/** How much a value holds: 5 bytes, 1.2 KB, 3 elements, 1 entry. */
export function extent({ type, size }: { readonly type: KeyType; readonly size: number }): string {
  if (type === "string") return size < 1000 ? `${size} byte${size === 1 ? "" : "s"}` : bytes(size);
  return `${count(size)} ${size === 1 ? ITEMS[type].replace(/ies$/, "y").replace(/s$/, "") : ITEMS[type]}`;
}

const UNITS: readonly (readonly [name: string, ms: number])[] = [["d", 86_400_000], ["h", 3_600_000], ["m", 60_000], ["s", 1000]];

/** 3d 4h, 2m 05s, 7.3s: the two units that matter. */
export function duration(ms: number): string {
  if (ms < 10_000) return `${(Math.max(0, ms) / 1000).toFixed(1)}s`;
  const at = UNITS.findIndex(([, unit]) => ms >= unit);
  const [name, unit] = UNITS[at]!;
  const whole = Math.floor(ms / unit);
  const next = UNITS[at + 1];
  if (next === undefined) return `${whole}s`;
  const rest = Math.floor((ms % unit) / next[1]);
  return `${whole}${name} ${next[0] === "h" ? rest : String(rest).padStart(2, "0")}${next[0]}`;
}

/** The milliseconds of `90`, `90s`, `1h 30m` or `250ms`; `null` where it is no time above zero. */
export function millis(text: string): number | null {
  const units: Readonly<Record<string, number>> = { ...Object.fromEntries(UNITS), ms: 1, "": 1000 };
  const trimmed = text.trim().toLowerCase();
  if (!/^(\d+(\.\d+)?\s*(ms|[dhms])?\s*)+$/.test(trimmed)) return null;
  let total = 0;
  for (const [, number, unit = ""] of trimmed.matchAll(/(\d+(?:\.\d+)?)\s*(ms|[dhms])?/g)) total += Number(number) * units[unit]!;
  return total >= 1 ? Math.round(total) : null;
}
