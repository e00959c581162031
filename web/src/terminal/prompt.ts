// The line that is typed: CodeMirror, with the keys of a shell.

import { defaultKeymap, history as undoable, historyKeymap } from "@codemirror/commands";
import { EditorState, Prec } from "@codemirror/state";
import { EditorView, keymap } from "@codemirror/view";
import { completion } from "./completion.js";
import type { Docs } from "./docs.js";
import type { TerminalState } from "./state.js";

export interface PromptOptions {
  readonly terminal: TerminalState;
  readonly docs: () => Docs | undefined;
  /** Where its styles go: a document, or a shadow root. */
  readonly root: Document | ShadowRoot;
  /** What the list of completions is put into. */
  readonly tooltips: HTMLElement;
  readonly onTyped: (line: string) => void;
  readonly onSearch: () => void;
}

export function prompt(parent: HTMLElement, { terminal, docs, root, tooltips, onTyped, onSearch }: PromptOptions): EditorView {
  const sources = { docs, keyspace: () => terminal.session.moment.peek().keyspace, database: () => terminal.database };
  return new EditorView({
    parent,
    root,
    extensions: [
      oneLine,
      completion(sources, tooltips),
      Prec.high(keymap.of([...shellKeys(terminal), { key: "Ctrl-r", run: () => (onSearch(), true) }])),
      undoable(),
      keymap.of([...defaultKeymap, ...historyKeymap]),
      EditorView.lineWrapping,
      EditorView.contentAttributes.of({
        "aria-label": "Command", "aria-multiline": "false", enterkeyhint: "send", autocapitalize: "off", autocorrect: "off", spellcheck: "false",
      }),
      EditorView.domEventHandlers({ paste: (event, view) => pasted(event, view, terminal) }),
      EditorView.updateListener.of(({ docChanged, state }) => docChanged && onTyped(state.doc.toString())),
    ],
  });
}

/** Puts a line in the place of what was typed. */
export function setLine(view: EditorView, line: string): void {
  view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: line }, selection: { anchor: line.length }, scrollIntoView: true });
}

/** Line ends cannot be typed: what comes from elsewhere has them made to spaces. */
const oneLine = EditorState.transactionFilter.of((transaction) => {
  if (transaction.newDoc.lines === 1) return transaction;
  const line = transaction.newDoc.toString().replace(/\s*\n\s*/g, " ");
  return { changes: { from: 0, to: transaction.startState.doc.length, insert: line }, selection: { anchor: line.length } };
});

function shellKeys(terminal: TerminalState) {
  const { history } = terminal;
  const recall = (line: string | undefined) => (view: EditorView) => {
    if (line !== undefined) setLine(view, line);
    return true;
  };
  return [
    { key: "Enter", run: (view: EditorView) => entered(view, terminal) },
    { key: "ArrowUp", run: (view: EditorView) => recall(history.older(view.state.doc.toString()))(view) },
    { key: "ArrowDown", run: (view: EditorView) => recall(history.newer())(view) },
    { key: "Ctrl-p", run: (view: EditorView) => recall(history.older(view.state.doc.toString()))(view) },
    { key: "Ctrl-n", run: (view: EditorView) => recall(history.newer())(view) },
    { key: "Ctrl-l", run: () => (terminal.clear(), true) },
    { key: "Ctrl-u", run: (view: EditorView) => (setLine(view, view.state.sliceDoc(view.state.selection.main.head)), view.dispatch({ selection: { anchor: 0 } }), true) },
    { key: "Ctrl-c", run: (view: EditorView) => interrupted(view, terminal) },
  ];
}

function entered(view: EditorView, terminal: TerminalState): boolean {
  // What is typed while a command waits stays to be entered after it.
  if (terminal.client.isWaiting.peek()) return true;
  const line = view.state.doc.toString();
  setLine(view, "");
  terminal.enter(line);
  return true;
}

/** Ctrl-C ends what waits, or else drops the line; it copies where something is marked. */
function interrupted(view: EditorView, terminal: TerminalState): boolean {
  if (!view.state.selection.main.empty || !isNothingMarked(view.root)) return false;
  if (terminal.client.isWaiting.peek()) terminal.client.interrupt();
  else setLine(view, "");
  return true;
}

/** Whether no text is marked: where a shadow root cannot tell, its document does. */
export function isNothingMarked(root: DocumentOrShadowRoot): boolean {
  const selection = "getSelection" in root ? (root as Document).getSelection() : getSelection();
  return selection?.isCollapsed ?? true;
}

function pasted(event: ClipboardEvent, view: EditorView, terminal: TerminalState): boolean {
  const lines = event.clipboardData?.getData("text/plain").split(/\r\n|\r|\n/) ?? [];
  if (lines.length < 2) return false;
  event.preventDefault();
  // What follows the last line end waits to be finished, as in a shell.
  const last = lines.pop() ?? "";
  const { from, to } = view.state.selection.main;
  lines[0] = view.state.sliceDoc(0, from) + (lines[0] ?? "");
  setLine(view, last + view.state.sliceDoc(to));
  for (const line of lines) terminal.enter(line);
  return true;
}
