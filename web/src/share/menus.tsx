// What is done with a session as a whole: another one is begun or opened, and this one is saved, or put into a link.

import { useSignal } from "@preact/signals";
import { useRef } from "preact/hooks";
import { Redstart } from "redstart";
import { FORMATS, type Format } from "../formats/index.js";
import { Menu } from "../menu.js";
import type { Session } from "../session/session.js";
import type { Succession } from "../succession.js";
import { take } from "./files.js";
import { LONGEST_LINK, toLink } from "./link.js";
import { type Redacted, redacted } from "./redact.js";
import "./share.css";

interface MenuProps {
  readonly session: Session;
  readonly succession: Succession;
}

export function SessionMenu({ session, succession }: MenuProps) {
  const picker = useRef<HTMLInputElement>(null);
  return (
    <>
      <input
        ref={picker} type="file" multiple hidden aria-hidden="true" tabIndex={-1}
        onChange={(event) => {
          void take([...(event.currentTarget.files ?? [])], succession);
          event.currentTarget.value = "";
        }}
      />
      <Menu label="Session">
        {(close) => (
          <>
            <button type="button" onClick={() => { close(); succession.to(undefined, "Started a new session."); }}>New session</button>
            <button type="button" onClick={() => { close(); picker.current!.click(); }}>
              Open a file… <small>A recording, commands, MONITOR's output, an AOF or RDB file, a test case. Or drop it on the page.</small>
            </button>
            <p id="redstart-save">Save as</p>
            <div role="group" aria-labelledby="redstart-save">
              {FORMATS.map((format) => (
                <button key={format.title} type="button" onClick={() => { close(); void save(session, format, succession); }}>{format.title}</button>
              ))}
            </div>
          </>
        )}
      </Menu>
    </>
  );
}

export function ShareMenu({ session, succession }: MenuProps) {
  const link = useSignal<{ readonly url: string | undefined; readonly length: number; readonly replaced: number } | undefined>(undefined);
  const make = async () => {
    link.value = undefined;
    try {
      const shared = await recordingOf(session);
      if (isMeant(shared)) link.value = { ...(await toLink(shared.recording, location.href)), replaced: shared.replaced };
    } catch (reason) {
      succession.failed(reason);
    }
  };
  return (
    <Menu label="Share" onOpen={() => void make()}>
      {() => link.value && (
        <div class="share-link">
          {link.value.url === undefined ? (
            <>
              <p>This session makes a link of {thousands(link.value.length)}; one of up to {thousands(LONGEST_LINK)} passes everywhere.</p>
              <button type="button" class="primary" onClick={() => void save(session, FORMATS[0]!, succession)}>Save a recording to send</button>
            </>
          ) : <Copy url={link.value.url} replaced={link.value.replaced} />}
        </div>
      )}
    </Menu>
  );
}

function Copy({ url, replaced }: { readonly url: string; readonly replaced: number }) {
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
      <p>Anyone who opens this link sees this session, with the same replies. The link contains everything that was typed; nothing is uploaded.</p>
      {replaced > 0 && <p>{REPLACED}</p>}
      <div class="copy">
        <input ref={field} type="text" readOnly value={url} aria-label="Link to this session" onFocus={(event) => event.currentTarget.select()} />
        <button type="button" class="primary" onClick={() => void copy()}>{isCopied.value ? "Copied" : "Copy"}</button>
      </div>
      <p class="faint">{thousands(url.length)}</p>
    </>
  );
}

const REPLACED = "Passwords are replaced by other ones, so logins work as before.";

/** The session up to the moment that is shown, without its passwords. */
async function recordingOf(session: Session): Promise<Redacted> {
  const moment = session.moment.peek();
  const whole = session.db.record();
  if (moment.isLive) return redacted(whole);
  const replay = await Redstart.replay(whole);
  const part = replay.record(moment.position);
  replay.close();
  return redacted(part);
}

/** Asks before a password leaves the page. */
function isMeant({ left }: Redacted): boolean {
  return left === 0 || confirm("This session contains a password that cannot be replaced. Share it with the password?");
}

async function save(session: Session, format: Format, succession: Succession): Promise<void> {
  try {
    const shared = await recordingOf(session);
    if (!isMeant(shared)) return;
    const bytes = await format.write(shared.recording);
    const url = URL.createObjectURL(new Blob([bytes as Uint8Array<ArrayBuffer>]));
    Object.assign(document.createElement("a"), { href: url, download: format.fileName }).click();
    setTimeout(() => URL.revokeObjectURL(url), 10_000);
    if (shared.replaced > 0) succession.tell(REPLACED);
  } catch (reason) {
    succession.failed(reason);
  }
}

const thousands = (length: number) => (length < 1000 ? `${length} characters` : `${(length / 1000).toFixed(1)} thousand characters`);
