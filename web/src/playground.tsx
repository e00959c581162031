// The playground: terminals, the keys beside them, and the timeline below; a narrow page shows one of them at a time. It lives in any element, also in
// a shadow root.

import type { ComponentChildren } from "preact";
import { useEffect, useMemo, useRef } from "preact/hooks";
import { KeyspacePane } from "./keyspace/pane.js";
import { Layout, type PaneName } from "./layout.js";
import { Guide, LessonList, type Lessons, useLessons } from "./lessons/lessons.js";
import { Timeline } from "./replay/timeline.js";
import { restored } from "./session/restored.js";
import type { Session } from "./session/session.js";
import { useDrop, useLink } from "./share/files.js";
import { SessionMenu, ShareMenu } from "./share/menus.js";
import { NoticeBar } from "./notice.js";
import { type Succession, useSuccession } from "./succession.js";
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
  const root = useRef<HTMLDivElement>(null);
  const layout = useMemo(() => new Layout(isPage, hidden), [isPage]);
  useEffect(() => () => layout.close(), [layout]);
  const succession = useSuccession(session, replace);
  const lessons = useLessons(session, replace, isPage, lesson);
  useLink(isPage, succession);
  const isDragged = useDrop(root, succession);
  // A page has one main part, and an element of another page is not it.
  const Main = isPage ? "main" : "div";
  return (
    <div ref={root} class={isPage ? "redstart page" : "redstart"}>
      <div class="frame" data-tab={layout.tab.value}>
        <Header session={session} layout={layout} lessons={lessons} succession={succession} />
        <NoticeBar notice={succession.notice} />
        {session.isOpen.value ? (
          <Main class="panes">
            <Pane name="terminals" layout={layout}>
              <Guide lessons={lessons} />
              <Terminals key={session} session={session} layout={layout} takesFocus={isPage} onLessons={() => (lessons.isChoosing.value = true)} />
            </Pane>
            <Pane name="keyspace" layout={layout}>
              <KeyspacePane moment={session.moment} revision={session.revision} run={session.edit} />
            </Pane>
            <Pane name="timeline" layout={layout}><Timeline key={session} session={session} succession={succession} /></Pane>
          </Main>
        ) : (
          <Main class="shut-down"><Ended session={session} replace={replace} succession={succession} /></Main>
        )}
      </div>
      {isDragged.value && <div class="drop" aria-hidden="true"><p>Drop to open as the session</p></div>}
    </div>
  );
}

/** What is there once the engine has ended. */
function Ended({ session, replace, succession }: { session: Session; replace: (next?: Session) => void; succession: Succession }) {
  const failure = session.failure.value;
  const goOn = () => void succession.attempt(async (watch) => replace(await restored(session.db.record(), watch)));
  return failure === undefined ? (
    <>
      <p>The engine was shut down. Its data is lost, as on a server without persistence.</p>
      <button type="button" class="primary" onClick={() => replace()}>Start a new session</button>
    </>
  ) : (
    <>
      <p role="alert">The engine failed at the last command: {failure}</p>
      <p>Everything before it is kept, even if the page is reloaded.</p>
      <button type="button" class="primary" onClick={goOn}>Continue from before it</button>
      <button type="button" onClick={() => replace()}>Start a new session</button>
    </>
  );
}

function Pane({ name, layout, children }: { name: PaneName; layout: Layout; children: ComponentChildren }) {
  const isHidden = name !== "terminals" && layout.hidden.value.includes(name);
  return <section class={`pane ${name}-pane${isHidden ? " hidden" : ""}`} aria-label={TITLES[name]}>{children}</section>;
}

interface HeaderProps {
  readonly session: Session;
  readonly layout: Layout;
  readonly lessons: Lessons;
  readonly succession: Succession;
}

function Header({ session, layout, lessons, succession }: HeaderProps) {
  return (
    <header class="top">
      <h1>Redstart</h1>
      <p class="motto">A Redis that runs in this page. Nothing you type leaves it.</p>
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
      <div class="menus">
        <LessonList lessons={lessons} />
        <SessionMenu session={session} succession={succession} />
        <ShareMenu session={session} succession={succession} />
      </div>
    </header>
  );
}
