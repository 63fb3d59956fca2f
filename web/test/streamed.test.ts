import { expect, test } from "vitest";
import { settled } from "../src/markdown/streamed";

test.each([
  ["one\n\ntwo", 5],
  ["one\n\n", 0],
  ["```\na\n\nb\n\nc", 0],
  ["```\na\n```\n\nb", 11],
  ["- one\n\n- two", 0],
  ["one\n\n    code", 0],
])("of %j so much is drawn for good", (text, end) => {
  expect(settled(text, 0)).toBe(end);
});
