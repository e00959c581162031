// A hash as a table of its fields, each with the time that it has left.

import { useState } from "preact/hooks";
import { latin1, same } from "../../bytes.js";
import { Action, Form } from "../form.js";
import { Grid } from "../grid.js";
import { type Subject, scanned } from "../subject.js";
import { meant, millis, shown } from "../text.js";
import { TimeLeft } from "../time-left.js";
import { brief } from "./brief.js";

const PAGE = 500;

export function HashView({ subject }: { subject: Subject }) {
  const { key, size, locked } = subject;
  const [wanted, setWanted] = useState(PAGE);
  const [open, setOpen] = useState<Uint8Array | "new" | null>(null);
  const { items } = scanned(subject, "HSCAN", wanted);
  const count = items.length / 2;
  return (
    <>
      <Grid
        label="Fields" count={count} onOpen={(index) => setOpen(items[index * 2]!)} onEnd={count < size ? () => setWanted(count + PAGE) : undefined}
        columns={[{ title: "Field", width: "minmax(5rem, 2fr)" }, { title: "Value", width: "minmax(5rem, 3fr)" }, { title: "TTL", width: "8.4rem", narrow: "4.6rem" }]}
        rows={(from, to) => {
          const fields = Array.from({ length: to - from }, (_, at) => items[(from + at) * 2]!);
          const left = timesLeft(subject, fields);
          return fields.map((field, at) => ({
            key: latin1(field),
            isOpen: open instanceof Uint8Array && same(open, field),
            cells: [brief(field), brief(items[(from + at) * 2 + 1]!), left[at]! >= 0 && <FieldTime subject={subject} field={field} leftMs={left[at]!} />],
          }));
        }}
        empty="No fields."
      />
      {open === null && <div class="actions"><Action locked={locked} onClick={() => setOpen("new")}>Add field</Action></div>}
      {open === "new" && (
        <Form
          title="New field" submit="Add" locked={locked} isKept onClose={() => setOpen(null)}
          fields={[{ name: "field", label: "New field" }, { name: "value", label: "Value", isLong: true }]}
          onSubmit={({ field, value }) => subject.edit(["HSET", key, meant(field!), meant(value!)])}
        />
      )}
      {open instanceof Uint8Array && <Editor key={latin1(open)} subject={subject} field={open} onClose={() => setOpen(null)} />}
    </>
  );
}

function Editor({ subject, field, onClose }: { subject: Subject; field: Uint8Array; onClose: () => void }) {
  const { key, locked } = subject;
  const value = subject.ask("HGET", key, field) as Uint8Array | null;
  const [left] = timesLeft(subject, [field]);
  if (value === null) return <div class="actions"><p>The field no longer exists.</p><button type="button" onClick={onClose}>Close</button></div>;
  return (
    <Form
      title={`Field ${shown(field)}`} submit="Save" locked={locked} onClose={onClose}
      fields={[
        { name: "value", label: shown(field), value: shown(value), isLong: true },
        { name: "ttl", label: "Expires in", hint: left! >= 0 ? "as it is" : "never; 90s, 5m, 1h 30m" },
      ]}
      onSubmit={(values) => {
        const ttl = values["ttl"]!.trim() === "" ? left! : millis(values["ttl"]!);
        if (ttl === null) return "Enter a time such as 90s, 5m or 1h 30m.";
        const set = ["HSET", key, field, meant(values["value"]!, value)];
        // HSET takes a field's deadline away.
        return ttl < 0 ? subject.edit(set) : subject.edit(set, ["HPEXPIRE", key, ttl, "FIELDS", 1, field]);
      }}
    >
      {left! >= 0 && <Action locked={locked} onClick={() => subject.edit(["HPERSIST", key, "FIELDS", 1, field])}>Keep for ever</Action>}
      <Action locked={locked} isDanger onClick={() => subject.edit(["HDEL", key, field]) && onClose()}>Remove</Action>
    </Form>
  );
}

/** The milliseconds that fields have left, -1 without an end. */
function timesLeft(subject: Subject, fields: readonly Uint8Array[]): number[] {
  if (fields.length === 0) return [];
  return (subject.ask("HPTTL", subject.key, "FIELDS", fields.length, ...fields) as number[] | null) ?? fields.map(() => -1);
}

/** The longest that fields were seen to have left until a deadline: what their bars are a part of. */
const spans = new Map<string, { deadline: number; spanMs: number }>();

function FieldTime({ subject, field, leftMs }: { subject: Subject; field: Uint8Array; leftMs: number }) {
  const name = `${subject.database} ${latin1(subject.key)}\n${latin1(field)}`;
  const deadline = subject.now + leftMs;
  const known = spans.get(name);
  const spanMs = known !== undefined && Math.abs(known.deadline - deadline) < 2 ? Math.max(known.spanMs, leftMs) : leftMs;
  if (spans.size > 10_000) spans.clear();
  spans.set(name, { deadline, spanMs });
  return <TimeLeft leftMs={leftMs} spanMs={spanMs} />;
}
