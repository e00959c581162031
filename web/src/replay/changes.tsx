// What differs between the moment that was chosen and the one that is shown: keys, and within them what became of their values.

import { useMemo, useState } from "preact/hooks";
import { count, duration, extent, shown } from "../keyspace/text.js";
import { clockText } from "./clock.js";
import type { Difference } from "./delta.js";
import type { Change } from "./diff.js";
import { type ReplayState, isBefore } from "./state.js";

/** Changes that are listed; more are counted. */
const MOST = 500;
/** Where there are no more than these, values are seen at once. */
const FEW = 12;
/** The part of a key that is shown. */
const MOST_OF_KEY = 200;
const SIGNS = { added: "+", removed: "−", changed: "~" } as const;

export function Changes({ state }: { readonly state: ReplayState }) {
  const origin = state.origin.value;
  const changes = state.changes.value;
  if (origin === undefined) return null;
  const point = state.player.cursor.value ?? state.axis.end;
  const [from, to] = isBefore(point, origin.point) ? [point, origin.point] : [origin.point, point];
  const counts = (["added", "changed", "removed"] as const)
    .map((kind) => [changes.filter((change) => change.kind === kind).length, kind] as const)
    .filter(([number]) => number > 0)
    .map(([number, kind]) => `${count(number)} ${kind}`);
  return (
    <div class="changes">
      <div class="summary">
        <p>
          From <span class="clock">{clockText(from.time)}</span> to <span class="clock">{clockText(to.time)}</span>:{" "}
          {changes.length === 0 ? "no key differs. Go to another moment to see what changed." : `${counts.join(", ")}.`}
        </p>
        <button type="button" onClick={() => void state.compareFromHere()}>Compare from here</button>
      </div>
      {changes.length > 0 && (
        <ul tabIndex={0} aria-label="Keys that differ">
          {changes.slice(0, MOST).map((change) => <Row key={`${change.database} ${change.key}`} state={state} change={change} isSeen={changes.length <= FEW} />)}
          {changes.length > MOST && <li>and {count(changes.length - MOST)} more</li>}
        </ul>
      )}
    </div>
  );
}

/** A key, and on demand its value. */
function Row({ state, change, isSeen }: { readonly state: ReplayState; readonly change: Change; readonly isSeen: boolean }) {
  const [choice, setChoice] = useState<boolean | undefined>(undefined);
  const { kind, database, key } = change;
  const isOpen = choice ?? isSeen;
  return (
    <li class={kind}>
      <details open={isOpen} onToggle={(event) => event.currentTarget.open !== isOpen && setChoice(event.currentTarget.open)}>
        <summary>
          <span class="sign" role="img" aria-label={kind}>{SIGNS[kind]}</span>
          <span class="key">{database > 0 && <small>{database}:</small>}{shown(key.subarray(0, MOST_OF_KEY))}</span>
          <span class="what">{described(change)}</span>
        </summary>
        {isOpen && <Values state={state} change={change} />}
      </details>
    </li>
  );
}

function Values({ state, change }: { readonly state: ReplayState; readonly change: Change }) {
  const delta = useMemo(() => state.delta(change), [change]);
  if (delta === undefined) return null;
  const { lines, more, isCut } = delta;
  const isBoth = change.before !== undefined && change.after !== undefined;
  return (
    <div class="values">
      {lines.map((line, index) => <Line key={index} {...line} />)}
      {more > 0 && <p>and {count(more)} more</p>}
      {isCut && <p>Only a part of this large value is compared: its beginning, or its latest entries.</p>}
      {lines.length === 0 && isBoth && !isCut && <p>The value is the same. Something else differs: deadlines, groups, or the encoding.</p>}
    </div>
  );
}

function Line({ name, before, after }: Difference) {
  return (
    <p>
      {name !== undefined && <b>{name}</b>}
      {before !== undefined && <del>{before}</del>}
      {before !== undefined && after !== undefined && " → "}
      {after !== undefined && <ins>{after}</ins>}
    </p>
  );
}

function described({ before, after }: Change): string {
  const view = after ?? before!;
  if (before === undefined || after === undefined) return `${view.type}, ${extent(view)}`;
  const parts = [before.type === after.type ? after.type : `${before.type} → ${after.type}`];
  parts.push(before.type === after.type && before.size !== after.size ? `${count(before.size)} → ${extent(after)}` : extent(after));
  if (before.ttlMs !== null && after.ttlMs === null) parts.push("no longer expires");
  if (before.ttlMs === null && after.ttlMs !== null) parts.push(`expires in ${duration(after.ttlMs)}`);
  return parts.join(", ");
}
