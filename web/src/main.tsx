import "./page.css";
import { signal } from "@preact/signals";
import { render } from "preact";
import { keepOffline } from "./offline/register.js";
import { Playground } from "./playground.js";
import { keep } from "./session/keeper.js";
import { begun, reopened } from "./session/restored.js";
import type { Session } from "./session/session.js";
import { Store } from "./session/store.js";

// A link brings a session with it.
const store = await Store.open(location.hash.length > 1 || location.search.length > 1);
const kept = await store?.load().catch(() => undefined);
const session = signal(kept === undefined ? await begun() : await reopened(kept));
let forget = store && keep(session.value, store, kept === undefined);

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

render(<Page />, document.querySelector("[data-playground]")!);
keepOffline();

// What is typed anywhere on the page is typed into the terminal; space and the other keys keep their use.
document.addEventListener("keydown", ({ key, ctrlKey, metaKey, altKey, target }) => {
  if (key.length !== 1 || key === " " || ctrlKey || metaKey || altKey) return;
  if (target instanceof Element && target.closest("input, textarea, select, [contenteditable], dialog, [role=grid], [tabindex='0']") !== null) return;
  document.querySelector<HTMLElement>(".terminal.active .cm-content")?.focus();
});
