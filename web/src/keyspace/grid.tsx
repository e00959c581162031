// A table of any length: only the rows that are seen exist. It is one stop of the keyboard; arrows walk through its rows, Enter opens one.

import type { ComponentChildren, TargetedKeyboardEvent } from "preact";
import { useId, useLayoutEffect, useRef, useState } from "preact/hooks";

export interface Column {
  readonly title: string;
  /** Numbers stand at the right. */
  readonly isNumber?: boolean;
  /** Its part of the width, as in `grid-template-columns`. */
  readonly width: string;
  /** The same in a narrow table. */
  readonly narrow?: string;
  /** Narrow tables leave it out. */
  readonly isMinor?: boolean;
  readonly sort?: "ascending" | "descending" | "none";
  readonly onSort?: () => void;
}

export interface GridRow {
  readonly key: string | number;
  readonly cells: readonly ComponentChildren[];
  readonly isOpen?: boolean;
  readonly class?: string | undefined;
}

interface GridProps {
  readonly label: string;
  readonly columns: readonly Column[];
  readonly count: number;
  /** The rows from `from` to before `to`. */
  readonly rows: (from: number, to: number) => readonly GridRow[];
  readonly onOpen?: (index: number) => void;
  /** The last rows are seen, and there may be more. */
  readonly onEnd?: (() => void) | undefined;
  readonly onSeen?: (from: number, to: number) => void;
  readonly empty: ComponentChildren;
}

/** The height of a row, in the pixels of CSS. */
const ROW = 30;
/** Rows that exist above and below those that are seen, so that none is missing while the page scrolls. */
const MARGIN = 6;

export function Grid({ label, columns, count, rows, onOpen, onEnd, onSeen, empty }: GridProps) {
  const id = useId();
  const box = useRef<HTMLDivElement>(null);
  const [active, setActive] = useState(0);
  const opened = useRef<number | undefined>(undefined);
  const [{ top, height }, setPlace] = useState({ top: 0, height: 600 });
  const from = Math.max(0, Math.min(Math.floor(top / ROW) - MARGIN, count - 1));
  const to = Math.min(count, Math.ceil((top + height) / ROW) + MARGIN);
  const current = Math.min(active, count - 1);

  useLayoutEffect(() => {
    const element = box.current!;
    const place = () => setPlace((old) => (old.top === element.scrollTop && old.height === element.clientHeight ? old : { top: element.scrollTop, height: element.clientHeight }));
    // What was opened stays in sight as the table makes room for it.
    const observer = new ResizeObserver(() => {
      if (opened.current !== undefined) reveal(element, opened.current);
      opened.current = undefined;
      place();
    });
    observer.observe(element);
    element.addEventListener("scroll", place, { passive: true });
    return () => {
      observer.disconnect();
      element.removeEventListener("scroll", place);
    };
  }, []);
  useLayoutEffect(() => {
    onSeen?.(from, to);
    if (to >= count && count > 0) onEnd?.();
  }, [from, to, count]);

  const walk = (index: number) => {
    const next = Math.max(0, Math.min(count - 1, index));
    setActive(next);
    reveal(box.current!, next);
  };
  const open = (index: number) => {
    setActive(index);
    opened.current = index;
    onOpen?.(index);
  };
  const onKeyDown = (event: TargetedKeyboardEvent<HTMLDivElement>) => {
    if (event.target !== event.currentTarget || event.ctrlKey || event.altKey || event.metaKey) return;
    const page = Math.max(1, Math.floor(height / ROW) - 2);
    const steps: Readonly<Record<string, number>> = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -Infinity, End: Infinity };
    const step = steps[event.key];
    if (step !== undefined) walk(current + step);
    else if ((event.key === "Enter" || event.key === " ") && count > 0 && onOpen !== undefined) open(current);
    else return;
    event.preventDefault();
  };

  const isMinor = columns.map((column) => (column.isMinor ? " minor" : "") + (column.isNumber ? " number" : ""));
  const template = columns.map(({ width }) => width).join(" ");
  const wide = { "--columns": template, "--narrow-columns": columns.filter((column) => !column.isMinor).map(({ width, narrow = width }) => narrow).join(" ") };
  return (
    <div
      ref={box} class={`grid${onOpen ? " opens" : ""}`} role="grid" aria-label={label} aria-rowcount={count + 1} tabIndex={0} style={wide} onKeyDown={onKeyDown}
      aria-activedescendant={current >= from && current < to ? `${id}-${current}` : undefined}
    >
      <div role="rowgroup" class="grid-head">
        <div role="row" aria-rowindex={1} class="grid-row">
          {columns.map(({ title, sort, onSort }, at) => (
            <span key={title} role="columnheader" class={`cell${isMinor[at]}`} aria-sort={sort}>
              {onSort === undefined ? title : <button type="button" class={`sort ${sort}`} onClick={onSort}>{title}</button>}
            </span>
          ))}
        </div>
      </div>
      {count === 0 ? <div role="rowgroup"><div role="row"><div role="gridcell" class="empty">{empty}</div></div></div> : (
        <div role="rowgroup" class="grid-body" style={{ height: `${count * ROW}px` }}>
          {rows(from, to).map((row, at) => (
            <div
              key={row.key} id={`${id}-${from + at}`} role="row" aria-rowindex={from + at + 2} aria-selected={row.isOpen ?? false}
              class={`grid-row${from + at === current ? " active" : ""}${row.class ? ` ${row.class}` : ""}`}
              style={{ transform: `translateY(${(from + at) * ROW}px)` }}
              onClick={() => open(from + at)}
            >
              {row.cells.map((cell, column) => <span key={column} role="gridcell" class={`cell${isMinor[column]}`}>{cell}</span>)}
            </div>
          ))}
        </div>
      )}
    </div>
  );
}

/** Scrolls as far as it takes to see a row. */
function reveal(element: HTMLElement, index: number): void {
  const room = element.clientHeight - ROW;
  if (index * ROW < element.scrollTop) element.scrollTop = index * ROW;
  else if ((index + 1) * ROW > element.scrollTop + room) element.scrollTop = (index + 1) * ROW - room;
}
