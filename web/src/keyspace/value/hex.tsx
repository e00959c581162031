// A string as bytes: sixteen a row, or eight where there is no room for more.

import { useRef, useState } from "preact/hooks";
import { Action, Form } from "../form.js";
import { Grid } from "../grid.js";
import type { Subject } from "../subject.js";
import { bytesOfHex, hex } from "../text.js";
import { useIsWide } from "../width.js";

export function HexView({ subject }: { subject: Subject }) {
  const { key, size, locked } = subject;
  const [offset, setOffset] = useState<number | null>(null);
  const box = useRef<HTMLDivElement>(null);
  const width = useIsWide(box, 480) ? 16 : 8;
  const read = (from: number, to: number) => subject.ask("GETRANGE", key, from, to - 1) as Uint8Array;
  return (
    <div ref={box} class="stack">
      <Grid
        label="Bytes" count={Math.ceil(size / width)} onOpen={(row) => setOffset(row * width)}
        columns={[{ title: "Offset", width: "4.2rem" }, { title: "Bytes", width: width === 16 ? "25.5rem" : "minmax(12.5rem, auto)" }, { title: "Text", width: "minmax(4rem, 1fr)", isMinor: width === 16 }]}
        rows={(from, to) => {
          const bytes = read(from * width, to * width);
          return Array.from({ length: to - from }, (_, at) => {
            const row = bytes.subarray(at * width, (at + 1) * width);
            const digits = Array.from(row, hex);
            return {
              key: from + at,
              isOpen: offset !== null && Math.floor(offset / width) === from + at,
              cells: [
                ((from + at) * width).toString(16).padStart(6, "0"),
                `${digits.slice(0, 8).join(" ")}  ${digits.slice(8).join(" ")}`,
                Array.from(row, (byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : "·")).join(""),
              ],
            };
          });
        }}
        empty="No bytes."
      />
      {offset === null ? <div class="actions"><Action locked={locked} onClick={() => setOffset(0)}>Write bytes</Action></div> : (
        <Form
          key={offset} title="Write bytes" submit="Write" locked={locked} onClose={() => setOffset(null)}
          fields={[
            { name: "offset", label: "At byte", value: String(offset) },
            { name: "bytes", label: "Bytes in hexadecimal", value: Array.from(read(offset, offset + width), hex).join(" ") },
          ]}
          onSubmit={(values) => {
            const bytes = bytesOfHex(values["bytes"]!);
            if (bytes === null || bytes.length === 0) return "Enter bytes as pairs of hexadecimal digits: 0a ff 41.";
            return subject.edit(["SETRANGE", key, values["offset"]!.trim(), bytes]);
          }}
        />
      )}
    </div>
  );
}
