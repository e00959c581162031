// The data of an engine, as bytes to keep.

import { joined } from "./bytes.js";
import { thrown } from "./machine.js";
import type { Change } from "./persistence.js";
import type { Runtime } from "./runtime.js";

/** All data of an engine, as an RDB file. */
export function snapshot(runtime: Runtime): Uint8Array {
  return joined(runtime.snapshot());
}

/** Reads all data from an RDB file, but for what has expired by then. */
export function load(runtime: Runtime, file: Uint8Array, time = runtime.now()): void {
  if (file.length === 0) return;
  const { machine } = runtime;
  machine.fill(file);
  machine.forgetInbox();
  try {
    machine.engine.load(file.length, time);
  } catch (reason) {
    throw thrown(reason);
  }
}

/** Makes a change again. */
export function replay(runtime: Runtime, { time, requests }: Change): void {
  const { machine } = runtime;
  machine.fill(requests);
  machine.forgetInbox();
  machine.engine.replay(requests.length, time);
}
