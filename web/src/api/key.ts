// The API key, if the server wants one: asked for in a dialog, kept in this tab only and gone with it.

import { signal } from "@preact/signals";

const NAME = "glaswerk.key";
// Where the browser refuses to store, the key lasts as long as the page.
let held = "";
let asking: Promise<boolean> | null = null;

// What the dialog shows; `settle` is called once with whether the reader entered a key.
export const wanted = signal<{ refused: boolean; settle: (entered: boolean) => void } | null>(null);

function stored(): string {
  try {
    return sessionStorage.getItem(NAME) ?? held;
  } catch {
    return held;
  }
}

export function useKey(key: string): void {
  held = key;
  try {
    sessionStorage.setItem(NAME, key);
  } catch {
    return;
  }
}

export const hasKey = (): boolean => stored() !== "";

export const keyHeaders = (): Record<string, string> =>
  hasKey() ? { authorization: `Bearer ${stored()}` } : {};

// Resolves to true once the reader has entered a key, to false if not. Requests that need one wait for one dialog.
export function askForKey(): Promise<boolean> {
  asking ??= new Promise<boolean>((resolve) => {
    wanted.value = { refused: hasKey(), settle: resolve };
  }).finally(() => {
    asking = null;
    wanted.value = null;
  });
  return asking;
}
