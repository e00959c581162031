// What the prompt knows of commands, by the engine's own documentation.

import assert from "node:assert/strict";
import { test } from "node:test";
import { load, redstart } from "./modules.js";

const { Redstart } = await redstart();
const { Docs } = await load("terminal/docs.ts");
const { ahead, tokens, takesKey } = await load("terminal/syntax.ts");
const { typedWords } = await load("terminal/words.ts");
const docs = Docs.ask(await Redstart.open());

/** What is still to come behind words, and the words that may be next. */
function behind(line) {
  const { words } = typedWords(`${line} `);
  const found = docs.find(words);
  const match = ahead(found.command.items, words.slice(found.words));
  return match && { rest: match.rest.join(" "), next: tokens(match.next), isKey: takesKey(match.next) };
}

test("what is still to come is told for words that fit", () => {
  const cases = {
    "GET": { rest: "key", next: [], isKey: true },
    "GET k": { rest: "", next: [], isKey: false },
    "SET k v PX": { rest: "milliseconds [NX | XX] [GET]", next: [], isKey: false },
    "SET k v PX 5 get": { rest: "[NX | XX]", next: ["NX", "XX"], isKey: false },
    "MSET a 1": { rest: "[key value ...]", next: [], isKey: true },
    "MSET a 1 b": { rest: "value", next: [], isKey: false },
    "ZADD z CH 1": { rest: "member", next: [], isKey: false },
    "ZADD z CH": { rest: "[NX | XX] [GT | LT] [INCR] score member [score member ...]", next: ["NX", "XX", "GT", "LT", "INCR"], isKey: false },
    "SORT l GET a": { rest: "[GET pattern ...] [BY pattern] [LIMIT offset count] [ASC | DESC] [ALPHA] [STORE destination]", next: ["GET", "BY", "LIMIT", "ASC", "DESC", "ALPHA", "STORE"], isKey: false },
    "SORT l STORE": { rest: "destination [BY pattern] [LIMIT offset count] [GET pattern [GET pattern ...]] [ASC | DESC] [ALPHA]", next: [], isKey: true },
    "LMOVE a b LEFT": { rest: "<LEFT | RIGHT>", next: ["LEFT", "RIGHT"], isKey: false },
    "XREAD COUNT 2 STREAMS a": { rest: "[key ...] id [id ...]", next: [], isKey: true },
    "CLIENT SETNAME": { rest: "connection-name", next: [], isKey: false },
  };
  for (const [line, expected] of Object.entries(cases)) {
    const found = behind(line);
    found.next.sort();
    expected.next.sort();
    assert.equal(found.isKey, expected.isKey, line);
    assert.deepEqual(found.next, expected.next, line);
    assert.equal(found.rest, expected.rest, line);
  }
});

test("words that do not fit have nothing behind them", () => {
  for (const line of ["GET a b", "SET k v NX XX", "LMOVE a b UP", "SET k v EX 1 PX 2"]) assert.equal(behind(line), undefined, line);
});

test("every command is documented, and all that it takes is still to come behind its name", () => {
  let commands = 0;
  for (const command of [...docs.commands.values()].flatMap((command) => [command, ...command.subcommands.values()])) {
    const match = ahead(command.items, []);
    assert.equal(match.rest.length, command.items.length, command.name);
    assert.notEqual(command.summary, "", command.name);
    commands += 1;
  }
  assert.ok(commands > 250, `${commands} commands`);
});

test("the word that is typed may be unfinished, and in quotes", () => {
  const typed = (line) => Object.values(typedWords(line));
  assert.deepEqual(typed("SET k"), [["SET"], "k", 4]);
  assert.deepEqual(typed("SET k "), [["SET", "k"], "", 6]);
  assert.deepEqual(typed('SET "a b'), [["SET"], '"a b', 4]);
  assert.deepEqual(typed('SET "a b" \'c d'), [["SET", "a b"], "'c d", 10]);
  assert.deepEqual(typed('SET "a\\" b'), [["SET"], '"a\\" b', 4]);
  assert.deepEqual(typed(""), [[], "", 0]);
});
