import { expect, test } from "vitest";
import { parse } from "../src/markdown/parser";
import { contentPlaces, lineStarts, Pointer, units } from "../src/markdown/places";

// Each text token with the piece of the source at its place.
function pieces(source: string): [string, string][] {
  const starts = lineStarts(source);
  let read = 0;
  const found: [string, string][] = [];
  for (const token of parse(source)) {
    if (token.map && token.nesting >= 0) read = Math.max(read, starts[token.map[0]] ?? 0);
    if (token.type !== "inline") continue;
    const place = contentPlaces(source, starts, token, read);
    const pointer = new Pointer(token.content);
    for (const child of token.children ?? []) {
      const at = pointer.of(child);
      const from = at < 0 ? -1 : place(at);
      if ((child.type === "text" || child.type === "code_inline") && child.content) {
        found.push([child.content, from < 0 ? "" : source.slice(from, from + child.content.length)]);
      }
    }
    const end = place(token.content.length);
    if (end >= 0) read = end;
  }
  return found;
}

test.each([
  ["plain words of one line"],
  ["a **bold** word, *another* and `code` in it"],
  ["# Title\n\nThe title again: Title"],
  ["- one\n- two **two** two\n  two\n\n1. three"],
  ["> a quote\n> goes on *here*\n\nhere"],
  ["| a | b |\n|---|---|\n| a | `b` b |\n\na b"],
  ['[b](https://b.example/b "b") b and ![b](https://b.example/b.png) b'],
  ["a \\* b \\* **a** &amp; b"],
  ["two lines\nof one paragraph\nwith one one word"],
  ["costs $5 and $6, but $x^2$ is a formula, x^2"],
  ["a ~~struck~~ word struck ** not bold"],
  ["🥐 **🥐 rolls** 🥐"],
])("every text of %j is where the source has it", (source) => {
  const found = pieces(source);
  expect(found.length).toBeGreaterThan(0);
  for (const [text, there] of found) expect(there).toBe(text);
});

test("repeated words have rising places", () => {
  const source = "one **one** one `one` one";
  expect(pieces(source).map(([, there]) => there.trim())).toEqual(["one", "one", "one", "one", "one"]);
});

test("code points become UTF-16 units", () => {
  expect(units("a🥐b", [0, 1, 2, 3, 9])).toEqual([0, 1, 3, 4, 4]);
});
