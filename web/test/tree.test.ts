import { describe, expect, test } from "vitest";
import {
  add,
  branch,
  choose,
  type Conversation,
  fresh,
  merged,
  type Message,
  path,
  pathTo,
  title,
} from "../src/state/tree";

let clock = 0;
function message(id: string, parent: string | null, role: Message["role"] = "user"): Message {
  clock += 1;
  return { id, parent, role, content: `says ${id}`, at: clock };
}

function conversation(...messages: Message[]): Conversation {
  return messages.reduce(add, fresh());
}

const ids = (one: Conversation): string[] => path(one).map(({ message: { id } }) => id);

describe("a conversation", () => {
  test("an answer given again keeps the one before as a version", () => {
    const made = conversation(
      message("q", null),
      message("a", "q", "assistant"),
      message("b", "q", "assistant"),
    );
    expect(ids(made)).toEqual(["q", "b"]);
    expect(path(made)[1]).toMatchObject({ place: 2, versions: ["a", "b"] });
    expect(ids(choose(made, "a"))).toEqual(["q", "a"]);
  });

  test("an edit begins another branch, and what followed the first text is still there", () => {
    const first = conversation(message("q", null), message("a", "q", "assistant"));
    const edited = add(first, message("r", null));
    expect(ids(edited)).toEqual(["r"]);
    expect(ids(choose(edited, "q"))).toEqual(["q", "a"]);
  });

  test("what two tabs wrote is all there after a merge", () => {
    const both = conversation(message("q", null));
    const mine = add(both, message("a", "q", "assistant"));
    const other = add(both, message("b", "q", "assistant"));
    const after = merged(mine, other);
    expect(Object.keys(after.messages).sort()).toEqual(["a", "b", "q"]);
    expect(ids(after)).toEqual(["q", "a"]);
  });

  test("a branch is a new conversation with the messages up to one", () => {
    const made = conversation(message("q", null), message("a", "q", "assistant"), message("r", "a"));
    const other = branch(made, "a");
    expect(other.id).not.toBe(made.id);
    expect(ids(other)).toEqual(["q", "a"]);
    expect(ids(made)).toEqual(["q", "a", "r"]);
  });

  test("a damaged tree that turns in a circle ends", () => {
    const circle = {
      ...fresh(),
      messages: { x: message("x", "y"), y: message("y", "x"), q: message("q", null) },
    };
    expect(ids(circle)).toEqual(["q"]);
    expect(pathTo(circle, "x").length).toBeLessThanOrEqual(2);
  });

  test("its title is its first line, shortened, of a paste of megabytes too", () => {
    const long = { ...message("q", null), content: "word ".repeat(1_000_000) };
    expect(Array.from(title(conversation(long)))).toHaveLength(60);
    expect(title({ ...conversation(long), title: "Named" })).toBe("Named");
  });
});
