// The ruler of the timeline: a slider over all moments of the session.

import { useSignal, useSignalEffect } from "@preact/signals";
import { useEffect, useMemo, useRef } from "preact/hooks";
import type { Point } from "./axis.js";
import { MOST_LANES, type Span, firstFrom, paint } from "./paint.js";
import { clockText } from "./clock.js";
import type { ReplayState } from "./state.js";

/** How near a command the pointer must be to be at it. */
const NEAR_PX = 6;
const CLOSEST_ZOOM = 8;

export function Ruler({ state }: { readonly state: ReplayState }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const slider = useRef<HTMLDivElement>(null);
  /** The part that is seen; all of it unless somebody looks closer. */
  const zoom = useSignal<Span | undefined>(undefined);
  const hovered = useSignal<{ readonly index: number; readonly x: number } | undefined>(undefined);
  const { axis, player } = state;
  const span = (): Span => zoom.value ?? { from: 0, to: Math.max(axis.length, 12) };
  const draw = useMemo(() => once(() => canvas.current && paint(canvas.current, state, span(), colours(canvas.current))), [state]);
  const wanted = useRef<Point | undefined>(undefined);
  const seek = useMemo(() => once(() => wanted.current && void player.seek(wanted.current)), [state]);

  useSignalEffect(() => {
    state.version.value;
    state.pattern.value;
    zoom.value;
    draw();
  });
  // What is shown stays in sight.
  useSignalEffect(() => {
    const place = axis.placeOf(player.cursor.value ?? axis.end);
    const seen = zoom.peek();
    if (seen === undefined || (place >= seen.from && place <= seen.to)) return;
    const width = seen.to - seen.from;
    zoom.value = within({ from: place - width / 2, to: place + width / 2 }, axis.length);
  });
  useEffect(() => {
    const observer = new ResizeObserver(draw);
    observer.observe(canvas.current!);
    const scheme = matchMedia("(prefers-color-scheme: dark)");
    scheme.addEventListener("change", draw);
    return () => {
      observer.disconnect();
      scheme.removeEventListener("change", draw);
    };
  }, [draw]);

  const placeAt = (event: MouseEvent): number => {
    const { left, width } = slider.current!.getBoundingClientRect();
    const { from, to } = span();
    return from + ((event.clientX - left) / width) * (to - from);
  };
  const drag = (event: PointerEvent) => {
    const { width } = slider.current!.getBoundingClientRect();
    const { from, to } = span();
    const place = placeAt(event);
    const index = firstFrom(axis.places, place - (NEAR_PX * (to - from)) / width);
    // The pointer catches on a command, unless commands are everywhere.
    const isNear = index < axis.places.length && Math.abs(axis.places[index]! - place) <= (NEAR_PX * (to - from)) / width && to - from < width / 10;
    wanted.current = isNear ? axis.marks[index]! : axis.pointAt(Math.max(0, place));
    player.pause();
    seek();
  };
  const hover = (event: PointerEvent) => {
    const { left, width } = slider.current!.getBoundingClientRect();
    const { from, to } = span();
    const index = firstFrom(axis.places, placeAt(event) - (NEAR_PX * (to - from)) / width);
    const x = ((axis.places[index] ?? Infinity) - from) / ((to - from) / width);
    hovered.value = Math.abs(x - (event.clientX - left)) <= NEAR_PX ? { index, x } : undefined;
  };
  const key = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const far = event.shiftKey ? 10 : 1;
    const actions: Record<string, () => void> = {
      ArrowLeft: () => void player.step(-far),
      ArrowDown: () => void player.step(-far),
      ArrowRight: () => void player.step(far),
      ArrowUp: () => void player.step(far),
      PageUp: () => void player.step(Math.ceil(axis.marks.length / 10)),
      PageDown: () => void player.step(-Math.ceil(axis.marks.length / 10)),
      Home: () => void player.home(),
      End: () => player.live(),
      " ": () => void (player.isPlaying.value ? player.pause() : player.play()),
      "+": () => look(1 / 2),
      "-": () => look(2),
    };
    const action = actions[event.key];
    if (action === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    state.reach();
    action();
  };
  const look = (factor: number, around = axis.placeOf(player.point)) => {
    const { from, to } = span();
    const width = Math.max(CLOSEST_ZOOM, (to - from) * factor);
    if (width >= axis.length) return void (zoom.value = undefined);
    const share = (around - from) / (to - from);
    zoom.value = within({ from: around - share * width, to: around + (1 - share) * width }, axis.length);
  };
  const wheel = (event: WheelEvent) => {
    if (event.ctrlKey) look(event.deltaY > 0 ? 1.25 : 0.8, placeAt(event));
    else if (zoom.value !== undefined && event.deltaX !== 0) {
      const by = (event.deltaX / slider.current!.clientWidth) * (zoom.value.to - zoom.value.from);
      zoom.value = within({ from: zoom.value.from + by, to: zoom.value.to + by }, axis.length);
    } else return;
    event.preventDefault();
  };

  state.version.value;
  const { from, to } = span();
  const point = player.cursor.value ?? axis.end;
  const happened = axis.indexAt(point.position);
  const percent = (place: number) => `${(100 * (place - from)) / (to - from)}%`;
  const origin = state.origin.value;
  const lanes = Math.max(1, Math.min(state.lanes.length, MOST_LANES));
  const lane = lanes <= 4 ? 22 : lanes <= 8 ? 15 : 9;
  const said = happened === 0 ? "the beginning" : state.describe(happened - 1);
  return (
    <div class="ruler" style={{ "--lane": `${lane}px`, "--height": `${lane * lanes}px` }}>
      <div class="lanes" aria-hidden="true">
        {state.lanes.slice(0, MOST_LANES).map(({ address, name }) => <span key={address} title={address}>{name}</span>)}
      </div>
      <div
        ref={slider}
        class="track"
        role="slider"
        tabIndex={0}
        aria-label="Moment of the session"
        aria-valuemin={0}
        aria-valuemax={axis.marks.length}
        aria-valuenow={happened}
        aria-valuetext={`${happened} of ${axis.marks.length} commands, ${clockText(point.time)}, ${said}`}
        onKeyDown={key}
        onWheel={wheel}
        onPointerDown={(event) => {
          if (event.button !== 0) return;
          state.reach();
          slider.current!.setPointerCapture(event.pointerId);
          slider.current!.focus();
          drag(event);
        }}
        onPointerMove={(event) => {
          hover(event);
          if (slider.current!.hasPointerCapture(event.pointerId)) drag(event);
        }}
        onPointerLeave={() => (hovered.value = undefined)}
      >
        <canvas ref={canvas} />
        {player.cursor.value !== undefined && <div class="past" style={{ width: percent(axis.placeOf(point)) }} />}
        {origin && <div class="origin" style={{ left: percent(axis.placeOf(origin.point)) }} title="Compared from here" />}
        <div class={`cursor${player.cursor.value === undefined ? " live" : ""}`} style={{ left: percent(axis.placeOf(point)) }} />
        {hovered.value !== undefined && (
          <div class={`tip${hovered.value.x > (slider.current?.clientWidth ?? 0) / 2 ? " left" : ""}`} style={{ left: `${hovered.value.x}px` }}>
            {state.describe(hovered.value.index)}
          </div>
        )}
      </div>
      {axis.marks.length > 30 && (
        <div class="zoom">
          <button type="button" aria-label="Zoom in" title="Zoom in (+)" onClick={() => look(1 / 2)}>+</button>
          <button type="button" aria-label="Zoom out" title="Zoom out (−)" disabled={zoom.value === undefined} onClick={() => look(2)}>−</button>
        </div>
      )}
    </div>
  );
}

/** A part of the axis that does not reach beyond its ends. */
function within({ from, to }: Span, length: number): Span {
  const by = from < 0 ? -from : to > length ? length - to : 0;
  return { from: Math.max(0, from + by), to: to + by };
}

function colours(canvas: HTMLCanvasElement) {
  const style = getComputedStyle(canvas);
  return {
    mark: style.getPropertyValue("color"),
    text: style.getPropertyValue("caret-color"),
    line: style.getPropertyValue("outline-color"),
    hit: style.getPropertyValue("text-decoration-color"),
  };
}

/** Does something once a frame, however often it is asked for. */
function once(what: () => void): () => void {
  let frame = 0;
  return () => {
    frame ||= requestAnimationFrame(() => {
      frame = 0;
      what();
    });
  };
}
