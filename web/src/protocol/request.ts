// Commands as clients send them, written as bytes and as lines.

import type { Argument } from "redstart";
import { quote } from "redstart/format";
import { joined } from "../bytes.js";

const utf8 = new TextEncoder();
const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const LINE_END = utf8.encode("\r\n");

/** A command as bytes. */
export function encoded(command: readonly Argument[]): Uint8Array<ArrayBuffer> {
  const args = command.map((arg) => (arg instanceof Uint8Array ? arg : utf8.encode(String(arg))));
  return joined([utf8.encode(`*${args.length}\r\n`), ...args.flatMap((arg) => [utf8.encode(`$${arg.length}\r\n`), arg, LINE_END])]);
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
