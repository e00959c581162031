// What may be typed next: names of commands, words of their syntax, names of keys; and, behind the cursor, the arguments that are still to come.

import {
  type Completion, type CompletionContext, type CompletionResult, acceptCompletion, autocompletion, closeCompletion, completionStatus,
  moveCompletionSelection, selectedCompletionIndex, startCompletion,
} from "@codemirror/autocomplete";
import { type Extension, Prec, type Range, StateEffect } from "@codemirror/state";
import { Decoration, type DecorationSet, EditorView, ViewPlugin, type ViewUpdate, WidgetType, keymap, tooltips } from "@codemirror/view";
import type { Keyspace } from "redstart";
import { typed } from "../protocol/request.js";
import type { CommandDoc, Docs } from "./docs.js";
import { ahead, syntax, takesKey, tokens } from "./syntax.js";
import { typedWords } from "./words.js";

export interface Sources {
  /** The documentation, once it is there. */
  docs(): Docs | undefined;
  keyspace(): Keyspace;
  /** The database of the terminal. */
  database(): number;
}

/** Names of keys that are offered at most, and looked through at most. */
const MOST_KEYS = 50;
const MOST_LOOKED_AT = 5000;

/** The command of a line, and what is ahead of its words; its last word counts as said. */
export function hint(docs: Docs, line: string): { command: CommandDoc; rest: string } | undefined {
  const { words, last } = typedWords(line);
  const all = last === "" ? words : [...words, last];
  const found = docs.find(all);
  if (found === undefined) return undefined;
  const { command } = found;
  if (command.subcommands.size > 0) return { command, rest: all.length === 1 ? "subcommand" : "" };
  return { command, rest: ahead(command.items, all.slice(found.words))?.rest.join(" ") ?? "" };
}

/** The words that may stand at the end of a line. */
export function candidates(docs: Docs, keys: (prefix: string) => string[], line: string): Completion[] {
  const { words, last } = typedWords(line);
  if (words.length === 0) return [...docs.commands.values()].map(ofCommand);
  const found = docs.find(words);
  if (found === undefined) return [];
  const { command } = found;
  if (command.subcommands.size > 0) return words.length === 1 ? [...command.subcommands.values()].map(ofCommand) : [];
  const next = ahead(command.items, words.slice(found.words))?.next ?? [];
  return [
    ...(takesKey(next) ? keys(last).map((label) => ({ label, apply: `${label} `, detail: "key", boost: 1 })) : []),
    ...tokens(next).map((label) => ({ label, apply: `${label} ` })),
  ];
}

function ofCommand(command: CommandDoc): Completion {
  const label = command.name.split(" ").at(-1)!;
  const hasMore = command.items.length > 0 || command.subcommands.size > 0;
  return {
    label,
    apply: hasMore ? `${label} ` : label,
    detail: command.subcommands.size > 0 ? "…" : command.items.map(syntax).join(" "),
    info: () => about(command),
  };
}

/** What a command is for, in a few lines. */
function about({ summary, complexity, since, group }: CommandDoc): Node {
  const element = document.createElement("div");
  for (const text of [summary, complexity, `${group}, since ${since}`]) {
    if (text !== "") element.append(Object.assign(document.createElement("p"), { textContent: text }));
  }
  return element;
}

/** The names of keys that begin with something. */
function keysOf(sources: Sources): (prefix: string) => string[] {
  return (prefix) => {
    const names: string[] = [];
    let looked = 0;
    for (const { key } of sources.keyspace().keys(sources.database())) {
      const name = typed(key);
      if (name.startsWith(prefix)) names.push(name);
      looked += 1;
      if (names.length >= MOST_KEYS || looked >= MOST_LOOKED_AT) break;
    }
    return names.sort();
  };
}

const docsCame = StateEffect.define<null>();

/** Says that the documentation has come, which may be after the first words were typed. */
export function takeDocs(view: EditorView): void {
  view.dispatch({ effects: docsCame.of(null) });
  if (view.hasFocus && view.state.doc.length > 0) startCompletion(view);
}

/** Completion and hints for a prompt; `parent` is where the list of completions is put. */
export function completion(sources: Sources, parent: HTMLElement): Extension {
  const source = (context: CompletionContext): CompletionResult | null => {
    const docs = sources.docs();
    const line = context.state.sliceDoc(0, context.pos);
    if (docs === undefined || (line.trim() === "" && !context.explicit)) return null;
    const { from, last } = typedWords(line);
    const options = candidates(docs, keysOf(sources), line);
    // One that is typed in full is no help.
    if (options.length === 0 || (options.length === 1 && options[0]!.label.toUpperCase() === last.toUpperCase())) return null;
    return { from, options, validFor: /^\S+$/ };
  };
  return [
    autocompletion({
      override: [source], defaultKeymap: false, icons: false, selectOnOpen: false, activateOnCompletion: () => true,
      // Whoever presses a key at once knows what they want.
      interactionDelay: 0, activateOnTypingDelay: 50,
    }),
    tooltips({ parent, position: "absolute" }),
    Prec.highest(keymap.of([
      { key: "ArrowDown", run: moved(true) },
      { key: "ArrowUp", run: (view) => isChosen(view) && moved(false)(view) },
      { key: "Enter", run: (view) => isChosen(view) && acceptCompletion(view) },
      { key: "Tab", run: taken(sources) },
      { key: "Escape", run: closeCompletion },
      { key: "Ctrl-Space", run: startCompletion },
    ])),
    hints(sources),
  ];
}

const moved = (forward: boolean) => (view: EditorView) => completionStatus(view.state) === "active" && moveCompletionSelection(forward)(view);

function isChosen(view: EditorView): boolean {
  return completionStatus(view.state) === "active" && (selectedCompletionIndex(view.state) ?? -1) >= 0;
}

/** Takes what is chosen, or the first; where nothing is offered the focus goes on. */
const taken = (sources: Sources) => (view: EditorView) => {
  if (completionStatus(view.state) === "active") {
    if (!isChosen(view)) moveCompletionSelection(true)(view);
    return acceptCompletion(view);
  }
  // Who types fast is ahead of the list.
  const docs = sources.docs();
  const line = view.state.sliceDoc(0, view.state.selection.main.head);
  const { from, last } = typedWords(line);
  if (docs === undefined || last === "") return false;
  const fitting = candidates(docs, keysOf(sources), line).filter(({ label }) => label.toUpperCase().startsWith(last.toUpperCase()));
  if (fitting.length > 1) return startCompletion(view);
  const only = fitting[0]?.apply as string | undefined;
  if (only === undefined || only === last) return false;
  view.dispatch({ changes: { from, to: line.length, insert: only }, selection: { anchor: from + only.length }, userEvent: "input.complete" });
  return true;
};

class Ghost extends WidgetType {
  #text: string;

  constructor(text: string) {
    super();
    this.#text = text;
  }

  override eq(other: Ghost): boolean {
    return this.#text === other.#text;
  }

  toDOM(): HTMLElement {
    return Object.assign(document.createElement("span"), { className: "ghost", textContent: this.#text, ariaHidden: "true" });
  }

  override ignoreEvent(): boolean {
    return false;
  }
}

function hints(sources: Sources): Extension {
  const ghost = (view: EditorView): DecorationSet => {
    const docs = sources.docs();
    const line = view.state.doc.toString();
    const rest = docs === undefined ? "" : (hint(docs, line)?.rest ?? "");
    const shown: Range<Decoration>[] = [];
    if (rest !== "") {
      const widget = new Ghost(/\s$/.test(line) ? rest : ` ${rest}`);
      shown.push(Decoration.widget({ widget, side: 1 }).range(view.state.doc.length));
    }
    return Decoration.set(shown);
  };
  return ViewPlugin.fromClass(
    class {
      shown: DecorationSet;
      constructor(view: EditorView) {
        this.shown = ghost(view);
      }
      update(update: ViewUpdate): void {
        const came = update.transactions.some(({ effects }) => effects.some((effect) => effect.is(docsCame)));
        if (update.docChanged || came) this.shown = ghost(update.view);
      }
    },
    { decorations: (plugin) => plugin.shown },
  );
}
