// What a screen reader is told. Appended, not replaced, so that it finishes the answer when the matches arrive.

import { signal } from "@preact/signals";

export const said = signal<string[]>([]);

export function announce(text: string): void {
  said.value = [...said.value, text];
}

export function hush(): void {
  said.value = [];
}
