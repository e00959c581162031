import { quote } from "redstart/format";
import { textOf } from "../text.js";

/** What of a value a row has room for. */
const BRIEF_BYTES = 300;

/** A value in a row: text as it is, other bytes in quotes. */
export function brief(bytes: Uint8Array) {
  const head = bytes.length > BRIEF_BYTES ? headOf(bytes) : bytes;
  const text = textOf(head, { breaks: true });
  const rest = bytes.length > head.length ? "…" : "";
  return text === null ? <span class="quoted">{quote(head)}{rest}</span> : text === "" ? <span class="quoted">""</span> : <>{text}{rest}</>;
}

/** The beginning of a text, not cut within a character. */
function headOf(bytes: Uint8Array): Uint8Array {
  let end = BRIEF_BYTES;
  while (end > BRIEF_BYTES - 4 && (bytes[end]! & 0xc0) === 0x80) end -= 1;
  return bytes.subarray(0, end);
}
