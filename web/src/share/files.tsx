// Files and links in and out of the page: dropped or chosen files become the session, and it is saved as any of them, or put into a link.

import { type Signal, useSignal, useSignalEffect } from "@preact/signals";
import { type ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { Redstart } from "redstart";
import { FORMATS, type Format, FormatError, type NamedFile, open } from "../formats/index.js";
import { restored } from "../session/restored.js";
import type { Session } from "../session/session.js";
import { LONGEST_LINK, fromLink, toLink } from "./link.js";
import "./share.css";

/** A file that is larger is not for a page. */
const LARGEST_FILE = 256 * 1024 * 1024;

/** How long it is said that something went well. */
const NOTICE_MS = 6000;
/** How long one can go back to the session that was there before. */
const UNDO_MS = 30_000;

interface FilesProps {
  readonly session: Session;
  /** A session takes the place of this one. */
  readonly onSession: (session: Session) => void;
  /** Whether the page's own link may hold a session. */
  readonly isPage: boolean;
}

/** What is told of a file or link that was opened. */
interface Notice {
  readonly text: string;
  readonly isError: boolean;
  /** The session whose place another one took. */
  readonly before?: Uint8Array | undefined;
}

export function Files({ session, onSession, isPage }: FilesProps) {
  const root = useRef<HTMLDivElement>(null);
  const picker = useRef<HTMLInputElement>(null);
  const notice = useSignal<Notice | undefined>(undefined);
  const isDragged = useSignal(false);
  const current = useRef(session);
  current.current = session;
  const link = useSignal<{ readonly url: string | undefined; readonly length: number } | undefined>(undefined);

  /** Puts a recording in the place of the session; that can be undone if it had commands. */
  const show = async (recording: Uint8Array, text: string) => {
    const { transcript, db, isOpen } = current.current;
    const hasCommands = transcript.exchanges.some(({ kind }) => kind === "request");
    const before = hasCommands && isOpen.peek() ? db.record() : undefined;
    onSession(await restored(recording));
    notice.value = { text, isError: false, before };
  };
  const take = async (files: readonly File[]) => {
    if (files.length === 0) return;
    notice.value = undefined;
    try {
      const large = files.find(({ size }) => size > LARGEST_FILE);
      if (large !== undefined) throw new FormatError(`${large.name} is larger than ${LARGEST_FILE / 1024 / 1024} MB`);
      const named: NamedFile[] = await Promise.all(files.map(async (file) => ({ name: file.name, bytes: new Uint8Array(await file.arrayBuffer()) })));
      const { recording, notes } = await open(named);
      const names = files.map(({ name }) => name).join(", ");
      await show(recording, [`Opened ${names}.`, ...notes].join(" "));
    } catch (reason) {
      notice.value = { text: said(reason), isError: true };
    }
  };
  const undo = async (before: Uint8Array) => {
    notice.value = undefined;
    onSession(await restored(before));
  };
  useDrop(root, isDragged, take);
  // What went well need not be read.
  useSignalEffect(() => {
    if (notice.value === undefined || notice.value.isError) return;
    const timer = setTimeout(() => (notice.value = undefined), notice.value.before === undefined ? NOTICE_MS : UNDO_MS);
    return () => clearTimeout(timer);
  });
  const follow = async () => {
    try {
      const recording = await fromLink(location.href);
      if (recording === undefined) return;
      await show(recording, "Opened the session of the link.");
    } catch (reason) {
      notice.value = { text: said(reason), isError: true };
    }
    // Whoever reloads the page goes on with what became of it.
    history.replaceState(null, "", location.pathname);
  };
  useEffect(() => {
    if (!isPage) return;
    void follow();
    const again = () => void follow();
    addEventListener("hashchange", again);
    return () => removeEventListener("hashchange", again);
  }, [isPage]);

  /** The session up to the moment that is shown. */
  const recording = async () => {
    const moment = session.moment.peek();
    const whole = session.db.record();
    return moment.isLive ? whole : cut(whole, moment.position);
  };
  const save = async (format: Format) => {
    try {
      download(await format.write(await recording()), format.fileName, root.current!);
    } catch (reason) {
      notice.value = { text: said(reason), isError: true };
    }
  };
  const share = async () => {
    link.value = await toLink(await recording(), location.href);
  };
  return (
    <div ref={root} class="files">
      <input ref={picker} type="file" multiple hidden aria-hidden="true" tabIndex={-1}
        onChange={(event) => {
          const { files } = event.currentTarget;
          void take([...(files ?? [])]);
          event.currentTarget.value = "";
        }} />
      <button type="button" onClick={() => picker.current!.click()} title="A recording, commands, MONITOR's output, an AOF or RDB file, a test case. Or drop it here.">Open…</button>
      <Menu label="Save as">
        {(close) => FORMATS.map((format) => (
          <button key={format.title} type="button" onClick={() => { close(); void save(format); }}>{format.title}</button>
        ))}
      </Menu>
      <Menu label="Share" onOpen={() => void share()}>
        {() => link.value && (
          <div class="link">
            {link.value.url === undefined
              ? (<>
                <p>This session makes a link of {kilobytes(link.value.length)}; one of up to {kilobytes(LONGEST_LINK)} passes everywhere.</p>
                <button type="button" class="primary" onClick={() => void save(FORMATS[0]!)}>Save a recording to send</button>
              </>)
              : <Copy url={link.value.url} />}
          </div>
        )}
      </Menu>
      {notice.value && (
        <p class={`notice${notice.value.isError ? " error" : ""}`} role={notice.value.isError ? "alert" : "status"}>
          <span>{notice.value.text}</span>
          {notice.value.before && <button type="button" class="primary" onClick={() => void undo(notice.value!.before!)}>Back to mine</button>}
          <button type="button" aria-label="Dismiss" onClick={() => (notice.value = undefined)}>×</button>
        </p>
      )}
      {isDragged.value && <div class="drop" aria-hidden="true"><p>Drop to open as the session</p></div>}
    </div>
  );
}

function Copy({ url }: { readonly url: string }) {
  const field = useRef<HTMLInputElement>(null);
  const isCopied = useSignal(false);
  const copy = async () => {
    field.current!.select();
    try {
      await navigator.clipboard.writeText(url);
      isCopied.value = true;
    } catch {
      // It is selected: people can copy it themselves.
    }
  };
  return (
    <>
      <p>Whoever opens it sees this session with the same replies. It holds everything that was typed; nothing is uploaded.</p>
      <div class="copy">
        <input ref={field} type="text" readOnly value={url} aria-label="Link to this session" onFocus={(event) => event.currentTarget.select()} />
        <button type="button" class="primary" onClick={() => void copy()}>{isCopied.value ? "Copied" : "Copy"}</button>
      </div>
      <p class="faint">{kilobytes(url.length)}</p>
    </>
  );
}

interface MenuProps {
  readonly label: string;
  readonly onOpen?: () => void;
  readonly children: (close: () => void) => ComponentChildren;
}

/** A button with something below it, until Escape is pressed or the focus goes elsewhere. */
function Menu({ label, onOpen, children }: MenuProps) {
  const isOpen = useSignal(false);
  const root = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const close = () => (isOpen.value = false);
  return (
    <div
      ref={root}
      class="menu"
      onKeyDown={(event) => {
        if (event.key !== "Escape" || !isOpen.value) return;
        close();
        button.current!.focus();
      }}
      onFocusOut={(event) => {
        if (!root.current!.contains(event.relatedTarget as Node | null)) close();
      }}
    >
      <button
        ref={button}
        type="button"
        aria-expanded={isOpen.value}
        onClick={() => {
          isOpen.value = !isOpen.value;
          if (isOpen.value) onOpen?.();
        }}
      >
        {label}
      </button>
      {isOpen.value && <div class="sheet" tabIndex={-1}>{children(close)}</div>}
    </div>
  );
}

/** Takes files that are dropped anywhere on the page. */
function useDrop(root: { readonly current: HTMLElement | null }, isDragged: Signal<boolean>, take: (files: readonly File[]) => Promise<void>): void {
  const latest = useRef(take);
  latest.current = take;
  useEffect(() => {
    const page = (root.current!.closest(".redstart") ?? root.current!.ownerDocument.documentElement) as HTMLElement;
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
      void latest.current([...event.dataTransfer!.files]);
    };
    const listeners = { dragover: over, dragleave: leave, drop } as const;
    for (const [name, listener] of Object.entries(listeners)) page.addEventListener(name, listener as EventListener);
    return () => {
      for (const [name, listener] of Object.entries(listeners)) page.removeEventListener(name, listener as EventListener);
    };
  }, []);
}

async function cut(recording: Uint8Array, position: number): Promise<Uint8Array> {
  const replay = await Redstart.replay(recording);
  const part = replay.record(position);
  replay.close();
  return part;
}

function download(bytes: Uint8Array, name: string, near: HTMLElement): void {
  const url = URL.createObjectURL(new Blob([bytes as Uint8Array<ArrayBuffer>]));
  const anchor = near.ownerDocument.createElement("a");
  anchor.href = url;
  anchor.download = name;
  anchor.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

const said = (reason: unknown) => (reason instanceof Error ? reason.message : String(reason));
const kilobytes = (bytes: number) => (bytes < 1000 ? `${bytes} characters` : `${(bytes / 1000).toFixed(1)} thousand characters`);
