// The conversations that are kept, wherever they are kept: the list, and every change of it.

import { signal } from "@preact/signals";
import { codeOf } from "../api/client";
import { toast } from "../state/toast";
import { type Conversation, VERSION } from "../state/tree";
import { words } from "../words/words";
import { BrowserShelf, DeletedConversation, NewerConversation } from "./browser";
import { OLD_NAME, oldConversations } from "./old";
import { ServerShelf } from "./server";
import { PageShelf, type Shelf } from "./shelf";
import { type Summary, summaryOf } from "./summary";

// The newest first.
export const summaries = signal<Summary[]>([]);

const page = new PageShelf();
let shelf: Shelf = page;
let opened: Promise<void> | null = null;

const others = typeof BroadcastChannel === "undefined" ? null : new BroadcastChannel("glaswerk");
let changedElsewhere: (id: string) => void = () => {};

export type Keeper = "browser" | "server";

// Opens the place where conversations are kept. `changed(id)` is called when another tab wrote in one.
export function openHistory(keeper: Keeper, changed: (id: string) => void): Promise<void> {
  changedElsewhere = changed;
  opened = (keeper === "server" ? fromServer() : fromBrowser()).then(refresh);
  return opened;
}

export const whenOpen = async (): Promise<void> => opened ?? undefined;

async function fromServer(): Promise<void> {
  shelf = new ServerShelf();
}

async function fromBrowser(): Promise<void> {
  try {
    shelf = await BrowserShelf.open();
    await moveOld();
  } catch (error) {
    shelf = page;
    const newer = error instanceof DOMException && error.name === "VersionError";
    toast(newer ? words.value.storageNewer : words.value.storageRefused);
  }
}

async function moveOld(): Promise<void> {
  const found = oldConversations(localStorage.getItem(OLD_NAME));
  for (const conversation of found) {
    try {
      await shelf.put(conversation);
    } catch (error) {
      // Nothing of one that was deleted, or that a newer page wrote, is to come from an old list.
      if (!(error instanceof DeletedConversation || error instanceof NewerConversation)) throw error;
    }
  }
  localStorage.removeItem(OLD_NAME);
}

export async function refresh(): Promise<void> {
  const [kept, here] = await Promise.all([shelf.summaries().catch(() => []), page.summaries()]);
  const both = new Map([...kept, ...here].map((one) => [one.id, one]));
  summaries.value = [...both.values()].sort((a, b) => b.updated - a.updated);
}

function list(summary: Summary): void {
  const rest = summaries.value.filter(({ id }) => id !== summary.id);
  const at = rest.findIndex(({ updated }) => updated <= summary.updated);
  rest.splice(at < 0 ? rest.length : at, 0, summary);
  summaries.value = rest;
}

// Keeps a conversation; returns it with what another tab wrote in it. A temporary one is not kept.
export async function keep(conversation: Conversation, undelete = false): Promise<Conversation> {
  if (conversation.temporary) return conversation;
  list(summaryOf(conversation));
  await whenOpen();
  try {
    const both = await shelf.put(conversation, undelete);
    await page.remove(both.id);
    others?.postMessage(both.id);
    return both;
  } catch (error) {
    const newer = error instanceof NewerConversation;
    const gone = error instanceof DeletedConversation || codeOf(error) === "chat_deleted";
    const lost = gone ? words.value.deletedElsewhere : words.value.storageFull;
    toast(newer ? words.value.newerVersion : lost);
    return newer ? conversation : page.put(conversation);
  }
}

export async function find(id: string): Promise<Conversation | undefined> {
  await whenOpen();
  return (await page.get(id)) ?? (await shelf.get(id).catch(() => undefined));
}

export const isNewer = (one: { version: number }): boolean => one.version > VERSION;

export async function remove(id: string): Promise<void> {
  summaries.value = summaries.value.filter((one) => one.id !== id);
  await page.remove(id);
  await shelf.remove(id).catch(() => {});
  others?.postMessage(id);
}

export async function search(query: string): Promise<Summary[]> {
  if (!query.trim()) return summaries.value;
  const [kept, here] = await Promise.all([
    shelf.search(query).catch(() => new Set<string>()),
    page.search(query),
  ]);
  return summaries.value.filter(({ id }) => kept.has(id) || here.has(id));
}

if (others) {
  others.onmessage = ({ data }: MessageEvent<string>) => {
    if (shelf instanceof BrowserShelf) shelf.forgetWords();
    void refresh();
    changedElsewhere(data);
  };
}
