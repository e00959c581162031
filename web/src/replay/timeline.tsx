// The timeline: every command of the session on a ruler, and what plays it.

import { useSignal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import { count } from "../keyspace/text.js";
import { restored } from "../session/restored.js";
import type { Session } from "../session/session.js";
import type { Succession } from "../succession.js";
import { Changes } from "./changes.js";
import { clockText } from "./clock.js";
import { SPEEDS } from "./player.js";
import "./replay.css";
import { Ruler } from "./ruler.js";
import { ReplayState } from "./state.js";

interface TimelineProps {
  readonly session: Session;
  readonly succession: Succession;
}

export function Timeline({ session, succession }: TimelineProps) {
  const state = useMemo(() => new ReplayState(session), [session]);
  useEffect(() => () => state.close(), [state]);
  usePlayback(state);
  const isComparing = useSignal(false);
  const { player, axis } = state;
  state.version.value;
  const isPast = player.cursor.value !== undefined;
  const point = player.cursor.value ?? axis.end;
  const happened = axis.indexAt(point.position);
  const stopped = player.stoppedAt.value;

  const goOn = () =>
    succession.attempt(async (watch) => {
      const { replay, position } = await player.cut();
      succession.to(await restored(replay.record(position), watch), "The session continues from that moment.");
    });
  const act = (what: () => void) => () => {
    state.reach();
    what();
  };
  if (axis.marks.length === 0 && !isPast) return <p class="timeline empty">Commands will appear here. Then you can go back to any moment.</p>;
  return (
    <div class="timeline">
      <div class="controls">
        <div class="transport" role="group" aria-label="Playback">
          <Button label="To the beginning" keys="Home" icon="M4 3v10M13 3L6 8l7 5z" onClick={act(() => void player.home())} disabled={happened === 0} />
          <Button label="Step back" keys="←" icon="M11 3L5 8l6 5z" onClick={act(() => void player.step(-1))} disabled={happened === 0} />
          {player.isPlaying.value
            ? <Button label="Pause" keys="Space" icon="M5 3v10M11 3v10" onClick={() => player.pause()} />
            : <Button label="Play" keys="Space" icon="M5 3l8 5-8 5z" onClick={act(() => void player.play())} />}
          <Button label="Step forward" keys="→" icon="M5 3l6 5-6 5z" onClick={act(() => void player.step(1))} disabled={happened >= axis.marks.length} />
          <select aria-label="Speed" title="Speed" value={String(player.speed.value)} onChange={(event) => (player.speed.value = Number(event.currentTarget.value))}>
            {SPEEDS.map((speed) => <option key={speed} value={String(speed)}>×{speed}</option>)}
          </select>
        </div>
        <p class="moment">
          <span class="clock">{clockText(point.time)}</span>
          <span class="count">{isPast && `${count(happened)} of `}{count(axis.marks.length)} command{axis.marks.length === 1 ? "" : "s"}</span>
        </p>
      </div>
      <Ruler state={state} />
      <div class="more">
        {isPast && (
          <div class="back">
            <button type="button" onClick={() => void goOn()} title="Discards what followed this moment">Continue from here</button>
            <button type="button" class="primary" onClick={() => player.live()}>Back to live</button>
          </div>
        )}
        <div class="stops">
          <input
            type="text"
            aria-label="Stop at a command or key"
            placeholder="Stop at: DEL, user:*"
            spellcheck={false}
            autocapitalize="off"
            value={state.pattern.value}
            onInput={(event) => (state.pattern.value = event.currentTarget.value)}
            onKeyDown={(event) => event.key === "Enter" && act(() => void player.toBreakpoint())()}
          />
          <button type="button" disabled={state.pattern.value.trim() === "" || happened >= axis.marks.length} onClick={act(() => void player.toBreakpoint())}>Next</button>
        </div>
        <button
          type="button"
          aria-expanded={isComparing.value}
          onClick={() => {
            isComparing.value = !isComparing.value;
            if (isComparing.value) void state.compareFromHere();
            else state.stopComparing();
          }}
        >
          Compare
        </button>
      </div>
      <p class="stopped" role="status">{stopped !== undefined && `Stopped at ${state.describe(happened - 1)}`}</p>
      {isComparing.value && <Changes state={state} />}
    </div>
  );
}

interface ButtonProps {
  readonly label: string;
  readonly keys: string;
  readonly icon: string;
  readonly disabled?: boolean;
  readonly onClick: () => void;
}

function Button({ label, keys, icon, disabled = false, onClick }: ButtonProps) {
  return (
    <button type="button" aria-label={label} title={`${label} (${keys})`} disabled={disabled} onClick={onClick}>
      <svg viewBox="0 0 16 16" aria-hidden="true"><path d={icon} /></svg>
    </button>
  );
}

/** Lets time pass while it plays. */
function usePlayback(state: ReplayState): void {
  const isPlaying = state.player.isPlaying.value;
  useEffect(() => {
    if (!isPlaying) return;
    let last = performance.now();
    let frame = 0;
    const go = async () => {
      const now = performance.now();
      const elapsed = now - last;
      last = now;
      await state.player.advance(elapsed);
      if (state.player.isPlaying.peek()) frame = requestAnimationFrame(() => void go());
    };
    frame = requestAnimationFrame(() => void go());
    return () => cancelAnimationFrame(frame);
  }, [state, isPlaying]);
}
