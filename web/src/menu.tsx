import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useRef } from "preact/hooks";

interface MenuProps {
  readonly label: string;
  readonly onOpen?: () => void;
  readonly children: (close: () => void) => ComponentChildren;
}

/** A button with something below it, until Escape is pressed or the focus goes elsewhere; arrows walk through what is there. */
export function Menu({ label, onOpen, children }: MenuProps) {
  const isOpen = useSignal(false);
  const root = useRef<HTMLDivElement>(null);
  const close = () => (isOpen.value = false);
  const walk = (event: KeyboardEvent, step: number) => {
    const buttons = [...root.current!.querySelectorAll<HTMLElement>("button")];
    const at = buttons.indexOf(event.target as HTMLElement);
    if (at < 0) return;
    event.preventDefault();
    buttons[(at + step + buttons.length) % buttons.length]!.focus();
  };
  return (
    <div
      ref={root} class="menu"
      onKeyDown={(event) => {
        if (!isOpen.value) return;
        if (event.key === "ArrowDown") walk(event, 1);
        if (event.key === "ArrowUp") walk(event, -1);
        if (event.key !== "Escape") return;
        close();
        root.current!.querySelector("button")!.focus();
      }}
      onFocusOut={(event) => {
        if (!root.current!.contains(event.relatedTarget as Node | null)) close();
      }}
    >
      <button
        type="button" aria-expanded={isOpen.value}
        onClick={() => {
          isOpen.value = !isOpen.value;
          if (isOpen.value) onOpen?.();
        }}
      >
        {label}
      </button>
      {isOpen.value && <div class="sheet" tabIndex={-1}>{children(close)}</div>}
    </div>
  );
}
