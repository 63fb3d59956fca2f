import "fake-indexeddb/auto";
import { beforeEach, expect, test } from "vitest";
import { IDBFactory } from "fake-indexeddb";
import { BrowserShelf, DeletedConversation, NewerConversation } from "../src/history/browser";
import { asMarkdown, fileName } from "../src/history/exporting";
import { oldConversations } from "../src/history/old";
import { add, type Conversation, fresh, path, VERSION } from "../src/state/tree";

beforeEach(() => {
  globalThis.indexedDB = new IDBFactory();
});

const said = (content: string, id = content): Conversation =>
  add(fresh(), { id, parent: null, role: "user", content, at: 1 });

test("what is kept is found again, by its words and in full", async () => {
  const shelf = await BrowserShelf.open();
  const [one, two] = [said("The Old Bridge"), said("a bakery")];
  await shelf.put(one);
  await shelf.put(two);
  expect((await shelf.summaries()).map(({ title }) => title).sort()).toEqual(["The Old Bridge", "a bakery"]);
  expect([...(await shelf.search("bridge OLD"))]).toEqual([one.id]);
  expect(await shelf.get(two.id)).toEqual(two);
  await shelf.remove(one.id);
  expect((await shelf.search("bridge")).size).toBe(0);
});

test("two tabs lose nothing", async () => {
  const [here, there] = [await BrowserShelf.open(), await BrowserShelf.open()];
  const begun = said("question", "q");
  await here.put(begun);
  const answer = (id: string): Conversation =>
    add(begun, { id, parent: "q", role: "assistant", content: id, at: 2 });
  await here.put(answer("a"));
  const both = await there.put(answer("b"));
  expect(Object.keys(both.messages).sort()).toEqual(["a", "b", "q"]);
});

test("what one tab deleted another does not bring back, but undoing does", async () => {
  const [here, there] = [await BrowserShelf.open(), await BrowserShelf.open()];
  const chat = said("question");
  await here.put(chat);
  await here.remove(chat.id);
  await expect(there.put(chat)).rejects.toThrow(DeletedConversation);
  expect(await there.get(chat.id)).toBeUndefined();
  await here.put(chat, true);
  expect(await there.put(chat)).toEqual(chat);
});

test("chats that an older page kept are still there", async () => {
  const chat = said("an old bridge");
  await new Promise<void>((resolve) => {
    const asked = indexedDB.open("glaswerk", 1);
    asked.onupgradeneeded = () => {
      asked.result.createObjectStore("conversations", { keyPath: "id" }).put(chat);
      asked.result.createObjectStore("summaries", { keyPath: "id" });
      asked.result.createObjectStore("texts").put("an old bridge", chat.id);
    };
    asked.onsuccess = () => (asked.result.close(), resolve());
  });
  const shelf = await BrowserShelf.open();
  expect(await shelf.get(chat.id)).toEqual(chat);
  expect([...(await shelf.search("bridge"))]).toEqual([chat.id]);
});

test("a conversation of a newer page is never overwritten", async () => {
  const shelf = await BrowserShelf.open();
  const newer = { ...said("from the future"), version: VERSION + 1, more: { unknown: true } };
  await shelf.put(newer as Conversation);
  const older = { ...newer, version: VERSION };
  await expect(shelf.put(older)).rejects.toThrow(NewerConversation);
  expect(await shelf.get(newer.id)).toEqual(newer);
});

test("conversations of the page before are read, and what is none is left out", () => {
  const old = [
    {
      id: "a",
      messages: [
        { role: "user", content: "Q" },
        { role: "assistant", content: "A", id: "chatcmpl-1" },
      ],
    },
    { id: 3, messages: [] },
    null,
    { id: "b", messages: [{ role: "user" }] },
  ];
  const found = oldConversations(JSON.stringify(old));
  expect(found.map(({ id }) => id)).toEqual(["a"]);
  expect(path(found[0]!).map(({ message }) => message.content)).toEqual(["Q", "A"]);
  expect(oldConversations("{broken")).toEqual([]);
});

test("an export has a safe name, and a fence longer than any in its files", () => {
  const made = add(fresh(), {
    id: "q",
    parent: null,
    role: "user",
    content: "../../etc/passwd <b>",
    at: 1,
    files: [{ name: "a.md", size: 3, text: "```\ncode\n````" }],
  });
  expect(fileName(made, "md")).toBe("etc-passwd-b.md");
  expect(asMarkdown(made)).toContain("`````\n```\ncode\n````\n`````");
});
