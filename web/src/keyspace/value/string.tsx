// A string, as what it is: text, JSON, bytes, bits, or a HyperLogLog.

import { useState } from "preact/hooks";
import { whole } from "../../bytes.js";
import { isHyperLogLog } from "../hyperloglog.js";
import type { Subject } from "../subject.js";
import { textOf } from "../text.js";
import { BitsView } from "./bits.js";
import { HexView } from "./hex.js";
import { HyperLogLogView } from "./hyperloglog.js";
import { JsonView, TextView, isJson } from "./text.js";

/** So much of a string is read to see what it is; what is longer is no text to be edited. */
const TEXT_BYTES = 65536;

type Look = "Text" | "JSON" | "Hex" | "Bits" | "Registers";

export function StringView({ subject }: { subject: Subject }) {
  const [chosen, setChosen] = useState<Look | null>(null);
  const begin = subject.ask("GETRANGE", subject.key, 0, TEXT_BYTES) as Uint8Array;
  const head = begin.length <= TEXT_BYTES ? begin : begin.subarray(0, whole(begin, TEXT_BYTES));
  const text = textOf(head, { breaks: true });
  const looks: Look[] = [];
  if (isHyperLogLog(head)) looks.push("Registers");
  if (text !== null && head.length === subject.size && isJson(text)) looks.push("JSON");
  if (text !== null) looks.push("Text");
  looks.push("Hex", "Bits");
  const look = chosen !== null && looks.includes(chosen) ? chosen : looks[0]!;
  return (
    <>
      <div class="looks" role="group" aria-label="Shown as">
        {looks.map((name) => <button key={name} type="button" aria-pressed={name === look} onClick={() => setChosen(name)}>{name}</button>)}
      </div>
      {look === "Registers" && <HyperLogLogView subject={subject} />}
      {look === "JSON" && <JsonView subject={subject} text={text!} />}
      {look === "Text" && <TextView subject={subject} head={head} />}
      {look === "Hex" && <HexView subject={subject} />}
      {look === "Bits" && <BitsView subject={subject} />}
    </>
  );
}
