import { Redstart } from "redstart";
import { History } from "./history.js";
import { Session } from "./session.js";

const SAMPLES = ["SET greeting hello EX 60", "GET greeting", "TTL greeting", "INCR visits", "MSET a 1 b 2", "MGET a b c", "HELLO 3", "INFO keyspace"];

/** Lines that the page keeps: a terminal forgets its oldest, too. */
const LINES = 5000;

const terminal = element("terminal");
const log = element("log");
const form = element("prompt") as HTMLFormElement;
const input = element("command") as HTMLInputElement;
const history = new History();

const session = Redstart.open().then((db) => new Session(db, print));
session.catch((reason: unknown) => append(`the engine did not start: ${String(reason)}`, "error"));

for (const sample of SAMPLES) {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = sample;
  button.addEventListener("click", (event) => {
    void enter(sample);
    // Typing goes on with the mouse; on a phone the keyboard would cover the reply.
    if (event instanceof PointerEvent && event.pointerType === "mouse") input.focus();
  });
  element("samples").append(button);
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const line = input.value;
  input.value = "";
  void enter(line);
});

input.addEventListener("keydown", (event) => {
  if (event.key === "ArrowUp") recall(history.older(input.value));
  else if (event.key === "ArrowDown") recall(history.newer());
  else if (event.key === "l" && event.ctrlKey) log.replaceChildren();
  else return;
  event.preventDefault();
});

input.addEventListener("paste", (event) => {
  const lines = event.clipboardData?.getData("text/plain").split(/\r?\n/) ?? [];
  if (lines.length < 2) return;
  event.preventDefault();
  // What follows the last line end waits to be finished, as in a shell.
  const last = lines.pop() ?? "";
  lines[0] = input.value + (lines[0] ?? "");
  input.value = last;
  void (async () => {
    for (const line of lines) await enter(line);
  })();
});

terminal.addEventListener("click", () => {
  if (getSelection()?.isCollapsed ?? true) input.focus();
});

// What is typed anywhere on the page is typed into the prompt; space and the other keys keep their use.
document.addEventListener("keydown", ({ key, ctrlKey, metaKey, altKey }) => {
  if (key.length === 1 && key !== " " && !ctrlKey && !metaKey && !altKey) input.focus();
});

/** Shows a line as entered, and runs it. */
async function enter(line: string): Promise<void> {
  append(line, "command");
  input.placeholder = "";
  const text = line.trim();
  if (text === "") return;
  history.add(text);
  if (text.toLowerCase() === "clear") return log.replaceChildren();
  (await session).run(text);
}

function print(lines: string[]): void {
  for (const line of lines) append(line, line.startsWith("(error)") ? "error" : line === "(closed)" ? "note" : "reply");
}

function append(text: string, kind: "command" | "reply" | "error" | "note"): void {
  const line = document.createElement("p");
  line.className = kind;
  line.textContent = text;
  log.append(line);
  while (log.childElementCount > LINES) log.firstElementChild?.remove();
  terminal.scrollTop = terminal.scrollHeight;
}

function recall(line: string | undefined): void {
  if (line === undefined) return;
  input.value = line;
  input.setSelectionRange(line.length, line.length);
}

function element(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`the page has no #${id}`);
  return found;
}
