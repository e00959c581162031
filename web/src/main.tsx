import "./page.css";
import { signal } from "@preact/signals";
import { render } from "preact";
import { keepOffline } from "./offline/register.js";
import { type Notice, NoticeBar, watching } from "./notice.js";
import { Playground } from "./playground.js";
import { keep } from "./session/keeper.js";
import { begun, reopened } from "./session/restored.js";
import type { Session } from "./session/session.js";
import { Store } from "./session/store.js";

// A link brings a session with it; a lesson's says only how far one has come.
const isForeign = (location.hash.length > 1 && !location.hash.startsWith("#lesson=")) || location.search.length > 1;
const store = await Store.open(isForeign);
const kept = await store?.load().catch(() => undefined);
const host = document.querySelector("[data-playground]")!;
const notice = signal<Notice | undefined>(undefined);
const Waiting = () => <div class="redstart page"><NoticeBar notice={notice} /></div>;
if (kept !== undefined) render(<Waiting />, host);
const session = signal(kept === undefined ? await begun() : await reopened(kept, watching(notice)));
let forget = store && keep(session.value, store, kept === undefined || session.value.isCut);

async function replace(next?: Session): Promise<void> {
  const last = session.value;
  forget?.();
  session.value = next ?? (await begun());
  forget = store && keep(session.value, store, true);
  // Its views are there until the next frame.
  setTimeout(() => last.close(), 500);
}

function Page() {
  return <Playground session={session.value} replace={(next) => void replace(next)} isPage />;
}

render(<Page />, host);
keepOffline();

// What is typed anywhere on the page is typed into the terminal; space and the other keys keep their use.
document.addEventListener("keydown", ({ key, ctrlKey, metaKey, altKey, target }) => {
  if (key.length !== 1 || key === " " || ctrlKey || metaKey || altKey) return;
  if (target instanceof Element && target.closest("input, textarea, select, [contenteditable], dialog, [role=grid], [tabindex='0']") !== null) return;
  document.querySelector<HTMLElement>(".terminal.active .cm-content")?.focus();
});
