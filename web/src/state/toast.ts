// A short message at the edge of the page, with one action at most.

import { signal } from "@preact/signals";

interface Toast {
  text: string;
  action?: string;
  run?: () => void;
}

export const shown = signal<Toast | null>(null);
let timer = 0;

export function toast(text: string, action?: string, run?: () => void): void {
  shown.value = { text, action, run };
  window.clearTimeout(timer);
  timer = window.setTimeout(closeToast, 8000);
}

export function closeToast(): void {
  shown.value = null;
}
