// A list from its head to its tail.

import { useState } from "preact/hooks";
import { Action, Form } from "../form.js";
import { Grid } from "../grid.js";
import type { Subject } from "../subject.js";
import { meant, shown } from "../text.js";
import { brief } from "./brief.js";

export function ListView({ subject }: { subject: Subject }) {
  const { key, size, locked } = subject;
  const [open, setOpen] = useState<number | "new" | null>(null);
  const element = (index: number) => subject.ask("LINDEX", key, index) as Uint8Array | null;
  const old = typeof open === "number" ? element(open) : null;
  return (
    <>
      <Grid
        label="Elements" count={size} onOpen={setOpen}
        columns={[{ title: "Index", width: "4.5rem", isNumber: true }, { title: "Element", width: "minmax(0, 1fr)" }]}
        rows={(from, to) => (subject.ask("LRANGE", key, from, to - 1) as Uint8Array[]).map((value, at) => (
          { key: from + at, isOpen: from + at === open, cells: [from + at, brief(value)] }
        ))}
        empty="No elements."
      />
      {open === null && <div class="actions"><Action locked={locked} onClick={() => setOpen("new")}>Add element</Action></div>}
      {open === "new" && <Push subject={subject} onClose={() => setOpen(null)} />}
      {old !== null && typeof open === "number" && (
        <Form
          key={open} title={`Element ${open}`} submit="Save" locked={locked} onClose={() => setOpen(null)}
          fields={[{ name: "value", label: `Element ${open}`, value: shown(old), isLong: true }]}
          onSubmit={({ value }) => subject.edit(["LSET", key, open, meant(value!, old)])}
        >
          <Action
            locked={locked} isDanger
            onClick={() => {
              // No command removes by index: the element becomes one that no other is, and that one is removed.
              const marker = `removed:${subject.now}:${Math.random()}`;
              if (subject.edit(["LSET", key, open, marker], ["LREM", key, 1, marker])) setOpen(null);
            }}
          >Remove</Action>
        </Form>
      )}
    </>
  );
}

function Push({ subject, onClose }: { subject: Subject; onClose: () => void }) {
  const [end, setEnd] = useState<"RPUSH" | "LPUSH">("RPUSH");
  return (
    <Form
      title="New element" submit={end === "RPUSH" ? "Add at the tail" : "Add at the head"} locked={subject.locked} onClose={onClose} isKept
      fields={[{ name: "value", label: "New element", isLong: true }]}
      onSubmit={({ value }) => subject.edit([end, subject.key, meant(value!)])}
    >
      <Action locked={subject.locked} onClick={() => setEnd(end === "RPUSH" ? "LPUSH" : "RPUSH")}>{end === "RPUSH" ? "At the head instead" : "At the tail instead"}</Action>
    </Form>
  );
}
