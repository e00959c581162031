import { quote } from "redstart/format";

const PLAIN = /^[!#-&(-[\]-~]+$/;

/** A command as people write it: quotes only where they are needed. */
export function line(args: readonly Uint8Array[]): string {
  return args
    .map((arg) => {
      const text = arg.length < 4096 ? String.fromCharCode(...arg) : "";
      return PLAIN.test(text) ? text : quote(arg);
    })
    .join(" ");
}
