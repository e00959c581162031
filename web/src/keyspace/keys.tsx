// The keys of a database: filtered, sorted, with the time that each has left.

import { useLayoutEffect, useRef, useState } from "preact/hooks";
import type { KeyType } from "redstart";
import { same } from "../bytes.js";
import { Grid, type GridRow } from "./grid.js";
import type { Order, Row } from "./rows.js";
import { SAMPLES } from "./samples.js";
import { type KeyspaceState, MARK_MS } from "./state.js";
import type { Run } from "./subject.js";
import { bytes, count, shown } from "./text.js";
import { TimeLeft } from "./time-left.js";

const TYPES: readonly KeyType[] = ["string", "list", "hash", "set", "zset", "stream"];

interface KeysProps {
  readonly state: KeyspaceState;
  readonly locked: string | null;
  readonly run: Run;
}

export function Keys({ state, locked, run }: KeysProps) {
  state.version.value;
  const { rows } = state.rows;
  const source = state.source.value;
  const now = source.now();
  const selected = state.selected.value;
  const column = (title: string, order: Order, rest: { width: string; narrow?: string; isNumber?: boolean; isMinor?: boolean }) => ({
    title,
    ...rest,
    sort: state.order.value !== order ? ("none" as const) : state.descending.value ? ("descending" as const) : ("ascending" as const),
    onSort: () => state.sortBy(order),
  });
  const open = (index: number) => {
    const row = state.rows.rows[index];
    if (row !== undefined) state.selected.value = row.key;
  };
  return (
    <div class="keys">
      <Filter state={state} />
      <Grid
        label="Keys" count={rows.length} onOpen={open} onSeen={(from, to) => state.saw(from, to)}
        columns={[
          column("Key", "name", { width: "minmax(6rem, 1fr)" }),
          column("Type", "type", { width: "4.2rem", narrow: "3.8rem" }),
          { title: "Encoding", width: "5.6rem", isMinor: true },
          column("Size", "size", { width: "4.2rem", narrow: "4.2rem", isNumber: true }),
          column("TTL", "ttl", { width: "8.4rem", narrow: "4.6rem" }),
        ]}
        rows={(from, to) => rows.slice(from, to).map((row) => shownRow(row, now, selected))}
        empty={<Nothing state={state} onSamples={locked === null ? () => run(state.database.value, SAMPLES) : undefined} />}
      />
      <Status state={state} />
    </div>
  );
}

function shownRow(row: Row, now: number, selected: Uint8Array | null): GridRow {
  const since = performance.now() - row.changedAt;
  return {
    key: row.name,
    isOpen: row.key === selected || (selected !== null && same(row.key, selected)),
    class: row.isGone ? "gone" : undefined,
    cells: [
      <>
        {since < MARK_MS && <span key={row.changedAt} class="mark" />}
        <span class="name">{shown(row.key.length > 300 ? row.key.subarray(0, 300) : row.key)}</span>
      </>,
      row.type,
      row.encoding,
      row.isGone ? "" : row.type === "string" ? bytes(row.size) : count(row.size),
      row.isGone ? "gone" : row.deadline !== null && <TimeLeft leftMs={row.deadline - now} spanMs={row.span} />,
    ],
  };
}

function Filter({ state }: { state: KeyspaceState }) {
  const [draft, setDraft] = useState(state.pattern.value);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  useLayoutEffect(() => () => clearTimeout(timer.current), []);
  const write = (text: string) => {
    setDraft(text);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => (state.pattern.value = text), state.rows.total > 5000 ? 150 : 0);
  };
  const { value: databases } = state.databases;
  const { value: database } = state.database;
  const choices = new Map([[0, 0], [database, 0], ...databases.map(({ database, keys }) => [database, keys] as const)]);
  return (
    <div class="keys-filter" role="search" aria-label="Keys">
      <input
        type="search" aria-label="Filter keys" placeholder="Filter, such as user:*" value={draft} spellcheck={false} autocomplete="off" autocapitalize="off"
        title="A pattern as in SCAN MATCH: * ? [a-z] \. Without any of these, matches anywhere in the key."
        onInput={(event) => write(event.currentTarget.value)}
      />
      <select
        aria-label="Database" value={String(database)}
        onChange={(event) => {
          state.selected.value = null;
          state.database.value = Number(event.currentTarget.value);
        }}
      >
        {[...choices].sort(([a], [b]) => a - b).map(([index, keys]) => <option key={index} value={String(index)}>db{index} ({count(keys)})</option>)}
      </select>
      <select aria-label="Type" value={state.type.value} onChange={(event) => (state.type.value = event.currentTarget.value as KeyType | "")}>
        <option value="">all types</option>
        {TYPES.map((type) => <option key={type} value={type}>{type}</option>)}
      </select>
    </div>
  );
}

function Status({ state }: { state: KeyspaceState }) {
  state.version.value;
  const { rows, total, isReading } = state.rows;
  const expiring = state.databases.value.find(({ database }) => database === state.database.value)?.expiring ?? 0;
  const isFiltered = state.pattern.value !== "" || state.type.value !== "";
  const keys = total === 1 ? "1 key" : `${count(total)} keys`;
  return (
    <p class="keys-status" role="status">
      {isReading ? `reading ${keys} …` : isFiltered ? `${count(rows.length)} of ${keys}` : keys}
      {!isReading && expiring > 0 && <span>, {count(expiring)} with a TTL</span>}
    </p>
  );
}

function Nothing({ state, onSamples }: { state: KeyspaceState; onSamples: (() => void) | undefined }) {
  if (state.rows.isReading) return <>Reading …</>;
  if (state.rows.total > 0) return <>No key matches.</>;
  return <>No keys in db{state.database.value}. Set one in the terminal{onSamples && <>, or <button type="button" class="link" onClick={onSamples}>add a key of each type</button></>}.</>;
}
