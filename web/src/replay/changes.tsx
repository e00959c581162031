// What differs between the moment that was chosen and the one that is shown.

import { quote } from "redstart/format";
import { clockText } from "./clock.js";
import type { Change } from "./diff.js";
import { type ReplayState, isBefore } from "./state.js";

/** Changes that are listed; more are counted. */
const MOST = 500;
const SIGNS = { added: "+", removed: "−", changed: "~" } as const;
const PLAIN = /^[ !#-[\]-~]+$/;

export function Changes({ state }: { readonly state: ReplayState }) {
  const origin = state.origin.value;
  if (origin === undefined) return null;
  const changes = state.changes.value;
  const point = state.player.cursor.value ?? state.axis.end;
  const [from, to] = isBefore(point, origin.point) ? [point, origin.point] : [origin.point, point];
  const count = (kind: Change["kind"]) => changes.filter((change) => change.kind === kind).length;
  return (
    <div class="changes">
      <div class="summary">
        <p>
          From <span class="clock">{clockText(from.time)}</span> to <span class="clock">{clockText(to.time)}</span>:{" "}
          {changes.length === 0 ? "no key differs. Go to another moment to see what changed." : `${count("added")} added, ${count("changed")} changed, ${count("removed")} removed.`}
        </p>
        <button type="button" onClick={() => state.compareFromHere()}>Compare from here</button>
      </div>
      <ul tabIndex={0} aria-label="Keys that differ">
        {changes.slice(0, MOST).map((change) => (
          <li key={`${change.database} ${change.key}`} class={change.kind}>
            <span class="sign" role="img" aria-label={change.kind}>{SIGNS[change.kind]}</span>
            <span class="key">{change.database > 0 && <small>{change.database}:</small>}{shown(change.key)}</span>
            <span class="what">{described(change)}</span>
          </li>
        ))}
        {changes.length > MOST && <li>and {changes.length - MOST} more</li>}
      </ul>
    </div>
  );
}

function shown(key: Uint8Array): string {
  const text = String.fromCharCode(...key.subarray(0, 200));
  return PLAIN.test(text) ? text : quote(key, 0, Math.min(key.length, 200));
}

function described({ before, after }: Change): string {
  const view = after ?? before!;
  if (before === undefined || after === undefined) return `${view.type}, ${size(view)}`;
  const parts = [];
  if (before.type !== after.type) parts.push(`${before.type} → ${after.type}`);
  else parts.push(after.type);
  if (before.size !== after.size) parts.push(`${before.size} → ${size(after)}`);
  if ((before.ttlMs === null) !== (after.ttlMs === null)) parts.push(after.ttlMs === null ? "expires no more" : "expires now");
  if (parts.length === 1) parts.push(size(after));
  return parts.join(", ");
}

function size({ type, size }: { readonly type: string; readonly size: number }): string {
  if (type === "string") return `${size} byte${size === 1 ? "" : "s"}`;
  const [one, many] = type === "hash" ? ["field", "fields"] : type === "stream" ? ["entry", "entries"] : ["element", "elements"];
  return `${size} ${size === 1 ? one : many}`;
}
