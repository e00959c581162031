// A set: its members, in the order of SSCAN.

import { useState } from "preact/hooks";
import { latin1, same } from "../../bytes.js";
import { Action, Form } from "../form.js";
import { Grid } from "../grid.js";
import { type Subject, scanned } from "../subject.js";
import { meant, shown } from "../text.js";
import { brief } from "./brief.js";

const PAGE = 500;

export function SetView({ subject }: { subject: Subject }) {
  const { key, size, locked } = subject;
  const [wanted, setWanted] = useState(PAGE);
  const [open, setOpen] = useState<Uint8Array | "new" | null>(null);
  const { items } = scanned(subject, "SSCAN", wanted);
  return (
    <>
      <Grid
        label="Members" count={items.length} onOpen={(index) => setOpen(items[index]!)}
        onEnd={items.length < size ? () => setWanted(items.length + PAGE) : undefined}
        columns={[{ title: "Member", width: "minmax(0, 1fr)" }]}
        rows={(from, to) => items.slice(from, to).map((member) => (
          { key: latin1(member), isOpen: open instanceof Uint8Array && same(open, member), cells: [brief(member)] }
        ))}
        empty="No members."
      />
      {open === null && <div class="actions"><Action locked={locked} onClick={() => setOpen("new")}>Add member</Action></div>}
      {open === "new" && (
        <Form
          title="New member" submit="Add" locked={locked} isKept onClose={() => setOpen(null)} fields={[{ name: "member", label: "New member", isLong: true }]}
          onSubmit={({ member }) => subject.edit(["SADD", key, meant(member!)])}
        />
      )}
      {open instanceof Uint8Array && (
        <Form
          key={latin1(open)} title="Member" submit="Save" locked={locked} onClose={() => setOpen(null)}
          fields={[{ name: "member", label: "Member", value: shown(open), isLong: true }]}
          onSubmit={({ member }) => {
            const renamed = meant(member!, open);
            return same(renamed, open) || subject.edit(["SREM", key, open], ["SADD", key, renamed]);
          }}
        >
          <Action locked={locked} isDanger onClick={() => subject.edit(["SREM", key, open]) && setOpen(null)}>Remove</Action>
        </Form>
      )}
    </>
  );
}
