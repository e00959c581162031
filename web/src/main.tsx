import "./page.css";
import { signal } from "@preact/signals";
import { render } from "preact";
import { Playground } from "./playground.js";
import { Session } from "./session/session.js";

const session = signal(await begun());

async function begun(): Promise<Session> {
  const session = await Session.open();
  session.connect();
  return session;
}

async function replace(next?: Session): Promise<void> {
  const last = session.value;
  session.value = next ?? (await begun());
  // Its views are there until the next frame.
  setTimeout(() => last.close(), 500);
}

function Page() {
  return <Playground session={session.value} replace={(next) => void replace(next)} isPage />;
}

render(<Page />, document.querySelector("[data-playground]")!);

// What is typed anywhere on the page is typed into the terminal; space and the other keys keep their use.
document.addEventListener("keydown", ({ key, ctrlKey, metaKey, altKey, target }) => {
  if (key.length !== 1 || key === " " || ctrlKey || metaKey || altKey) return;
  if (target instanceof Element && target.closest("input, textarea, select, [contenteditable], dialog, [role=grid], [tabindex='0']") !== null) return;
  document.querySelector<HTMLElement>(".terminal.active .cm-content")?.focus();
});
