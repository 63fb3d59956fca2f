// Asking: a question, the stream of its answer, and what becomes of it.

import * as api from "../api/client";
import { draw } from "../api/pictures";
import { words } from "../words/words";
import { announce, hush } from "./announcer";
import { currentOr, update } from "./conversations";
import { failure, justWritten, Live, live, type Word } from "./live";
import { current, editing, grounding, learn, modelInUse, painter } from "./page";
import { settings } from "./settings";
import { allowed, withCall } from "./tools";
import { type Attachment, add, type Message, newId, pathTo, path } from "./tree";
import { wire } from "./wire";

export const busy = (): boolean => live.value !== null;

// `parent` is the message that the question follows; by default the last one shown. `draws`: it asks for a picture.
export async function ask(
  text: string,
  files: Attachment[] = [],
  parent?: string | null,
  draws = false,
): Promise<void> {
  const content = text.trim();
  if (busy() || !(content || files.length)) return;
  const last = path(current.value).at(-1)?.message.id ?? null;
  const message: Message = {
    id: newId(),
    parent: parent === undefined ? last : parent,
    role: "user",
    content,
    at: Date.now(),
    ...(files.length && { files }),
    ...(draws && { draw: true }),
  };
  failure.value = null;
  editing.value = null;
  hush();
  current.value = add(current.value, message);
  void update(current.value.id, (conversation) => conversation);
  await respond(message.id);
}

// Answers the question `parent` once more; what was answered before stays as another version.
export async function respond(parent: string, approvals: Word[] = []): Promise<void> {
  if (busy()) return;
  failure.value = null;
  const id = current.value.id;
  const question = current.value.messages[parent];
  const now = new Live(id, parent, approvals);
  live.value = now;
  let failed: unknown = null;
  try {
    await learn();
    now.model = question?.draw ? painter.value : modelInUse.value;
    await (question?.draw ? paint(now, question.content) : stream(now));
  } catch (error) {
    failed = error;
  }
  await conclude(now, failed);
}

// Agrees to the calls that wait in an answer, or refuses them; the answer goes on as another version of it.
export async function answerCalls(message: string, approvals: Word[]): Promise<void> {
  const parent = current.value.messages[message]?.parent;
  if (parent) await respond(parent, approvals);
}

export function stop(): void {
  live.value?.controller.abort();
}

async function paint(now: Live, prompt: string): Promise<void> {
  for await (const picture of draw(prompt, now.model, now.controller.signal)) {
    now.picture.value = picture;
  }
}

async function stream(now: Live): Promise<void> {
  const messages = pathTo(current.value, now.parent);
  let [first, step] = [lastLeftOut(messages), 1];
  for (;;) {
    now.leftOut = first;
    try {
      for await (const { id, text, grounded, call, end } of api.answer(
        body(now, messages.slice(first)),
        now.controller.signal,
      )) {
        now.answer = id;
        if (call) now.calls.value = withCall(now.calls.value, call);
        if (grounded) now.grounded.value = grounded;
        if (end === "length") now.cut = true;
        now.append(text);
        if (now.text.length > LONGEST) {
          // No model writes that much; what sends it would fill the memory.
          now.cut = true;
          now.controller.abort();
          return;
        }
      }
      return;
    } catch (error) {
      if (!TOO_LONG.has(api.codeOf(error)) || now.text) throw error;
      const next = laterQuestion(messages, first, step);
      if (next < 0) throw error;
      [first, step] = [next, step * 2];
    }
  }
}

// Characters of an answer that are announced; the rest is there to be read.
const SPOKEN = 4000;
// Characters of an answer.
const LONGEST = 20_000_000;
const TOO_LONG = new Set(["context_length_exceeded", "request_too_large", "body_too_large"]);
export const isTooLong = (code: string): boolean => TOO_LONG.has(code);

// What did not fit before does not fit now: begin where the last answer began.
function lastLeftOut(messages: Message[]): number {
  const before = messages.findLast(({ leftOut }) => leftOut)?.leftOut ?? 0;
  return before < messages.length ? before : 0;
}

// A small model's context fills up quickly: then the oldest questions and their answers are left out, one at first,
// then twice as many each time. -1 if only the last question is left.
function laterQuestion(messages: Message[], first: number, step: number): number {
  const later = messages.flatMap(({ role }, i) => (role === "user" && i > first ? [i] : []));
  return later[Math.min(step, later.length) - 1] ?? -1;
}

function body(now: Live, messages: Message[]): object {
  const tooled = allowed();
  const { system, temperature, topP, maxTokens, seed } = settings.value;
  return {
    model: now.model,
    messages: wire(messages, system),
    ...(temperature !== null && { temperature }),
    ...(topP !== null && { top_p: topP }),
    ...(maxTokens !== null && { max_tokens: maxTokens }),
    ...(seed !== null && { seed }),
    // An answer that calls tools finds its documents by them.
    glaswerk:
      tooled.length || now.words.length
        ? { tools: tooled, approvals: now.words }
        : { ground: grounding.value },
  };
}

async function conclude(now: Live, failed: unknown): Promise<void> {
  const stopped = api.isAbort(failed);
  const here = current.value.id === now.conversation;
  if (failed && !stopped) {
    const message = failed instanceof Error ? failed.message : String(failed);
    if (here) {
      failure.value = {
        conversation: now.conversation,
        parent: now.parent,
        message,
        code: api.codeOf(failed),
      };
      announce(words.value.answerFailed(message));
    }
    if (!now.text) {
      live.value = null;
      return;
    }
  }
  const message = written(now, Boolean(failed));
  justWritten.add(message.id);
  const kept = await currentOr(now.conversation);
  if (kept) {
    const after = add(kept, message);
    if (here) current.value = after;
    void update(now.conversation, () => after);
  }
  live.value = null;
  if (!here || failed) return;
  announce(
    message.picture ? words.value.pictureDrawn : words.value.answerSays(now.text.slice(0, SPOKEN)),
  );
}

function written(now: Live, stopped: boolean): Message {
  const [grounded, picture] = [now.grounded.value, now.picture.value];
  return {
    id: newId(),
    parent: now.parent,
    role: "assistant",
    content: now.text,
    at: Date.now(),
    model: now.model,
    ...(now.answer && { answer: now.answer }),
    ...(stopped && { stopped }),
    ...(now.cut && { cut: true }),
    ...(now.calls.value.length && { calls: now.calls.value }),
    ...(now.leftOut && { leftOut: now.leftOut }),
    ...(grounded && { grounded }),
    // A preview is no picture.
    ...(picture && picture.seed !== null && { picture }),
  };
}
