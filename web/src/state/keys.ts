// Shortcuts of the whole page. An open dialog handles its own keys.

import { busy, stop } from "./asking";
import { toggleSources } from "./commands";
import { begin, focusPrompt } from "./conversations";
import { dialog, drawer } from "./page";
import { closePanel, panelOpen } from "./panel";

const typing = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && target.closest("input, textarea, select, [contenteditable]") !== null;

export function onKey(event: KeyboardEvent): void {
  const control = event.ctrlKey || event.metaKey;
  // Ctrl-K, and Cmd-K on a Mac.
  if (control && !event.shiftKey && event.key.toLowerCase() === "k") {
    event.preventDefault();
    dialog.value = dialog.value === "palette" ? null : "palette";
    return;
  }
  if (document.querySelector("dialog[open]")) return;
  if (event.key === "Escape") closeTop();
  else if (control && event.shiftKey) chord(event);
  else if (!control && !event.altKey && !typing(event.target)) single(event);
}

function single(event: KeyboardEvent): void {
  if (event.key === "?") {
    event.preventDefault();
    dialog.value = "help";
  } else if (event.key === "/") {
    event.preventDefault();
    focusPrompt();
  }
}

// What was opened last is closed first; an answer that is being written ends.
function closeTop(): void {
  if (drawer.value) drawer.value = false;
  else if (busy()) stop();
  else if (panelOpen.value) closePanel();
}

function chord(event: KeyboardEvent): void {
  const key = event.key.toLowerCase();
  if (key !== "o" && key !== "s") return;
  event.preventDefault();
  if (key === "o") begin();
  else toggleSources();
}
