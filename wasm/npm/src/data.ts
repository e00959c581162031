// Reads and writes the data of an engine as bytes.

import type { BadValue } from "./bad-value.js";
import { joined } from "./bytes.js";
import { Decoder, INCOMPLETE } from "./decoder.js";
import type { KeyType } from "./keyspace.js";
import { thrown } from "./machine.js";
import type { Change } from "./persistence.js";
import type { Runtime } from "./runtime.js";
import { type Reply, Values } from "./values.js";

/** Returns all data of an engine, as an RDB file. */
export function snapshot(runtime: Runtime): Uint8Array {
  return joined(runtime.snapshot());
}

/**
 * Loads all data from an RDB file, except keys that have expired by then. With a listener for
 * values that cannot be decoded, these are left out; otherwise the file is refused.
 */
export function load(runtime: Runtime, file: Uint8Array, time = runtime.now(), onBadValue?: (bad: BadValue) => void): void {
  if (file.length === 0) return;
  const { machine } = runtime;
  machine.fill(file);
  machine.forgetInbox();
  try {
    if (onBadValue === undefined) machine.engine.load(file.length, time);
    else badValues(machine.taken(machine.engine.load_decodable(file.length, time))).forEach(onBadValue);
  } catch (reason) {
    throw thrown(reason);
  }
}

function badValues(replies: Uint8Array): BadValue[] {
  const decoder = new Decoder<Reply>(new Values(true, {}));
  decoder.feed(replies, 0, replies.length);
  const bad: BadValue[] = [];
  for (let reply = decoder.next(); reply !== INCOMPLETE; reply = decoder.next()) {
    const [database, key, type, reason, offset] = reply as [number, Uint8Array, KeyType, string, number];
    bad.push({ database, key, type, reason, offset });
  }
  return bad;
}

/** Applies a change. */
export function replay(runtime: Runtime, { time, requests }: Change): void {
  const { machine } = runtime;
  machine.fill(requests);
  machine.forgetInbox();
  machine.engine.replay(requests.length, time);
}
