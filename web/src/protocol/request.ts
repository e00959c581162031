// Commands as clients send them, written and read.

import type { Argument } from "redstart";
import { quote } from "redstart/format";

const utf8 = new TextEncoder();
const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** A command as bytes. */
export function encoded(command: readonly Argument[]): Uint8Array<ArrayBuffer> {
  const args = command.map((arg) => (arg instanceof Uint8Array ? arg : utf8.encode(String(arg))));
  const parts: Uint8Array[] = [utf8.encode(`*${args.length}\r\n`)];
  for (const arg of args) parts.push(utf8.encode(`$${arg.length}\r\n`), arg, utf8.encode("\r\n"));
  return joined(parts);
}

export function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** An argument as one types it: in quotes only where it needs them. */
export function typed(arg: Uint8Array): string {
  let text: string;
  try {
    text = strict.decode(arg);
  } catch {
    return quote(arg);
  }
  return text !== "" && !/[\s"'\\\p{C}]/u.test(text) ? text : quote(arg);
}

/** The line that sends a command. */
export function lineOf(command: readonly Uint8Array[]): string {
  return command.map(typed).join(" ");
}
