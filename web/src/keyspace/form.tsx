// The form beside a value: a few fields, what they are for, and one way to send them.

import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";

export interface Field {
  readonly name: string;
  readonly label: string;
  /** What it says at first. */
  readonly value?: string;
  readonly hint?: string;
  /** Takes lines of text. */
  readonly isLong?: boolean;
  /** Shows something that stays. */
  readonly isFixed?: boolean;
}

interface FormProps {
  readonly title: string;
  readonly fields: readonly Field[];
  readonly submit: string;
  /** Why it cannot be sent. */
  readonly locked: string | null;
  /** Sends it; tells what is wrong with a field, or whether it went well. */
  readonly onSubmit: (values: Readonly<Record<string, string>>) => string | boolean;
  readonly onClose: () => void;
  /** Other things to do with what is open. */
  readonly children?: ComponentChildren;
  /** Stays open, with its fields emptied. */
  readonly isKept?: boolean;
}

export function Form({ title, fields, submit, locked, onSubmit, onClose, children, isKept }: FormProps) {
  const initial = Object.fromEntries(fields.map(({ name, value = "" }) => [name, value]));
  const [drafts, setDrafts] = useState<Readonly<Record<string, string>>>({});
  const [mistake, setMistake] = useState("");
  const form = useRef<HTMLFormElement>(null);
  useLayoutEffect(() => {
    const pane = form.current!.closest(".value");
    const root = form.current!.getRootNode() as Document | ShadowRoot;
    const before = root.activeElement as HTMLElement | null;
    firstField(form.current!)?.focus();
    // Whoever came here by keyboard goes on where they came from.
    return () => {
      if (!root.activeElement?.closest(".form")) return;
      setTimeout(() => (before?.isConnected ? before : pane?.querySelector<HTMLElement>(".grid, .actions button"))?.focus());
    };
  }, []);
  const send = () => {
    const result = onSubmit({ ...initial, ...drafts });
    setMistake(typeof result === "string" ? result : "");
    if (result !== true) return;
    if (!isKept) return onClose();
    setDrafts({});
    firstField(form.current!)?.focus();
  };
  return (
    <form
      ref={form} class="form" aria-label={title}
      onSubmit={(event) => {
        event.preventDefault();
        if (locked === null) send();
      }}
      onKeyDown={(event) => {
        if (event.key === "Escape") onClose();
        else if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && locked === null) send();
        else return;
        event.preventDefault();
        event.stopPropagation();
      }}
    >
      <div class="form-fields">
        {fields.map(({ name, label, hint, isLong, isFixed }) => {
          const value = drafts[name] ?? initial[name]!;
          const common = {
            name, value, placeholder: hint, spellcheck: false, autocomplete: "off", autocapitalize: "off" as const, readOnly: isFixed === true || locked !== null,
            onInput: (event: { currentTarget: { value: string } }) => setDrafts({ ...drafts, [name]: event.currentTarget.value }),
          };
          return (
            <label key={name} class={isLong ? "long" : undefined}>
              <span>{label}</span>
              {isLong ? <textarea rows={Math.min(8, Math.max(2, value.split("\n").length))} {...common} /> : <input {...common} />}
            </label>
          );
        })}
      </div>
      {mistake !== "" && <p class="mistake" role="alert">{mistake}</p>}
      <div class="form-buttons">
        <button type="submit" class="primary" disabled={locked !== null} title={locked ?? undefined}>{submit}</button>
        <button type="button" onClick={onClose}>Close</button>
        {children}
      </div>
    </form>
  );
}

function firstField(form: HTMLFormElement): HTMLElement | null {
  return form.querySelector("input:not([readonly]), textarea:not([readonly])");
}

interface ActionProps {
  readonly locked: string | null;
  readonly onClick: () => void;
  readonly children: ComponentChildren;
  readonly isDanger?: boolean;
  readonly isPressed?: boolean;
}

/** A button that changes data: it says why it cannot. */
export function Action({ locked, onClick, children, isDanger, isPressed }: ActionProps) {
  return (
    <button type="button" class={isDanger ? "danger" : undefined} disabled={locked !== null} title={locked ?? undefined} aria-pressed={isPressed} onClick={onClick}>
      {children}
    </button>
  );
}
