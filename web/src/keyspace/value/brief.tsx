import { quote } from "redstart/format";
import { whole } from "../../bytes.js";
import { textOf } from "../text.js";

/** What of a value a row has room for. */
const BRIEF_BYTES = 300;

/** A value in a row: text as it is, other bytes in quotes. */
export function brief(bytes: Uint8Array) {
  const head = bytes.length > BRIEF_BYTES ? bytes.subarray(0, whole(bytes, BRIEF_BYTES)) : bytes;
  const text = textOf(head, { breaks: true });
  const rest = bytes.length > head.length ? "…" : "";
  return text === null ? <span class="quoted">{quote(head)}{rest}</span> : text === "" ? <span class="quoted">""</span> : <>{text}{rest}</>;
}
