// Files and links into the page: what is dropped, chosen or linked to becomes the session.

import { type Signal, signal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import { FormatError, type NamedFile, open } from "../formats/index.js";
import { restored } from "../session/restored.js";
import type { Succession } from "../succession.js";
import { fromLink } from "./link.js";

/** A file that is larger is not for a page. */
const LARGEST_FILE = 256 * 1024 * 1024;

/** Opens files that belong together. */
export async function take(files: readonly File[], succession: Succession): Promise<void> {
  if (files.length === 0) return;
  await succession.attempt(async (watch) => {
    const large = files.find(({ size }) => size > LARGEST_FILE);
    if (large !== undefined) throw new FormatError(`${large.name} is larger than ${LARGEST_FILE / 1024 / 1024} MB`);
    const named: NamedFile[] = await Promise.all(files.map(async (file) => ({ name: file.name, bytes: new Uint8Array(await file.arrayBuffer()) })));
    const { recording, notes } = await open(named, watch);
    const names = files.map(({ name }) => name).join(", ");
    succession.to(await restored(recording, watch), [`Opened ${names}.`, ...notes].join(" "));
  });
}

/** Opens the session of the page's link, now and whenever the link changes. */
export function useLink(isPage: boolean, succession: Succession): void {
  useEffect(() => {
    if (!isPage) return;
    const follow = async () => {
      let hasSession = true;
      await succession.attempt(async (watch) => {
        const recording = await fromLink(location.href, watch);
        hasSession = recording !== undefined;
        if (recording !== undefined) succession.to(await restored(recording, watch), "Opened the session of the link.");
      });
      // Whoever reloads the page goes on with what became of it.
      if (hasSession) history.replaceState(null, "", location.pathname);
    };
    const again = () => void follow();
    again();
    addEventListener("hashchange", again);
    return () => removeEventListener("hashchange", again);
  }, [isPage]);
}

/** Takes files that are dropped anywhere on an element; whether some are above it. */
export function useDrop(root: { readonly current: HTMLElement | null }, succession: Succession): Signal<boolean> {
  const isDragged = useMemo(() => signal(false), []);
  useEffect(() => {
    const page = root.current!;
    const hasFiles = (event: DragEvent) => event.dataTransfer?.types.includes("Files") ?? false;
    const over = (event: DragEvent) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      isDragged.value = true;
    };
    const leave = (event: DragEvent) => {
      if (event.relatedTarget === null || !page.contains(event.relatedTarget as Node)) isDragged.value = false;
    };
    const drop = (event: DragEvent) => {
      isDragged.value = false;
      if (!hasFiles(event)) return;
      event.preventDefault();
      void take([...event.dataTransfer!.files], succession);
    };
    const listeners = { dragover: over, dragleave: leave, drop } as const;
    for (const [name, listener] of Object.entries(listeners)) page.addEventListener(name, listener as EventListener);
    return () => {
      for (const [name, listener] of Object.entries(listeners)) page.removeEventListener(name, listener as EventListener);
    };
  }, []);
  return isDragged;
}
