// A string as text that can be edited; JSON is laid out for it, and put together again.

import { useState } from "preact/hooks";
import { Action } from "../form.js";
import type { Subject } from "../subject.js";
import { bytes, textOf } from "../text.js";

/** Whether a text is a JSON object or array: what else parses is as well read as it is. */
export function isJson(text: string): boolean {
  return /^\s*[{[]/.test(text) && parsed(text) !== undefined;
}

export function TextView({ subject, head }: { subject: Subject; head: Uint8Array }) {
  const isWhole = head.length === subject.size;
  const isNumber = subject.encoding === "int";
  if (!isWhole) {
    return (
      <>
        <p class="note">The first {bytes(head.length)} of {bytes(subject.size)}. So long a text is not edited here.</p>
        <pre class="text" tabIndex={0}>{new TextDecoder().decode(head)}</pre>
      </>
    );
  }
  return (
    <Editor subject={subject} text={textOf(head, { breaks: true }) ?? ""} toValue={(draft) => draft}>
      {isNumber && <Action locked={subject.locked} onClick={() => subject.edit(["DECR", subject.key])}>−1</Action>}
      {isNumber && <Action locked={subject.locked} onClick={() => subject.edit(["INCR", subject.key])}>+1</Action>}
    </Editor>
  );
}

export function JsonView({ subject, text }: { subject: Subject; text: string }) {
  const value = parsed(text);
  const isCompact = JSON.stringify(value) === text;
  const toValue = (draft: string) => {
    const edited = parsed(draft);
    if (edited === undefined) return null;
    return isCompact ? JSON.stringify(edited) : draft;
  };
  // Laying out must not change what is there, such as a number with too many digits.
  return <Editor subject={subject} text={isCompact ? JSON.stringify(value, null, 2) : text} toValue={toValue} mistake="This is not valid JSON." />;
}

interface EditorProps {
  readonly subject: Subject;
  readonly text: string;
  /** The string that a draft means; `null` where it means none. */
  readonly toValue: (draft: string) => string | null;
  readonly mistake?: string;
  readonly children?: preact.ComponentChildren;
}

function Editor({ subject, text, toValue, mistake, children }: EditorProps) {
  /** What is being written, and what was there when that began. */
  const [draft, setDraft] = useState<{ text: string; before: string } | null>(null);
  const value = draft && toValue(draft.text);
  const locked = subject.locked ?? (draft === null ? "Nothing has been changed yet." : value === null ? mistake! : null);
  const save = () => {
    if (locked === null && subject.edit(["SET", subject.key, value!, "KEEPTTL"])) setDraft(null);
  };
  return (
    <form
      class="text-form"
      onSubmit={(event) => {
        event.preventDefault();
        save();
      }}
    >
      <textarea
        class="text" aria-label="Value" spellcheck={false} autocapitalize="off" readOnly={subject.locked !== null} value={draft?.text ?? text}
        onInput={(event) => setDraft({ text: event.currentTarget.value, before: draft?.before ?? text })}
        onKeyDown={(event) => {
          if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
          event.preventDefault();
          save();
        }}
      />
      <div class="form-buttons">
        <button type="submit" class="primary" disabled={locked !== null} title={locked ?? undefined}>Save</button>
        {draft !== null && <button type="button" onClick={() => setDraft(null)}>Discard</button>}
        {children}
        {draft !== null && value === null && <span class="mistake" role="status">{mistake}</span>}
        {draft !== null && draft.before !== text && <span class="mistake" role="status">The value has changed meanwhile; saving replaces it.</span>}
      </div>
    </form>
  );
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
