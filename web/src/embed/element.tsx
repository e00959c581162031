// `<redstart-playground>`: the playground as an element of any page, such as one of documentation. It lives in a shadow root, with an engine of its own.
//
//   <script type="module">import "redstart/playground";</script>
//   <redstart-playground panes="keyspace timeline">
//     SET greeting hello EX 60
//     GET greeting
//   </redstart-playground>
//
// The lines within it, or of its attribute `commands`, are run as it opens. Attributes: `panes` says what is seen besides the terminal (`keyspace`,
// `timeline`; nothing unless given), `lesson` begins one of the lessons.

import { signal } from "@preact/signals";
import { render } from "preact";
import type { PaneName } from "../layout.js";
import { Playground } from "../playground.js";
import { begun } from "../session/restored.js";
import type { Session } from "../session/session.js";
import bounds from "./bounds.css?inline";
import frame from "./embed.css?inline";
import { styles } from "./styles.js";

/** Where there is no page, as on a server that renders one, the module can be imported all the same. */
const Element = globalThis.HTMLElement ?? (class {} as typeof HTMLElement);

export class RedstartPlayground extends Element {
  #session = signal<Session | undefined>(undefined);
  #isConnected = false;

  connectedCallback(): void {
    if (this.#isConnected) return;
    this.#isConnected = true;
    const root = this.shadowRoot ?? this.attachShadow({ mode: "open" });
    root.adoptedStyleSheets = [bounds, ...styles, frame].map((css) => {
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(css);
      return sheet;
    });
    const shown = (this.getAttribute("panes") ?? "").split(/[\s,]+/);
    const hidden = (["keyspace", "timeline"] as const satisfies PaneName[]).filter((name) => !shown.includes(name));
    const View = () => {
      const session = this.#session.value;
      return session && <Playground session={session} replace={(next) => void this.#replace(next)} hidden={hidden} lesson={this.getAttribute("lesson") ?? undefined} />;
    };
    render(<View />, root);
    // Its text is there once the parser has come past it.
    if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", () => void this.#open(), { once: true });
    else void this.#open();
  }

  disconnectedCallback(): void {
    // Whoever moves it within the page connects it again at once.
    queueMicrotask(() => {
      if (this.isConnected || !this.#isConnected) return;
      this.#isConnected = false;
      render(null, this.shadowRoot!);
      this.#leave(this.#session.peek());
      this.#session.value = undefined;
    });
  }

  /** The commands that are run as it opens. */
  get commands(): readonly string[] {
    return (this.getAttribute("commands") ?? this.textContent).split("\n").map((line) => line.trim()).filter((line) => line !== "");
  }

  async #open(): Promise<void> {
    const session = await begun();
    if (!this.#isConnected || this.#session.peek() !== undefined) return session.close();
    this.#session.value = session;
    for (const line of this.commands) session.clients.peek()[0]!.run(line);
    this.dispatchEvent(new CustomEvent("ready"));
  }

  async #replace(next?: Session): Promise<void> {
    const last = this.#session.peek();
    this.#session.value = next ?? (await begun());
    this.#leave(last);
  }

  /** A session's views are there until the next frame. */
  #leave(session: Session | undefined): void {
    setTimeout(() => session?.close(), 500);
  }
}

if ("customElements" in globalThis && customElements.get("redstart-playground") === undefined) {
  customElements.define("redstart-playground", RedstartPlayground);
}
