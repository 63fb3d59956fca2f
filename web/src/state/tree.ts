// A conversation is a tree: a message that was edited, or an answer that was given again, has siblings, and one of
// them is chosen. Nothing here changes a conversation; every function returns a new one.

import type { Grounded } from "../api/shapes";
import type { ToolCall } from "./tools";

export const VERSION = 2;

export interface Attachment {
  name: string;
  size: number;
  text: string;
  // A long text that was pasted, not a file.
  pasted?: boolean;
}

export interface Picture {
  // Base64 of a PNG file.
  data: string;
  prompt: string;
  // Null while it is drawn.
  seed: number | null;
}

export interface Message {
  id: string;
  parent: string | null;
  role: "user" | "assistant";
  content: string;
  at: number;
  // Of an answer: the id under which the server knows it, and who wrote it.
  answer?: string;
  model?: string;
  stopped?: boolean;
  cut?: boolean;
  grounded?: Grounded;
  calls?: ToolCall[];
  // How many messages before it the model did not read.
  leftOut?: number;
  thumb?: "up" | "down";
  files?: Attachment[];
  // Of a question: that it asks for a picture. Of an answer: the picture.
  draw?: boolean;
  picture?: Picture;
}

export interface Conversation {
  version: number;
  id: string;
  created: number;
  updated: number;
  title?: string;
  folder?: string;
  temporary?: boolean;
  messages: Record<string, Message>;
  // By the id of a message, "" for the beginning: which of its children is shown.
  chosen: Record<string, string>;
}

export const newId = (): string =>
  `${Date.now().toString(36)}-${Math.random().toString(36).slice(2, 10)}${Math.random().toString(36).slice(2, 6)}`;

export function fresh(temporary = false): Conversation {
  const now = Date.now();
  return {
    version: VERSION,
    id: newId(),
    created: now,
    updated: now,
    messages: {},
    chosen: {},
    ...(temporary && { temporary }),
  };
}

const key = (parent: string | null): string => parent ?? "";

type Children = Map<string, Message[]>;

// The children of every message, the oldest first.
function childrenOf({ messages }: Conversation): Children {
  const found: Children = new Map();
  for (const message of Object.values(messages)) {
    const those = found.get(key(message.parent));
    if (those) those.push(message);
    else found.set(key(message.parent), [message]);
  }
  for (const those of found.values()) those.sort((a, b) => a.at - b.at || (a.id < b.id ? -1 : 1));
  return found;
}

export interface Step {
  message: Message;
  // Which of its siblings it is, from 1, and their ids.
  place: number;
  versions: string[];
}

// The messages that are shown, from the first on. A damaged tree ends where it would turn back.
export function path(conversation: Conversation): Step[] {
  const children = childrenOf(conversation);
  const steps: Step[] = [];
  const seen = new Set<string>();
  for (let at = ""; ; ) {
    const those = children.get(at);
    if (!those?.length) return steps;
    const message = those.find(({ id }) => id === conversation.chosen[at]) ?? those[those.length - 1]!;
    if (seen.has(message.id)) return steps;
    seen.add(message.id);
    steps.push({ message, place: those.indexOf(message) + 1, versions: those.map(({ id }) => id) });
    at = message.id;
  }
}

// The messages from the first to `id`.
export function pathTo(conversation: Conversation, id: string | null): Message[] {
  const found: Message[] = [];
  const seen = new Set<string>();
  for (let at = id; at !== null && !seen.has(at); ) {
    const message = conversation.messages[at];
    if (!message) break;
    seen.add(at);
    found.unshift(message);
    at = message.parent;
  }
  return found;
}

// With `message` added and shown.
export function add(conversation: Conversation, message: Message): Conversation {
  return {
    ...conversation,
    updated: Math.max(conversation.updated + 1, Date.now()),
    messages: { ...conversation.messages, [message.id]: message },
    chosen: { ...conversation.chosen, [key(message.parent)]: message.id },
  };
}

export function change(conversation: Conversation, id: string, what: Partial<Message>): Conversation {
  const message = conversation.messages[id];
  if (!message) return conversation;
  return { ...conversation, messages: { ...conversation.messages, [id]: { ...message, ...what } } };
}

export function choose(conversation: Conversation, id: string): Conversation {
  const message = conversation.messages[id];
  if (!message) return conversation;
  return { ...conversation, chosen: { ...conversation.chosen, [key(message.parent)]: id } };
}

// A new conversation with the messages from the first to `id`.
export function branch(conversation: Conversation, id: string): Conversation {
  const kept = pathTo(conversation, id);
  const made = fresh(conversation.temporary);
  return {
    ...made,
    ...(conversation.folder && { folder: conversation.folder }),
    title: title(conversation),
    messages: Object.fromEntries(kept.map((message) => [message.id, message])),
  };
}

// What two tabs made of one conversation: the messages of both. `mine` decides what is shown.
export function merged(mine: Conversation, other: Conversation): Conversation {
  return {
    ...other,
    ...mine,
    updated: Math.max(mine.updated, other.updated),
    messages: { ...other.messages, ...mine.messages },
    chosen: { ...other.chosen, ...mine.chosen },
  };
}

const LONGEST = 60;

export function title(conversation: Conversation): string {
  if (conversation.title) return conversation.title;
  const first = path(conversation).find(({ message }) => message.role === "user")?.message;
  return shortened(first?.content || first?.files?.[0]?.name || "");
}

export function shortened(text: string): string {
  // A paste of megabytes is no title: its beginning is enough to make one.
  const points = Array.from(
    text
      .slice(0, 4 * LONGEST)
      .trim()
      .replace(/\s+/g, " "),
  );
  return points.length > LONGEST ? `${points.slice(0, LONGEST - 1).join("")}…` : points.join("");
}
