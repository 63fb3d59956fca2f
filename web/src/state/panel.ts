// The sources panel: whether it is open, of which answer, at which span.

import { computed, signal } from "@preact/signals";
import { steps } from "./page";
import { traced } from "./traces";

export const panelOpen = signal(false);
// The answer whose sources are shown; null: the last one.
export const panelAnswer = signal<string | null>(null);
export const activeSpan = signal(-1);
// Changes with each wish to see a span, also the same again; `done` once the focus is there.
export interface Wish {
  index: number;
  done: boolean;
}
export const wish = signal<Wish | null>(null);
let opener: HTMLElement | null = null;

export const shownAnswer = computed(() => {
  const answers = steps.value
    .filter(({ message }) => message.role === "assistant")
    .map(({ message }) => message);
  const chosen = answers.find(({ id }) => id === panelAnswer.value);
  return chosen ?? answers.at(-1);
});

export const shownTrace = computed(() => {
  const answer = shownAnswer.value;
  return answer ? traced.value.get(answer.id) : undefined;
});

// Opens span `index` of an answer; closing gives the focus back to `from`.
export function openPanel(from: HTMLElement, answer: string | null = null, index = 0): void {
  opener = from;
  panelAnswer.value = answer;
  panelOpen.value = true;
  activeSpan.value = -1;
  wish.value = { index, done: false };
}

export function closePanel(): void {
  if (!panelOpen.value) return;
  panelOpen.value = false;
  panelAnswer.value = null;
  activeSpan.value = -1;
  if (opener?.isConnected) opener.focus();
  opener = null;
}
