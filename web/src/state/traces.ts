// The traces of answers: which of their words occur in the training data.

import { signal } from "@preact/signals";
import * as api from "../api/client";
import type { Grounded, Trace } from "../api/shapes";
import { about } from "./page";
import { type Conversation, type Message, pathTo } from "./tree";

// By the message of the answer: its trace, or why there is none.
export const traced = signal<ReadonlyMap<string, Trace | { error: string }>>(new Map());
// The same words after the same conversation have the same trace.
const known = new Map<string, Promise<Trace>>();
// Raised when a document was removed: nothing of it may stay on the screen.
export const round = signal(0);

// The text of the model alone, which the trace of a grounded answer is about.
export const modelText = ({ claims }: Grounded): string =>
  claims
    .filter(({ quote }) => quote !== null)
    .map(({ text }) => text)
    .join(" ");

export async function traceMessage(conversation: Conversation, message: Message): Promise<Trace | null> {
  const { grounded } = message;
  const text = grounded ? modelText(grounded) : message.content;
  if (!text || (about.value && !about.value.trace)) return null;
  const before = pathTo(conversation, message.parent);
  const context = before.map(({ content }) => content).join("\n");
  const key = JSON.stringify([text, context]);
  let asked = known.get(key);
  if (!asked) {
    asked = api.trace(grounded ? undefined : message.answer, text, context);
    known.set(key, asked);
    asked.catch(() => known.delete(key));
  }
  try {
    const found = await asked;
    traced.value = new Map(traced.value).set(message.id, found);
    return found;
  } catch (error) {
    traced.value = new Map(traced.value).set(message.id, { error: (error as Error).message });
    return null;
  }
}

export function retrace(): void {
  known.clear();
  traced.value = new Map();
  round.value += 1;
}
