// A sorted set as a ranking, the highest score first; where scores are places on the globe, with their coordinates.

import { useState } from "preact/hooks";
import { latin1, same } from "../../bytes.js";
import { Action, Form } from "../form.js";
import { type Column, Grid } from "../grid.js";
import type { Subject } from "../subject.js";
import { meant, shown } from "../text.js";
import { brief } from "./brief.js";

type Scored = [member: Uint8Array, score: number];

export function SortedSetView({ subject }: { subject: Subject }) {
  const { key, size, locked } = subject;
  const [isAscending, setAscending] = useState(false);
  const [open, setOpen] = useState<Uint8Array | "new" | null>(null);
  const range = (from: number, to: number, reversed: boolean) =>
    subject.ask("ZRANGE", key, from, to, ...(reversed ? ["REV"] : []), "WITHSCORES") as Scored[];
  const lowest = range(0, 0, false)[0]?.[1] ?? 0;
  const highest = range(0, 0, true)[0]?.[1] ?? 0;
  const [hasPlaces, setPlaces] = useState<boolean | null>(null);
  const mayHavePlaces = [lowest, highest].every((score) => Number.isInteger(score) && score > 2 ** 40 && score < 2 ** 52);
  const showsPlaces = mayHavePlaces && (hasPlaces ?? true);
  const columns: Column[] = [
    { title: "Rank", width: "4rem", isNumber: true },
    { title: "Member", width: "minmax(5rem, 1fr)" },
    ...(showsPlaces
      ? [{ title: "Longitude", width: "6.5rem", isNumber: true }, { title: "Latitude", width: "6.5rem", isNumber: true }]
      : [{ title: "Score", width: "minmax(7rem, 1.2fr)", narrow: "7rem", isNumber: true }]),
  ];
  return (
    <>
      <Grid
        label="Ranking" count={size} columns={columns}
        onOpen={(index) => setOpen(range(index, index, !isAscending)[0]?.[0] ?? null)}
        rows={(from, to) => {
          const members = range(from, to - 1, !isAscending);
          const places = showsPlaces ? (subject.ask("GEOPOS", key, ...members.map(([member]) => member)) as ([number, number] | null)[]) : [];
          return members.map(([member, score], at) => ({
            key: latin1(member),
            isOpen: open instanceof Uint8Array && same(open, member),
            cells: [
              isAscending ? size - from - at : from + at + 1,
              brief(member),
              ...(showsPlaces ? (places[at] ?? [0, 0]).map((degrees) => Number(degrees).toFixed(5)) : [<span class="scored"><Bar part={part(score, lowest, highest)} /><span>{written(score)}</span></span>]),
            ],
          }));
        }}
        empty="No members."
      />
      {open === null && (
        <div class="actions">
          <Action locked={locked} onClick={() => setOpen("new")}>Add member</Action>
          <button type="button" onClick={() => setAscending(!isAscending)}>{isAscending ? "Highest first" : "Lowest first"}</button>
          {mayHavePlaces && <button type="button" aria-pressed={showsPlaces} onClick={() => setPlaces(!showsPlaces)}>Coordinates</button>}
        </div>
      )}
      {open === "new" && (
        <Form
          title="New member" submit="Add" locked={locked} isKept onClose={() => setOpen(null)}
          fields={[{ name: "member", label: "New member" }, { name: "score", label: "Score" }]}
          onSubmit={({ member, score }) => (score!.trim() === "" ? "A member needs a score." : subject.edit(["ZADD", key, score!.trim(), meant(member!)]))}
        />
      )}
      {open instanceof Uint8Array && <Editor key={latin1(open)} subject={subject} member={open} onClose={() => setOpen(null)} />}
    </>
  );
}

function Editor({ subject, member, onClose }: { subject: Subject; member: Uint8Array; onClose: () => void }) {
  const { key, locked } = subject;
  const score = subject.ask("ZSCORE", key, member) as number | null;
  if (score === null) return <div class="actions"><p>The member no longer exists.</p><button type="button" onClick={onClose}>Close</button></div>;
  return (
    <Form
      title={`Member ${shown(member)}`} submit="Save" locked={locked} onClose={onClose}
      fields={[{ name: "score", label: `Score of ${shown(member)}`, value: written(score) }]}
      onSubmit={(values) => subject.edit(["ZADD", key, values["score"]!.trim(), member])}
    >
      <Action locked={locked} isDanger onClick={() => subject.edit(["ZREM", key, member]) && onClose()}>Remove</Action>
    </Form>
  );
}

function Bar({ part }: { part: number }) {
  return <span class="bar"><span style={{ transform: `scaleX(${part.toFixed(4)})` }} /></span>;
}

/** How much of its bar a score fills: from zero on, unless some are below. */
function part(score: number, lowest: number, highest: number): number {
  const from = Math.min(0, lowest);
  const width = Math.max(0, highest) - from;
  if (!Number.isFinite(width)) return score === Infinity ? 1 : 0;
  return width === 0 ? 0 : (score - from) / width;
}

function written(score: number): string {
  return score === Infinity ? "inf" : score === -Infinity ? "-inf" : String(score);
}
