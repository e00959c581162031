// The data of an engine, as bytes to keep.

import { thrown } from "./machine.js";
import type { Change } from "./persistence.js";
import type { Runtime } from "./runtime.js";

/** All data of an engine, as an RDB file. */
export function snapshot(runtime: Runtime): Uint8Array {
  const { machine } = runtime;
  return machine.taken(machine.engine.snapshot(runtime.now()));
}

/** Reads all data from an RDB file, but for what has expired by then. */
export function load(runtime: Runtime, file: Uint8Array, time = runtime.now()): void {
  if (file.length === 0) return;
  runtime.machine.fill(file);
  try {
    runtime.machine.engine.load(file.length, time);
  } catch (reason) {
    throw thrown(reason);
  }
}

/** Makes a change again. */
export function replay(runtime: Runtime, { time, requests }: Change): void {
  runtime.machine.fill(requests);
  runtime.machine.engine.replay(requests.length, time);
}
