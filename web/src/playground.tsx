// The playground: terminals, the keys beside them, and the timeline below; a narrow page shows one of them at a time. It lives in any element, also in
// a shadow root.

import type { ComponentChildren } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { KeyspacePane } from "./keyspace/pane.js";
import { Layout, type PaneName } from "./layout.js";
import { Guide, LessonList, type Lessons, useLessons } from "./lessons/lessons.js";
import type { Session } from "./session/session.js";
import { Timeline } from "./replay/timeline.js";
import { Files } from "./share/files.js";
import { Terminals } from "./terminal/terminals.js";
import "./style.css";

export interface PlaygroundProps {
  readonly session: Session;
  /** Puts another session into the place of this one, an empty one unless given. */
  readonly replace: (next?: Session) => void;
  /** Whether it is all that its page is: then it takes the focus, and keeps how it was set up. */
  readonly isPage?: boolean;
  /** The panes that are not seen at first. */
  readonly hidden?: readonly PaneName[];
  /** The name of a lesson to begin with. */
  readonly lesson?: string | undefined;
}

const TITLES: Readonly<Record<PaneName, string>> = { terminals: "Terminals", keyspace: "Keys", timeline: "Timeline" };
const PANES = Object.keys(TITLES) as PaneName[];

export function Playground({ session, replace, isPage = false, hidden = [], lesson }: PlaygroundProps) {
  const layout = useMemo(() => new Layout(isPage, hidden), [isPage]);
  useEffect(() => () => layout.close(), [layout]);
  const lessons = useLessons(session, replace, isPage, lesson);
  // A page has one main part, and an element of another page is not it.
  const Main = isPage ? "main" : "div";
  return (
    <div class={isPage ? "redstart page" : "redstart"}>
      <div class="frame" data-tab={layout.tab.value}>
        <Header session={session} layout={layout} replace={replace} lessons={lessons} isPage={isPage} />
        {session.isOpen.value ? (
          <Main class="panes">
            <Pane name="terminals" layout={layout}>
              <Guide lessons={lessons} />
              <Terminals key={session} session={session} layout={layout} takesFocus={isPage} />
            </Pane>
            <Pane name="keyspace" layout={layout}>
              <KeyspacePane moment={session.moment} revision={session.revision} run={session.edit} />
            </Pane>
            <Pane name="timeline" layout={layout}><Timeline key={session} session={session} onSession={replace} /></Pane>
          </Main>
        ) : (
          <Main class="shut-down">
            <p>The engine was shut down. Its data is gone, as on a server that saves nothing.</p>
            <button type="button" onClick={() => replace()}>Begin a new session</button>
          </Main>
        )}
      </div>
    </div>
  );
}

function Pane({ name, layout, children }: { name: PaneName; layout: Layout; children: ComponentChildren }) {
  const isHidden = name !== "terminals" && layout.hidden.value.includes(name);
  return <section class={`pane ${name}-pane${isHidden ? " hidden" : ""}`} aria-label={TITLES[name]}>{children}</section>;
}

interface HeaderProps extends Required<Pick<PlaygroundProps, "session" | "replace" | "isPage">> {
  readonly layout: Layout;
  readonly lessons: Lessons;
}

function Header({ session, layout, replace, lessons, isPage }: HeaderProps) {
  return (
    <header class="top">
      <h1>Redstart</h1>
      <p class="motto">A Redis that lives in this page. Nothing you type leaves it.</p>
      <span class="space" />
      <nav class="tabs" aria-label="Panes">
        {PANES.map((name) => (
          <button key={name} type="button" aria-pressed={layout.tab.value === name} onClick={() => (layout.tab.value = name)}>{TITLES[name]}</button>
        ))}
      </nav>
      <div class="toggles" role="group" aria-label="Panes">
        {PANES.slice(1).map((name) => (
          <button key={name} type="button" aria-pressed={!layout.hidden.value.includes(name)} onClick={() => layout.toggle(name)}>{TITLES[name]}</button>
        ))}
      </div>
      <LessonList lessons={lessons} />
      <Files session={session} onSession={replace} isPage={isPage} />
      <NewSession session={session} replace={replace} />
    </header>
  );
}

/** Begins anew, once asked whether that is meant. */
function NewSession({ session, replace }: { session: Session; replace: PlaygroundProps["replace"] }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [commands, setCommands] = useState(0);
  const ask = () => {
    const asked = session.transcript.exchanges.filter(({ kind }) => kind === "request").length;
    if (asked === 0) return replace();
    setCommands(asked);
    dialog.current!.showModal();
  };
  return (
    <>
      <button type="button" onClick={ask} title="Begin a new session">New<span class="only-wide"> session</span></button>
      <dialog ref={dialog} aria-labelledby="redstart-new">
        <h2 id="redstart-new">Begin a new session?</h2>
        <p>This one, its keys and its {commands === 1 ? "one command" : `${commands} commands`}, will be gone.</p>
        <form method="dialog">
          <button>Cancel</button>
          <button class="primary" onClick={() => replace()}>Begin anew</button>
        </form>
      </dialog>
    </>
  );
}
