// The terminals of a session, side by side; in a narrow place one at a time.

import { type ReadonlySignal, type Signal, signal } from "@preact/signals";
import { useLayoutEffect, useMemo, useRef } from "preact/hooks";
import type { Layout } from "../layout.js";
import type { SessionClient } from "../session/client.js";
import type { Session } from "../session/session.js";
import { Client } from "./client.js";
import { Docs } from "./docs.js";
import { TerminalState } from "./state.js";
import { Terminal } from "./terminal.js";
import "./terminal.css";

/** What the engine tells of its commands: the same of every session, so it is asked once. */
const docs: Signal<Docs | undefined> = signal(undefined);

function docsOf(session: Session): ReadonlySignal<Docs | undefined> {
  const ask = () => {
    if (session.db.isOpen) docs.value ??= Docs.ask(session.db.fork());
  };
  // Typing may begin before it is known. Safari has no idle callbacks.
  if (docs.peek() === undefined) "requestIdleCallback" in globalThis ? requestIdleCallback(ask, { timeout: 1000 }) : setTimeout(ask, 300);
  return docs;
}

/** What is to be seen beside the name of the terminal in front. */
const TAB_MARGIN = 8;

/** More terminals than this cannot be told apart. */
const MOST = 8;

interface TerminalsProps {
  readonly session: Session;
  readonly layout: Layout;
  readonly takesFocus: boolean;
  /** Shows what lessons there are. */
  readonly onLessons: () => void;
}

export function Terminals({ session, layout, takesFocus, onLessons }: TerminalsProps) {
  const states = useMemo(() => new Map<SessionClient, TerminalState>(), [session]);
  const active = session.front;
  const docs = useMemo(() => docsOf(session), [session]);
  const clients = session.clients.value;
  const shown = clients.map((client) => states.get(client) ?? (states.set(client, new TerminalState(session, client, docs)), states.get(client)!));
  const front = shown.find(({ client }) => client === active.value) ?? shown[0];
  const tabs = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const tab = tabs.current!.querySelector<HTMLElement>(".front");
    if (tab !== null) tabs.current!.scrollLeft = tab.offsetLeft - tabs.current!.clientWidth + tab.offsetWidth + TAB_MARGIN;
  }, [front]);
  const closing = (client: SessionClient) => (clients.length > 1 ? () => session.disconnect(client) : undefined);
  const add = () => {
    active.value = session.connect();
  };
  return (
    <div class="terminals">
      <div class="tools">
        <div class="clients" ref={tabs} role="group" aria-label="Clients">
          {shown.map((state) => (
            <Client key={state.client.address} terminal={state} isFront={state === front} onPick={() => (active.value = state.client)} onClose={closing(state.client)} />
          ))}
        </div>
        <button type="button" onClick={add} disabled={clients.length >= MOST} title="Connect another client to this engine">+ Client</button>
        <span class="space" />
        <button type="button" aria-pressed={layout.raw.value} onClick={() => (layout.raw.value = !layout.raw.value)} title="Show the bytes on the wire">
          Raw<span class="only-wide"> bytes</span>
        </button>
      </div>
      <div class="screens">
        {shown.map((state) => (
          <Terminal
            key={state.client.address} terminal={state} layout={layout} isActive={state === front} docs={docs}
            takesFocus={takesFocus && (active.peek() === undefined ? state === front : state.client === active.peek())}
            onActive={() => (active.value = state.client)}
            onClose={closing(state.client)}
            onLessons={onLessons}
          />
        ))}
      </div>
    </div>
  );
}
