// Conversations of the page before this one: a list in localStorage, each a list of messages.

import type { Grounded } from "../api/shapes";
import { add, type Conversation, fresh } from "../state/tree";

export const OLD_NAME = "glaswerk.conversations.v1";

interface OldMessage {
  role: string;
  content: string;
  id?: string;
  stopped?: boolean;
  grounded?: Grounded;
}

interface Old {
  id: string;
  messages: OldMessage[];
}

// The newest comes first, as in the old list. What is no conversation is left out.
export function oldConversations(text: string | null, now = Date.now()): Conversation[] {
  let found: unknown;
  try {
    found = JSON.parse(text ?? "[]");
  } catch {
    return [];
  }
  if (!Array.isArray(found)) return [];
  return found.filter(sound).map((old, i) => converted(old, now - i));
}

function sound(one: Old | null | undefined): one is Old {
  return (
    typeof one?.id === "string" &&
    Array.isArray(one.messages) &&
    one.messages.every((m) => typeof m?.content === "string" && typeof m?.role === "string")
  );
}

function converted(old: Old, at: number): Conversation {
  let made: Conversation = { ...fresh(), id: old.id };
  let parent: string | null = null;
  old.messages.forEach((message, i) => {
    const id = `${old.id}-${i}`;
    const { content, id: answer, stopped, grounded } = message;
    made = add(made, {
      id,
      parent,
      role: message.role === "user" ? "user" : "assistant",
      content,
      at: at + i / 1000,
      ...(answer && { answer }),
      ...(stopped && { stopped }),
      ...(grounded && { grounded }),
    });
    parent = id;
  });
  return { ...made, created: at, updated: at, chosen: {} };
}
