// Opening, changing and removing conversations, here and in the list.

import * as history from "../history/history";
import { words } from "../words/words";
import { failure, live } from "./live";
import { current, drawer, editing } from "./page";
import { closePanel } from "./panel";
import { toast } from "./toast";
import { branch, type Conversation, fresh, merged } from "./tree";

export function focusPrompt(): void {
  document.getElementById("prompt")?.focus({ preventScroll: true });
}

export async function currentOr(id: string): Promise<Conversation | undefined> {
  return current.value.id === id ? current.value : history.find(id);
}

// Changes a conversation wherever it is, and keeps it.
export async function update(id: string, how: (before: Conversation) => Conversation): Promise<void> {
  const before = await currentOr(id);
  if (!before) return;
  const after = how(before);
  if (current.value.id === id) {
    current.value = after;
    link(after);
  }
  const kept = await history.keep(after);
  if (current.value.id === id && others(kept, current.value)) {
    current.value = merged(current.value, kept);
    toast(words.value.otherTab);
  }
}

// Whether another tab wrote messages that are not here.
const others = (kept: Conversation, here: Conversation): boolean =>
  Object.keys(kept.messages).some((id) => !(id in here.messages));

export function show(next: Conversation): void {
  if (next.id !== current.value.id) {
    live.value?.controller.abort();
    closePanel();
    failure.value = null;
    editing.value = null;
    current.value = next;
  }
  drawer.value = false;
  link(next);
  focusPrompt();
}

export async function open(id: string): Promise<void> {
  if (id === current.value.id) return show(current.value);
  const found = await history.find(id);
  if (!found) return toast(words.value.notHere);
  if (history.isNewer(found)) return toast(words.value.newerVersion);
  show(found);
}

export const begin = (temporary = false): void => show(fresh(temporary));

export function branchAt(message: string): void {
  const made = branch(current.value, message);
  show(made);
  void update(made.id, (conversation) => conversation);
  toast(words.value.branched);
}

export async function remove(id: string): Promise<void> {
  const gone = await currentOr(id);
  await history.remove(id);
  if (id === current.value.id) begin();
  if (!gone) return;
  toast(words.value.deleted, words.value.undo, () => void history.keep(gone, true));
}

// ---- links: "#chat=ID" opens a conversation that is kept here

const PREFIX = "#chat=";

export const linkOf = (id: string): string =>
  `${location.origin}${location.pathname}${PREFIX}${encodeURIComponent(id)}`;

export const linked = (): string =>
  location.hash.startsWith(PREFIX) ? decodeURIComponent(location.hash.slice(PREFIX.length)) : "";

// An empty or temporary conversation has no link: there is nothing to come back to.
export function link({ id, messages, temporary }: Conversation): void {
  const hash = temporary || !Object.keys(messages).length ? "" : PREFIX + encodeURIComponent(id);
  if (location.hash === hash) return;
  window.history.replaceState(null, "", hash || location.pathname);
}

// Another tab wrote in a conversation: if it is open here, its messages join ours.
export async function changedElsewhere(id: string): Promise<void> {
  if (id !== current.value.id || live.value) return;
  const kept = await history.find(id);
  if (!kept || !others(kept, current.value)) return;
  current.value = merged(current.value, kept);
  toast(words.value.otherTab);
}
