// The key that is selected: what it is, how long it stays, its value, and what can be done with it.

import { useErrorBoundary, useState } from "preact/hooks";
import type { Argument } from "redstart";
import { latin1, same } from "../bytes.js";
import { Action, Form } from "./form.js";
import { TimeLeft } from "./time-left.js";
import { viewed } from "./rows.js";
import type { KeyspaceState } from "./state.js";
import { type Run, type Subject, asking } from "./subject.js";
import { extent, meant, millis, shown } from "./text.js";
import { HashView } from "./value/hash.js";
import { ListView } from "./value/list.js";
import { SetView } from "./value/set.js";
import { SortedSetView } from "./value/sorted-set.js";
import { StreamView } from "./value/stream.js";
import { StringView } from "./value/string.js";

const VIEWS = { string: StringView, list: ListView, hash: HashView, set: SetView, zset: SortedSetView, stream: StreamView };

interface ValueProps {
  readonly state: KeyspaceState;
  readonly locked: string | null;
  readonly run: Run;
}

/** The value of the selected key; nothing without one. */
export function Value({ state, locked, run }: ValueProps) {
  state.version.value;
  const key = state.selected.value;
  const [mistake, setMistake] = useState("");
  if (key === null) return null;
  const database = state.database.value;
  const source = state.source.value;
  const view = viewed(source.keyspace, database, key);
  const close = () => (state.selected.value = null);
  const edit = (...commands: (readonly Argument[])[]) => {
    try {
      run(database, commands);
      setMistake("");
      return true;
    } catch (reason) {
      setMistake(reason instanceof Error ? reason.message : String(reason));
      return false;
    }
  };
  const name = shown(key);
  return (
    <section class="value" aria-label="Value" onKeyDown={(event) => event.key === "Escape" && close()}>
      {view === null ? <Gone name={name} onClose={close} /> : (
        <Present
          key={`${database} ${latin1(key)}`} state={state} name={name} onClose={close}
          subject={{ ...view, database, now: source.now(), locked, edit, ask: asking(source.keyspace, database), select: (key) => (state.selected.value = key) }}
        />
      )}
      {mistake !== "" && (
        <p class="mistake" role="alert">
          {mistake} <button type="button" class="icon" aria-label="Dismiss" onClick={() => setMistake("")}>×</button>
        </p>
      )}
    </section>
  );
}

function Gone({ name, onClose }: { name: string; onClose: () => void }) {
  return (
    <>
      <header class="value-head">
        <Back onClose={onClose} />
        <h2 title={name}>{name}</h2>
      </header>
      <p class="empty">This key does not exist at this moment. It will appear here when it does.</p>
    </>
  );
}

function Back({ onClose }: { onClose: () => void }) {
  return <button type="button" class="icon back" aria-label="Back to the keys" title="Back to the keys" onClick={onClose} />;
}

function Present({ subject, state, name, onClose }: { subject: Subject; state: KeyspaceState; name: string; onClose: () => void }) {
  const [task, setTask] = useState<"ttl" | "rename" | "delete" | null>(null);
  const { type, encoding, ttlMs, locked, key } = subject;
  const done = () => setTask(null);
  const row = state.rows.row(key);
  return (
    <>
      <header class="value-head">
        <Back onClose={onClose} />
        <h2 title={name}>{name}</h2>
        <div class="value-tasks">
          <Action locked={locked} isPressed={task === "ttl"} onClick={() => setTask(task === "ttl" ? null : "ttl")}>TTL</Action>
          <Action locked={locked} isPressed={task === "rename"} onClick={() => setTask(task === "rename" ? null : "rename")}>Rename</Action>
          <Action locked={locked} isPressed={task === "delete"} onClick={() => setTask(task === "delete" ? null : "delete")}>Delete</Action>
        </div>
        <p class="value-facts">
          <span>{type}</span> {encoding !== type && <span>{encoding}</span>} <span>{extent(subject)}</span>
          {ttlMs === null ? <span>no TTL</span> : <TimeLeft leftMs={ttlMs} spanMs={row?.span ?? ttlMs} />}
        </p>
        {locked !== null && <p class="note">{locked}</p>}
      </header>
      {task === "ttl" && (
        <Form
          title="Time to live" submit="Set" locked={locked} onClose={done} fields={[{ name: "ttl", label: "Expires in", hint: "90s, 5m, 1h 30m" }]}
          onSubmit={({ ttl }) => {
            const ms = millis(ttl!);
            return ms === null ? "Enter a time such as 90s, 5m or 1h 30m." : subject.edit(["PEXPIRE", key, ms]);
          }}
        >
          {ttlMs !== null && <Action locked={locked} onClick={() => subject.edit(["PERSIST", key]) && done()}>Keep for ever</Action>}
        </Form>
      )}
      {task === "rename" && (
        <Form
          title="Rename" submit="Rename" locked={locked} onClose={done} fields={[{ name: "name", label: "New name", value: name }]}
          onSubmit={(values) => {
            const renamed = meant(values["name"]!, key);
            if (same(renamed, key)) return true;
            const isDone = subject.edit(["RENAMENX", key, renamed]);
            if (!isDone) return false;
            if (viewed(state.source.value.keyspace, subject.database, key) !== null) return "A key with this name already exists.";
            subject.select(renamed);
            return true;
          }}
        />
      )}
      {task === "delete" && (
        <div class="form confirm" role="group" aria-label="Delete">
          <p>Delete this key?</p>
          <div class="form-buttons">
            <Action locked={locked} isDanger onClick={() => subject.edit(["DEL", key]) && onClose()}>Delete</Action>
            <button type="button" onClick={done}>Keep it</button>
          </div>
        </div>
      )}
      <Body key={type} subject={subject} version={state.version.value} />
    </>
  );
}

/** The view of the type. The key may go, or change its type, between two looks: then the next one shows what there is. */
function Body({ subject, version }: { subject: Subject; version: number }) {
  const [failed, reset] = useErrorBoundary();
  const [failedAt, setFailedAt] = useState(-1);
  if (failed !== undefined) {
    if (failedAt === -1) setFailedAt(version);
    else if (failedAt !== version) {
      setFailedAt(-1);
      reset();
    }
    return <p class="empty">Reloading …</p>;
  }
  const View = VIEWS[subject.type];
  return <div class="value-body"><View subject={subject} /></div>;
}
