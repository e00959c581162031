// A stream as a log, the newest entry first, and its groups with who reads in them.

import { useState } from "preact/hooks";
import { quote, split } from "redstart/format";
import { latin1 } from "../../bytes.js";
import { Action, Form } from "../form.js";
import { Grid } from "../grid.js";
import type { Subject } from "../subject.js";
import { count, duration, shown, textOf } from "../text.js";

type Entry = [id: Uint8Array, fields: Uint8Array[]];
type Info = Map<string, unknown>;

const PAGE = 200;

export function StreamView({ subject }: { subject: Subject }) {
  const { key, size, locked } = subject;
  const [wanted, setWanted] = useState(PAGE);
  const [open, setOpen] = useState<string | null>(null);
  const entries = subject.ask("XREVRANGE", key, "+", "-", "COUNT", wanted) as Entry[];
  const entry = open === null || open === "new" ? undefined : (subject.ask("XRANGE", key, open, open) as Entry[])[0];
  return (
    <>
      <Grid
        label="Entries" count={entries.length} onOpen={(index) => setOpen(latin1(entries[index]![0]))}
        onEnd={entries.length < size ? () => setWanted(entries.length + PAGE) : undefined}
        columns={[{ title: "Id", width: "11.5rem", narrow: "9rem" }, { title: "Time (UTC)", width: "10.5rem", isMinor: true }, { title: "Fields", width: "minmax(6rem, 1fr)" }]}
        rows={(from, to) => entries.slice(from, to).map(([id, fields]) => {
          const name = latin1(id);
          return { key: name, isOpen: name === open, cells: [name, time(name), <Fields fields={fields} />] };
        })}
        empty="No entries."
      />
      {open === null && <div class="actions"><Action locked={locked} onClick={() => setOpen("new")}>Add entry</Action></div>}
      {open === "new" && (
        <Form
          title="New entry" submit="Add" locked={locked} isKept onClose={() => setOpen(null)}
          fields={[{ name: "fields", label: "New entry", hint: "field value field value …" }]}
          onSubmit={({ fields }) => {
            const words = split(fields!);
            if (words === null || words.length === 0 || words.length % 2 !== 0) return "An entry consists of pairs of a field and a value. Quote words that contain spaces.";
            return subject.edit(["XADD", key, "*", ...words]);
          }}
        />
      )}
      {open !== null && open !== "new" && (
        <section class="form" aria-label={`Entry ${open}`}>
          {entry === undefined ? <p>The entry no longer exists.</p> : (
            <dl class="pairs">{pairs(entry[1]).map(([field, value], at) => <div key={at}><dt>{shown(field)}</dt><dd>{textOf(value, { breaks: true }) ?? quote(value)}</dd></div>)}</dl>
          )}
          <div class="form-buttons">
            <button type="button" onClick={() => setOpen(null)}>Close</button>
            {entry !== undefined && <Action locked={locked} isDanger onClick={() => subject.edit(["XDEL", key, open]) && setOpen(null)}>Remove</Action>}
          </div>
        </section>
      )}
      <Groups subject={subject} />
    </>
  );
}

function Fields({ fields }: { fields: readonly Uint8Array[] }) {
  return <>{pairs(fields.slice(0, 20)).map(([field, value], at) => <span key={at} class="pair"><b>{shown(field)}</b> {shown(value.subarray(0, 100))}</span>)}</>;
}

function Groups({ subject }: { subject: Subject }) {
  const groups = (subject.ask("XINFO", "GROUPS", subject.key) as Map<Uint8Array, unknown>[]).map(named);
  if (groups.length === 0) return null;
  return (
    <div class="groups" tabIndex={0} role="region" aria-label="Groups">
      <table>
        <thead><tr><th scope="col">Group</th><th scope="col" class="number">Pending</th><th scope="col">Last read</th><th scope="col" class="number">Lag</th></tr></thead>
        {groups.map((group) => {
          const name = group.get("name") as Uint8Array;
          const consumers = (subject.ask("XINFO", "CONSUMERS", subject.key, name) as Map<Uint8Array, unknown>[]).map(named);
          return (
            <tbody key={latin1(name)}>
              <tr>
                <th scope="row">{shown(name)}</th>
                <td class="number">{count(Number(group.get("pending")))}</td>
                <td>{latin1(group.get("last-delivered-id") as Uint8Array)}</td>
                <td class="number">{group.get("lag") === null ? "?" : count(Number(group.get("lag")))}</td>
              </tr>
              {consumers.map((consumer) => (
                <tr key={latin1(consumer.get("name") as Uint8Array)} class="consumer">
                  <td>{shown(consumer.get("name") as Uint8Array)}</td>
                  <td class="number">{count(Number(consumer.get("pending")))}</td>
                  <td colSpan={2}>seen {duration(Number(consumer.get("idle")))} ago</td>
                </tr>
              ))}
            </tbody>
          );
        })}
      </table>
    </div>
  );
}

function named(map: Map<Uint8Array, unknown>): Info {
  return new Map([...map].map(([name, value]) => [latin1(name), value]));
}

function pairs(fields: readonly Uint8Array[]): [Uint8Array, Uint8Array][] {
  return Array.from({ length: fields.length >> 1 }, (_, at) => [fields[at * 2]!, fields[at * 2 + 1]!]);
}

/** The time that an id tells, if it was made by the clock. */
function time(id: string): string {
  const ms = Number(id.split("-")[0]);
  return ms > 1e11 && ms < 8.64e15 ? new Date(ms).toISOString().slice(0, 19).replace("T", " ") : "";
}
