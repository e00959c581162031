// Commands to stop at: by their name or by a key that they name.

import { type Redstart, type Reply } from "redstart";
import { latin1 } from "../bytes.js";
import { filter } from "../keyspace/glob.js";
import { commandsOf } from "../protocol/requests.js";

/** Where the keys of a command are, as COMMAND tells: the first, the last counted from the end if negative, and how far apart. */
type Places = readonly [first: number, last: number, step: number];

export class KeyPlaces {
  #places = new Map<string, Places>();

  constructor(db: Redstart) {
    const fork = db.fork();
    for (const [name, , , first, last, step] of fork.call("COMMAND") as Reply[][]) {
      this.#places.set(String(name), [Number(first), Number(last), Number(step)]);
    }
    fork.close();
  }

  keys(args: readonly Uint8Array[]): Uint8Array[] {
    const [first, last, step] = this.#places.get(latin1(args[0] ?? new Uint8Array()).toLowerCase()) ?? [0, 0, 0];
    if (first <= 0 || step <= 0) return [];
    const end = last < 0 ? args.length + last : last;
    return args.filter((_, index) => index >= first && index <= end && (index - first) % step === 0);
  }
}

/** Whether a client's bytes hold a command to stop at. */
export function breakpoint(pattern: string, places: KeyPlaces): (bytes: Uint8Array) => boolean {
  if (pattern.trim() === "") return () => false;
  const isCommand = new RegExp(`^${pattern.trim().replace(/[^\w*]/g, "\\$&").replaceAll("*", ".*")}$`, "i");
  // Unlike a filter it names a key as it is, unless it has wildcards.
  const isKey = /[*?[\\]/.test(pattern) ? filter(pattern.trim()) : (key: string) => key === latin1(new TextEncoder().encode(pattern.trim()));
  return (bytes) => commandsOf(bytes).some((args) => isCommand.test(latin1(args[0]!)) || places.keys(args).some((key) => isKey(latin1(key))));
}

/** What a mark is called: the first command, and how many follow it. */
export function title(bytes: Uint8Array): string {
  const all = commandsOf(bytes);
  const [first] = all;
  if (first === undefined) return "…";
  const name = latin1(first[0]!.subarray(0, 24)).toUpperCase();
  return all.length > 1 ? `${name} +${all.length - 1}` : name;
}
