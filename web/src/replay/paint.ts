// Draws the commands of a session, a lane for each client: as ticks, with their names where there is room. What lies on the same pixel is drawn once, so
// that a hundred thousand commands take no longer than there are pixels.

import { firstWhere } from "../bisect.js";
import type { ReplayState } from "./state.js";

/** The part of the axis that is seen. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

export interface Colours {
  readonly mark: string;
  readonly text: string;
  readonly line: string;
  readonly hit: string;
}

/** The room a name needs. */
const NAME_PX = 44;
/** Lanes that are told apart; further clients share the last. */
export const MOST_LANES = 12;

export function paint(canvas: HTMLCanvasElement, state: ReplayState, span: Span, colours: Colours): void {
  const { clientWidth: width, clientHeight: height } = canvas;
  const scale = window.devicePixelRatio || 1;
  if (canvas.width !== Math.round(width * scale)) canvas.width = Math.round(width * scale);
  if (canvas.height !== Math.round(height * scale)) canvas.height = Math.round(height * scale);
  const context = canvas.getContext("2d");
  if (context === null || width === 0) return;
  context.setTransform(scale, 0, 0, scale, 0, 0);
  context.clearRect(0, 0, width, height);
  const { axis, lanes, player } = state;
  const count = Math.max(1, Math.min(lanes.length, MOST_LANES));
  const lane = height / count;
  context.fillStyle = colours.line;
  for (let at = 0; at < count; at += 1) context.fillRect(0, at * lane + lane - 1, width, 1);
  const perPixel = (span.to - span.from) / width || 1;
  const hasPattern = state.pattern.peek().trim() !== "";
  const first = firstFrom(axis.places, span.from);
  /** How far each lane is drawn, and up to where its last name goes. */
  const drawn = new Int32Array(count).fill(-1);
  const named = new Float64Array(count).fill(-1);
  context.font = `11px ${getComputedStyle(canvas).fontFamily}`;
  context.textBaseline = "middle";
  for (let index = first; index < axis.marks.length; index += 1) {
    const place = axis.places[index]!;
    if (place > span.to + 1) break;
    const mark = axis.marks[index]!;
    const x = Math.floor((place - span.from) / perPixel);
    const at = state.laneOf(mark);
    const isHit = hasPattern && player.isBreakpoint(index);
    if (drawn[at] === x && !isHit) continue;
    drawn[at] = x;
    const y = at * lane;
    context.fillStyle = isHit ? colours.hit : colours.mark;
    // Where every pixel is drawn, lightly: then it is a band.
    context.globalAlpha = perPixel > 1 && !isHit ? 0.45 : 1;
    context.fillRect(x - 1, y + 2, perPixel > 1 && !isHit ? 1 : isHit ? 3 : 2, lane - 4);
    context.globalAlpha = 1;
    // Its name stands before it, as its step does, where the one before leaves room.
    if (lane < 14 || x - Math.max(named[at]!, 0) < NAME_PX) {
      named[at] = x;
      continue;
    }
    context.fillStyle = isHit ? colours.hit : colours.text;
    const room = x - named[at]! - 8;
    context.textAlign = "right";
    context.fillText(fitted(context, mark.name, room), x - 4, y + lane / 2);
    named[at] = x;
  }
}

function fitted(context: CanvasRenderingContext2D, text: string, room: number): string {
  if (context.measureText(text).width <= room) return text;
  let end = text.length - 1;
  while (end > 0 && context.measureText(`${text.slice(0, end)}…`).width > room) end -= 1;
  return end === 0 ? "" : `${text.slice(0, end)}…`;
}

/** The first mark at or behind a place. */
export function firstFrom(places: readonly number[], place: number): number {
  return firstWhere(places.length, (index) => places[index]! >= place);
}
