// What is said above the panes, and asked.

import { type Signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { Watch } from "./session/watch.js";

export interface Notice {
  readonly text: string;
  readonly isError: boolean;
  readonly actions?: readonly { readonly label: string; run(): void }[];
}

/** How long it is said that something went well where there is nothing to choose. */
const NOTICE_MS = 6000;

/** A watch over work that takes long: it asks in a notice whether to go on, and can be stopped there from then on. */
export function watching(notice: Signal<Notice | undefined>): Watch {
  const watch = new Watch(
    (progress) =>
      new Promise((resolve) => {
        const answer = (goesOn: boolean) => {
          notice.value = goesOn ? { text: "Running the session…", isError: false, actions: [{ label: "Stop", run: () => watch.stop() }] } : undefined;
          resolve(goesOn);
        };
        notice.value = {
          text: `This session takes long to run: ${progress}. Continue?`,
          isError: false,
          actions: [{ label: "Continue", run: () => answer(true) }, { label: "Stop", run: () => answer(false) }],
        };
      }),
  );
  return watch;
}

export function NoticeBar({ notice: shown }: { readonly notice: Signal<Notice | undefined> }) {
  const notice = shown.value;
  useEffect(() => {
    if (notice === undefined || notice.isError || notice.actions !== undefined) return;
    const timer = setTimeout(() => (shown.value = undefined), NOTICE_MS);
    return () => clearTimeout(timer);
  }, [notice]);
  if (notice === undefined) return null;
  return (
    <div class={`notice${notice.isError ? " error" : ""}`}>
      <p role={notice.isError ? "alert" : "status"}>{notice.text}</p>
      {notice.actions?.map(({ label, run }) => <button key={label} type="button" onClick={run}>{label}</button>)}
      <button type="button" class="icon" aria-label="Dismiss" title="Dismiss" onClick={() => (shown.value = undefined)}>×</button>
    </div>
  );
}
