// The keyspace view: the keys of the session's moment, and the value of the one that is selected.

import type { ReadonlySignal } from "@preact/signals";
import { useEffect, useLayoutEffect, useMemo, useRef } from "preact/hooks";
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
  const pane = useRef<HTMLDivElement>(null);
  const isOpen = state.selected.value !== null;
  useLayoutEffect(() => handOver(pane.current!), [isOpen]);
  const locked = moment.value.isLive ? null : "This is a past moment: it cannot be changed.";
  return (
    <div ref={pane} class={`keyspace${isOpen ? " with-value" : ""}`}>
      <div class="split">
        <Keys key={state} state={state} locked={locked} run={run} />
        <Value key={state} state={state} locked={locked} run={run} />
      </div>
    </div>
  );
}

/** Where the value takes the place of the keys, and they its place again, the keyboard goes along. */
function handOver(pane: HTMLElement): void {
  const root = pane.getRootNode() as Document | ShadowRoot;
  const { activeElement } = root;
  const isLost = activeElement === null || activeElement === root.querySelector("body") || pane.contains(activeElement);
  if (!isLost) return;
  const value = pane.querySelector<HTMLElement>(".value");
  const keys = pane.querySelector<HTMLElement>(".keys")!;
  if (value === null) {
    if (pane.dataset["opened"] !== undefined) keys.querySelector<HTMLElement>(".grid")?.focus();
  } else {
    pane.dataset["opened"] = "";
    if (keys.offsetParent === null) value.querySelector<HTMLElement>(".back")?.focus();
  }
}
