/** The playground as an element: `<redstart-playground>`. Importing this module defines it. */
export class RedstartPlayground extends HTMLElement {
  /** The commands that are run as it opens: the lines of its attribute `commands`, or else of its text. */
  get commands(): readonly string[];
}

declare global {
  interface HTMLElementTagNameMap {
    "redstart-playground": RedstartPlayground;
  }
}
