import { expect, test } from "vitest";
import { de } from "../src/words/de";
import { en } from "../src/words/en";

function keys(of: object, before = ""): string[] {
  return Object.entries(of).flatMap(([name, value]) =>
    value !== null && typeof value === "object"
      ? keys(value, `${before}${name}.`)
      : [`${before}${name}:${typeof value}`],
  );
}

test("both languages have the same keys", () => {
  expect(keys(de).sort()).toEqual(keys(en).sort());
});

test("nothing was left untranslated", () => {
  const same = Object.entries(en).filter(
    ([name, value]) =>
      typeof value === "string" && value.length > 12 && value === (de as Record<string, unknown>)[name],
  );
  expect(same).toEqual([]);
});
