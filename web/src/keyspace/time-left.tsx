import { duration } from "./text.js";

/** The time that something has left: in words, and as a part of what it once had. */
export function TimeLeft({ leftMs, spanMs }: { leftMs: number; spanMs: number }) {
  const part = Math.max(0, Math.min(1, leftMs / Math.max(1, spanMs)));
  return (
    <span class={`ttl${leftMs < 10_000 ? " soon" : ""}`}>
      <span class="bar"><span style={{ transform: `scaleX(${part.toFixed(4)})` }} /></span>
      <span class="left">{duration(leftMs)}</span>
    </span>
  );
}
