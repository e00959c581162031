// The keyspace view: the keys of the session's moment, and the value of the one that is selected.

import type { ReadonlySignal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import "./keyspace.css";
import { Keys } from "./keys.js";
import type { Source } from "./rows.js";
import { KeyspaceState } from "./state.js";
import type { Run } from "./subject.js";
import { Value } from "./value.js";

interface KeyspacePaneProps {
  readonly moment: ReadonlySignal<Source & { readonly isLive: boolean }>;
  /** Grows whenever it is worth looking again. */
  readonly revision: ReadonlySignal<number>;
  readonly run: Run;
}

export function KeyspacePane({ moment, revision, run }: KeyspacePaneProps) {
  const state = useMemo(() => new KeyspaceState(moment, revision), [moment, revision]);
  useEffect(() => () => state.close(), [state]);
  const locked = moment.value.isLive ? null : "This moment is past: nothing in it can be changed.";
  return (
    <div class={`keyspace${state.selected.value === null ? "" : " with-value"}`}>
      <Keys state={state} />
      <Value state={state} locked={locked} run={run} />
    </div>
  );
}
