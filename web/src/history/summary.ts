// What the list of conversations and its search need to know of one.

import { type Conversation, title } from "../state/tree";

export interface Summary {
  id: string;
  title: string;
  folder: string;
  updated: number;
  // The version of the page that wrote it; this page opens none above its own.
  version: number;
}

export const summaryOf = (conversation: Conversation): Summary => ({
  id: conversation.id,
  title: title(conversation),
  folder: conversation.folder ?? "",
  updated: conversation.updated,
  version: conversation.version,
});

// Searched of each conversation, in characters.
const SEARCHED = 20_000;

export const plain = (text: string): string => text.normalize("NFKC").toLowerCase();

// The words of a conversation as they are searched.
export function searchable(conversation: Conversation): string {
  let found = `${title(conversation)}\n${conversation.folder ?? ""}`;
  for (const { content } of Object.values(conversation.messages)) {
    if (found.length > SEARCHED) break;
    found += `\n${content.slice(0, SEARCHED)}`;
  }
  return plain(found.slice(0, SEARCHED));
}

// Whether a text has every word of a query, in any order.
export function matcher(query: string): (text: string) => boolean {
  const wanted = plain(query).split(/\s+/).filter(Boolean);
  return (text) => wanted.every((word) => text.includes(word));
}
