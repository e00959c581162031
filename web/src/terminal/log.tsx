// What a terminal has shown. Entries that stay as they are are not looked at again: a long session scrolls as lightly as a short one.

import { Component } from "preact";
import { useState } from "preact/hooks";
import { count as counted } from "../keyspace/text.js";
import type { Entry } from "./scrollback.js";
import { Bytes } from "../protocol/bytes.js";

/** How many entries are shown of the past, whose end may be anywhere a moment later. */
const MOST_OF_PAST = 256;
/** How many entries are looked at as one. */
const CHUNK = 64;
/** How many lines of an entry are shown unasked, and how much of a line. */
const MOST_LINES = 1000;
const MOST_OF_LINE = 4000;
/** A terminal forgets its oldest entries, too. */
const MOST = 2048;

export function Log({ entries, raw, isLive }: { entries: readonly Entry[]; raw: boolean; isLive: boolean }) {
  const most = isLive ? MOST : MOST_OF_PAST;
  const from = Math.max(0, Math.floor((entries.length - most) / CHUNK) * CHUNK);
  const chunks = [];
  for (let at = from; at < entries.length; at += CHUNK) {
    chunks.push(<Chunk key={`${at} ${entries[0]!.exchange.position}`} entries={entries.slice(at, at + CHUNK)} raw={raw} />);
  }
  return <div class="log" role="log" aria-label="Session">{chunks}</div>;
}

interface ChunkProps {
  readonly entries: readonly Entry[];
  readonly raw: boolean;
}

class Chunk extends Component<ChunkProps> {
  override shouldComponentUpdate(next: ChunkProps): boolean {
    const { entries, raw } = this.props;
    return raw !== next.raw || entries.length !== next.entries.length || entries[0] !== next.entries[0] || entries.at(-1) !== next.entries.at(-1);
  }

  override render({ entries, raw }: ChunkProps) {
    return entries.map((entry, index) => <Shown key={index} entry={entry} raw={raw} />);
  }
}

/** A line; of a very long one its beginning, and the rest on demand. */
function Text({ text }: { text: string }) {
  const [isWhole, setWhole] = useState(text.length <= MOST_OF_LINE * 1.5);
  if (isWhole) return <>{text}</>;
  return <>{text.slice(0, MOST_OF_LINE)}<More count={text.length - MOST_OF_LINE} what="characters" onMore={() => setWhole(true)} /></>;
}

function More({ count, what, onMore }: { count: number; what: string; onMore: () => void }) {
  return <button type="button" class="more" onClick={onMore}>… {counted(count)} more {what}</button>;
}

function Shown({ entry, raw }: { entry: Entry; raw: boolean }) {
  const { kind, lines, prompt, exchange } = entry;
  const [most, setMost] = useState(MOST_LINES);
  return (
    <div class={`entry ${kind}`}>
      {lines.slice(0, most).map((line, index) => (
        <p key={index} class={line.isError ? "error" : undefined}>
          {kind === "command" && <span class="prompt-text" data-text={`${prompt} `} aria-hidden="true" />}
          <Text text={line.text} />
        </p>
      ))}
      {lines.length > most && <More count={lines.length - most} what="lines" onMore={() => setMost(most * 10)} />}
      {raw && (exchange.kind === "request" || exchange.kind === "reply") && <Bytes kind={exchange.kind} bytes={exchange.bytes} />}
    </div>
  );
}
