// A string as bytes, sixteen a row.

import { useState } from "preact/hooks";
import { Action, Form } from "../form.js";
import { Grid } from "../grid.js";
import type { Subject } from "../subject.js";
import { bytesOfHex, hex } from "../text.js";

const WIDTH = 16;

export function HexView({ subject }: { subject: Subject }) {
  const { key, size, locked } = subject;
  const [offset, setOffset] = useState<number | null>(null);
  const read = (from: number, to: number) => subject.ask("GETRANGE", key, from, to - 1) as Uint8Array;
  return (
    <>
      <Grid
        label="Bytes" count={Math.ceil(size / WIDTH)} onOpen={(row) => setOffset(row * WIDTH)}
        columns={[{ title: "Offset", width: "5.5rem" }, { title: "Bytes", width: "minmax(27rem, auto)" }, { title: "Text", width: "minmax(10rem, 1fr)", isMinor: true }]}
        rows={(from, to) => {
          const bytes = read(from * WIDTH, to * WIDTH);
          return Array.from({ length: to - from }, (_, at) => {
            const row = bytes.subarray(at * WIDTH, (at + 1) * WIDTH);
            const digits = Array.from(row, hex);
            return {
              key: from + at,
              isOpen: offset !== null && Math.floor(offset / WIDTH) === from + at,
              cells: [
                ((from + at) * WIDTH).toString(16).padStart(6, "0"),
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
            { name: "bytes", label: "Bytes in hexadecimal", value: Array.from(read(offset, offset + WIDTH), hex).join(" ") },
          ]}
          onSubmit={(values) => {
            const bytes = bytesOfHex(values["bytes"]!);
            if (bytes === null || bytes.length === 0) return "Bytes are pairs of hexadecimal digits: 0a ff 41.";
            return subject.edit(["SETRANGE", key, values["offset"]!.trim(), bytes]);
          }}
        />
      )}
    </>
  );
}
