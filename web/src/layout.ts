// Which panes are seen, and how: it outlives the page where the browser keeps things for it.

import { type Signal, effect, signal } from "@preact/signals";

export type PaneName = "terminals" | "keyspace" | "timeline";

const STORED = "redstart-layout";

export class Layout {
  /** The pane that a narrow page shows. */
  readonly tab: Signal<PaneName> = signal("terminals");
  /** The panes that a wide one hides. */
  readonly hidden: Signal<readonly PaneName[]> = signal([]);
  /** Whether terminals show the bytes of requests and replies. */
  readonly raw = signal(false);
  #dispose: () => void = () => {};

  /** `isKept`: whether it is as it was when the page was left. */
  constructor(isKept: boolean) {
    if (!isKept) return;
    try {
      const { hidden, raw } = JSON.parse(localStorage.getItem(STORED) ?? "{}") as { hidden?: PaneName[]; raw?: boolean };
      if (Array.isArray(hidden)) this.hidden.value = hidden;
      this.raw.value = raw === true;
    } catch {
      return; // The browser keeps nothing for this page.
    }
    this.#dispose = effect(() => {
      const state = JSON.stringify({ hidden: this.hidden.value, raw: this.raw.value });
      try {
        localStorage.setItem(STORED, state);
      } catch {
        // It is full.
      }
    });
  }

  toggle(pane: PaneName): void {
    const hidden = this.hidden.peek();
    this.hidden.value = hidden.includes(pane) ? hidden.filter((other) => other !== pane) : [...hidden, pane];
  }

  /** Makes sure that a pane is seen. */
  reveal(pane: PaneName): void {
    this.tab.value = pane;
    this.hidden.value = this.hidden.peek().filter((other) => other !== pane);
  }

  close(): void {
    this.#dispose();
  }
}
