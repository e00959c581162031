// Reverse search, as shells have it: what is found stands in the prompt while one types what it has in it.

import { useState } from "preact/hooks";
import type { History } from "./history.js";

interface SearchProps {
  readonly history: History;
  /** Shows what was found. */
  readonly onFound: (line: string) => void;
  /** Enter runs what was found, other keys leave it to be edited, Escape drops it. */
  readonly onEnd: (how: "run" | "edit" | "drop") => void;
}

export function Search({ history, onFound, onEnd }: SearchProps) {
  const [at, setAt] = useState(history.lines.length);
  const [failed, setFailed] = useState(false);
  const search = (wanted: string, below: number) => {
    const found = wanted === "" ? -1 : history.search(wanted, below);
    setFailed(found < 0 && wanted !== "");
    if (found < 0) return;
    setAt(found);
    onFound(history.lines[found]!);
  };
  const pressed = (event: KeyboardEvent & { currentTarget: HTMLInputElement }) => {
    const { key, ctrlKey, currentTarget: field } = event;
    if (ctrlKey && key === "r") search(field.value, at);
    else if (key === "Enter") onEnd("run");
    else if (key === "Escape" || (ctrlKey && (key === "g" || key === "c"))) onEnd("drop");
    else if (["Tab", "ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "Home", "End"].includes(key)) onEnd("edit");
    else return;
    event.preventDefault();
  };
  return (
    <label class={`search${failed ? " failed" : ""}`}>
      <span>{failed ? "Not found:" : "Search back:"}</span>
      <input
        spellcheck={false} autocomplete="off" autocapitalize="off" ref={(field) => field?.focus()}
        onInput={({ currentTarget }) => search(currentTarget.value, history.lines.length)} onKeyDown={pressed}
      />
      <span class="keys-hint"><kbd>Ctrl R</kbd> older, <kbd>Enter</kbd> run, <kbd>Esc</kbd> leave</span>
    </label>
  );
}
