// One terminal: what was said, and the line to say more.

import { useLayoutEffect, useRef, useState } from "preact/hooks";
import type { ReadonlySignal } from "@preact/signals";
import type { EditorView } from "@codemirror/view";
import type { Layout } from "../layout.js";
import { Client } from "./client.js";
import { hint, takeDocs } from "./completion.js";
import type { Docs } from "./docs.js";
import { Log } from "./log.js";
import { isNothingMarked, prompt, setLine } from "./prompt.js";
import { Search } from "./search.js";
import type { TerminalState } from "./state.js";

const SAMPLES = ["SET greeting hello EX 60", "GET greeting", "INCR visits", "MSET a 1 b 2", "MGET a b c", "HELLO 3", "INFO keyspace"];

/** How near its end a screen is that goes along with what comes. */
const NEAR_PX = 16;

interface TerminalProps {
  readonly terminal: TerminalState;
  readonly layout: Layout;
  readonly isActive: boolean;
  /** Whether it may take the focus as it comes. */
  readonly takesFocus: boolean;
  readonly docs: ReadonlySignal<Docs | undefined>;
  readonly onActive: () => void;
  readonly onClose: (() => void) | undefined;
  readonly onLessons: () => void;
}

export function Terminal({ terminal, layout, isActive, takesFocus, docs, onActive, onClose, onLessons }: TerminalProps) {
  const { client, session } = terminal;
  const screen = useRef<HTMLDivElement>(null);
  const line = useRef<HTMLDivElement>(null);
  const editor = useRef<EditorView | undefined>(undefined);
  const [typed, setTyped] = useState("");
  /** What was typed before it was searched. */
  const [draft, setDraft] = useState<string | undefined>(undefined);
  const entries = terminal.entries.value;
  const isPast = !session.moment.value.isLive;
  const isWaiting = client.isWaiting.value && !isPast;

  useLayoutEffect(() => {
    const parent = line.current!;
    const view = prompt(parent, {
      terminal,
      docs: () => docs.value,
      root: parent.getRootNode() as Document | ShadowRoot,
      tooltips: parent.closest<HTMLElement>(".pane")!,
      onTyped: setTyped,
      onSearch: () => setDraft(view.state.doc.toString()),
    });
    editor.current = view;
    if (takesFocus) view.focus();
    return () => view.destroy();
  }, [terminal]);

  useLayoutEffect(() => {
    if (docs.value !== undefined) takeDocs(editor.current!);
  }, [docs.value]);

  // Who has scrolled back goes on reading, until they type.
  const follows = useRef(true);
  const toEnd = () => {
    if (follows.current) screen.current!.scrollTop = screen.current!.scrollHeight;
  };
  useLayoutEffect(toEnd, [entries.at(-1), layout.raw.value, isWaiting, draft]);
  useLayoutEffect(() => {
    follows.current = true;
    toEnd();
  }, [typed, isPast]);
  useLayoutEffect(() => {
    const observer = new ResizeObserver(toEnd);
    observer.observe(screen.current!);
    return () => observer.disconnect();
  }, []);
  const scrolled = ({ currentTarget: { scrollTop, scrollHeight, clientHeight } }: { currentTarget: HTMLElement }) => {
    follows.current = scrollHeight - scrollTop - clientHeight < NEAR_PX;
  };

  const searched = (how: "run" | "edit" | "drop") => {
    const view = editor.current!;
    const line = view.state.doc.toString();
    if (how !== "edit") setLine(view, how === "run" ? "" : (draft ?? ""));
    setDraft(undefined);
    view.focus();
    if (how === "run") terminal.enter(line);
  };
  const toPrompt = () => {
    if (isNothingMarked(screen.current!.getRootNode() as Document | ShadowRoot)) editor.current?.focus();
  };
  return (
    <section class={`terminal${isActive ? " active" : ""}`} aria-label={terminal.name.value} onFocusIn={onActive}>
      <header><Client terminal={terminal} isFront={isActive} onClose={onClose} /></header>
      <div class="screen" ref={screen} onClick={toPrompt} onScroll={scrolled}>
        {entries.length === 0 && !isPast && (onClose === undefined
          ? <Samples onPick={(sample) => terminal.enter(sample)} onLessons={onLessons} />
          : <p class="samples">Another client of the same engine.</p>)}
        <Log entries={entries} raw={layout.raw.value} isLive={!isPast} />
        <div class={`prompt${isWaiting ? " waiting" : ""}`}>
          <span class="prompt-text" data-text={terminal.prompt.value} aria-hidden="true" />
          <div class="line" ref={line} />
        </div>
        {draft !== undefined && <Search history={terminal.history} onFound={(line) => setLine(editor.current!, line)} onEnd={searched} />}
        {draft === undefined && <About docs={docs.value} line={typed} />}
        {isPast && (
          <p class="wait">
            <span>This is a past moment. Commands that you enter run now.</span>
            <button type="button" onClick={() => session.goLive()}>Return to now</button>
          </p>
        )}
        {isWaiting && (
          <p class="wait" role="status">
            <span class="pulse" aria-hidden="true" /> waits for a reply
            <button type="button" onClick={() => (client.interrupt(), editor.current?.focus())}>Stop <kbd>Ctrl C</kbd></button>
          </p>
        )}
      </div>
    </section>
  );
}

/** What the command that is being typed is for. */
function About({ docs, line }: { docs: Docs | undefined; line: string }) {
  const command = docs && line.trim() !== "" ? hint(docs, line)?.command : undefined;
  if (command === undefined) return null;
  return (
    <p class="about">
      {command.summary} <span>{[command.complexity, `since ${command.since}`].filter((part) => part !== "").join(" · ")}</span>
    </p>
  );
}

/** What a terminal shows before anything was said. */
function Samples({ onPick, onLessons }: { onPick: (sample: string) => void; onLessons: () => void }) {
  const pick = (sample: string) => (event: MouseEvent) => {
    event.stopPropagation();
    onPick(sample);
  };
  return (
    <div class="samples">
      <p>Type a command, or try one of these:</p>
      {SAMPLES.map((sample) => <button key={sample} type="button" onClick={pick(sample)}>{sample}</button>)}
      <p>New to Redis? <button type="button" class="link" onClick={onLessons}>Take a lesson</button></p>
    </div>
  );
}
