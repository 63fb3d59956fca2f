// What the page shows now: the model, the conversation, and which parts are open.

import { computed, signal } from "@preact/signals";
import * as api from "../api/client";
import type { Info } from "../api/shapes";
import { settings } from "./settings";
import { learnTools } from "./tools";
import { type Conversation, fresh, path } from "./tree";

export const about = signal<Info | null>(null);
export const unreachable = signal("");
export const models = signal<string[]>([]);
export const current = signal<Conversation>(fresh());
export const steps = computed(() => path(current.value));

// One dialog at a time; null: none.
export type Dialog = "palette" | "help" | "settings" | "usage" | "runs" | "tour";
export const dialog = signal<Dialog | null>(null);
export const renaming = signal<string | null>(null);
export const drawer = signal(false);

// The message that is being edited.
export const editing = signal<string | null>(null);

let asked: Promise<Info> | null = null;

// What the server says about itself; asked for once, and again after a failure.
export function learn(): Promise<Info> {
  asked ??= api.info().then(
    (found) => {
      about.value = found;
      unreachable.value = "";
      void learnModels(found);
      void learnTools();
      return found;
    },
    (error: Error) => {
      asked = null;
      unreachable.value = error.message;
      throw error;
    },
  );
  return asked;
}

async function learnModels(found: Info): Promise<void> {
  const ids = (await api.models().catch(() => [])).map(({ id }) => id);
  const drawing = new Set(found.images);
  models.value = [...new Set([found.model.id, ...ids.filter((id) => !drawing.has(id))])];
}

// The model that answers next: the chosen one, as long as the server has it.
export const modelInUse = computed(() => {
  const chosen = settings.value.model;
  return chosen && (!models.value.length || models.value.includes(chosen))
    ? chosen
    : (about.value?.model.id ?? "");
});

// The image model that draws; "" where the server has none.
export const painter = computed(() => about.value?.images?.at(-1) ?? "");
export const wantsPicture = signal(false);
// Whether the next message asks for a picture.
export const drawing = computed(() => wantsPicture.value && painter.value !== "");

export const grounding = computed(
  () => Boolean(about.value?.ground.there) && (settings.value.ground ?? Boolean(about.value?.ground.on)),
);
