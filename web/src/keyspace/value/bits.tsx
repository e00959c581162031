// A string as bits, the first byte's highest bit first, as SETBIT counts them.

import { useRef, useState } from "preact/hooks";
import { Action, Form } from "../form.js";
import { Grid } from "../grid.js";
import type { Subject } from "../subject.js";
import { count } from "../text.js";
import { useIsWide } from "../width.js";

export function BitsView({ subject }: { subject: Subject }) {
  const { key, size, locked } = subject;
  const [isSetting, setSetting] = useState(false);
  const box = useRef<HTMLDivElement>(null);
  /** The bytes of a row. */
  const width = useIsWide(box, 640) ? 8 : 4;
  const ones = Number(subject.ask("BITCOUNT", key));
  return (
    <>
      <p class="note">{count(ones)} of {count(size * 8)} bits are 1.{locked === null && size > 0 && " A click turns one over."}</p>
      <div
        ref={box} class="bits"
        onClick={(event) => {
          const bit = (event.target as Element).closest<HTMLElement>("[data-bit]");
          if (bit !== null && locked === null) subject.edit(["SETBIT", key, bit.dataset["bit"]!, bit.className === "one" ? 0 : 1]);
        }}
      >
        <Grid
          label="Bits" count={Math.ceil(size / width)} columns={[{ title: "Bit", width: "4.5rem", isNumber: true }, { title: "Bits", width: "minmax(0, 1fr)" }]}
          rows={(from, to) => {
            const bytes = subject.ask("GETRANGE", key, from * width, to * width - 1) as Uint8Array;
            return Array.from({ length: to - from }, (_, at) => {
              const row = bytes.subarray(at * width, (at + 1) * width);
              return { key: from + at, cells: [(from + at) * width * 8, <Bits bytes={row} from={(from + at) * width * 8} />] };
            });
          }}
          empty="No bits."
        />
      </div>
      {!isSetting ? <div class="actions"><Action locked={locked} onClick={() => setSetting(true)}>Set a bit</Action></div> : (
        <Form
          title="Set a bit" submit="Set" locked={locked} isKept onClose={() => setSetting(false)}
          fields={[{ name: "bit", label: "Bit", hint: "0" }, { name: "value", label: "0 or 1", hint: "1" }]}
          onSubmit={({ bit, value }) => subject.edit(["SETBIT", key, bit!.trim() || 0, value!.trim() || 1])}
        />
      )}
    </>
  );
}

function Bits({ bytes, from }: { bytes: Uint8Array; from: number }) {
  const digits = Array.from(bytes, (byte) => byte.toString(2).padStart(8, "0"));
  return (
    <span class="bit-row" role="img" aria-label={digits.join(" ")}>
      {digits.map((digits, byte) => (
        <span key={byte} class="byte">
          {Array.from(digits, (digit, bit) => <i key={bit} class={digit === "1" ? "one" : "zero"} data-bit={from + byte * 8 + bit} title={`bit ${from + byte * 8 + bit}`} />)}
        </span>
      ))}
    </span>
  );
}
