// The bytes of a request or a reply, with what each of them means beside it.

import { useMemo, useState } from "preact/hooks";
import { type Piece, annotate, runs } from "./annotate.js";
import "./bytes.css";

/** How many pieces are shown unasked. */
const FEW = 40;
/** Of a long string, its beginning. */
const MOST_BYTES = 240;

export function Bytes({ kind, bytes }: { kind: "request" | "reply"; bytes: Uint8Array }) {
  const pieces = useMemo(() => annotate(kind, bytes), [kind, bytes]);
  const [isWhole, setWhole] = useState(pieces.length <= FEW + 10);
  const shown = isWhole ? pieces : pieces.slice(0, FEW);
  const size = `${bytes.length} byte${bytes.length === 1 ? "" : "s"}`;
  return (
    <div class={`bytes ${kind}`}>
      <table>
        <caption>{kind === "request" ? `→ ${size} sent` : `← ${size} received`}</caption>
        <thead class="unseen"><tr><th scope="col">Bytes</th><th scope="col">Meaning</th></tr></thead>
        <tbody>{shown.map((piece, index) => <Row key={index} piece={piece} bytes={bytes} />)}</tbody>
      </table>
      {!isWhole && <button type="button" onClick={() => setWhole(true)}>Show {pieces.length - FEW} more</button>}
    </div>
  );
}

function Row({ piece: { start, end, depth, isHead, meaning }, bytes }: { piece: Piece; bytes: Uint8Array }) {
  const length = end - start;
  const isLong = length > MOST_BYTES;
  return (
    <tr class={isHead ? "head" : "body"}>
      <td title={meaning} style={{ paddingInlineStart: `${depth * 1.25}ch` }}>
        {runs(bytes.subarray(start, isLong ? start + MOST_BYTES : end)).map(({ text, isControl }, index) =>
          isControl ? <i key={index}>{text}</i> : isHead && index === 0 ? <><b>{text[0]}</b>{text.slice(1)}</> : text)}
        {isLong && <em> … {length - MOST_BYTES} more bytes</em>}
      </td>
      <td>{meaning}</td>
    </tr>
  );
}
