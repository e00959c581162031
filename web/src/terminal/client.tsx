// Who a terminal is: its name, whether it waits, and what closes it. Where terminals stand beside each other it is the head of each; where there is
// room for one only, those of all stand above it, and bring theirs to the front.

import { useState } from "preact/hooks";
import type { TerminalState } from "./state.js";

interface ClientProps {
  readonly terminal: TerminalState;
  readonly isFront: boolean;
  /** Brings its terminal to the front. */
  readonly onPick?: () => void;
  readonly onClose: (() => void) | undefined;
}

export function Client({ terminal, isFront, onPick, onClose }: ClientProps) {
  const [isNaming, setNaming] = useState(false);
  const { client, session } = terminal;
  const name = terminal.name.value;
  const isWaiting = client.isWaiting.value && session.moment.value.isLive;
  const state = isWaiting ? "waits" : client.isOpen.value ? undefined : "closed";
  const isPicked = onPick === undefined || isFront;
  const end = (field: HTMLInputElement, isMeant: boolean) => {
    setNaming(false);
    if (isMeant) terminal.rename(field.value.trim());
  };
  return (
    <div class={`client${isFront ? " front" : ""}`}>
      {isNaming ? (
        <input
          class="name" aria-label="Name of this client" value={name.startsWith("client ") ? "" : name} placeholder={name} spellcheck={false}
          ref={(field) => field?.focus()}
          onKeyDown={({ key, currentTarget }) => (key === "Enter" || key === "Escape") && end(currentTarget, key === "Enter")}
          onBlur={() => setNaming(false)}
        />
      ) : (
        <button
          type="button" class="name" aria-pressed={onPick && isFront} title={isPicked ? "Rename this client" : undefined}
          onClick={() => (isPicked ? setNaming(true) : onPick())}
        >
          {name}
        </button>
      )}
      {state && <span class={`state ${state}`}>{state}</span>}
      {onClose && isPicked && <button type="button" class="icon" aria-label={`Close ${name}`} title="Close this client" onClick={onClose}>×</button>}
    </div>
  );
}
