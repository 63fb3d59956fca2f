// A block of code: language, copy button, colours. A long one is drawn in parts, so that ten megabytes open at once.

import { announce } from "../state/announcer";
import { copy } from "../state/clipboard";
import { words } from "../words/words";
import type { Drawing } from "./drawing";

const [SHOWN, MORE, COLOURED] = [20_000, 200_000, 50_000];

export function codeBlock(drawing: Drawing, text: string, info: string, from: number): HTMLElement {
  const language = /^[\w+#.-]{1,20}/.exec(info.trim())?.[0] ?? "";
  const frame = document.createElement("figure");
  frame.className = "code";
  const head = document.createElement("figcaption");
  const name = document.createElement("span");
  name.textContent = language;
  head.append(name, copyButton(text));
  const pre = document.createElement("pre");
  pre.tabIndex = 0;
  const code = pre.appendChild(document.createElement("code"));
  frame.append(head, pre);
  const shown = text.length > SHOWN ? text.slice(0, cutAt(text, SHOWN)) : text;
  drawing.text(code, shown, from);
  if (shown.length < text.length) frame.append(moreButton(code, text, shown.length));
  if (language && shown.length <= COLOURED) void colour(drawing, code, shown, language, from);
  return frame;
}

// A text that is too long to be drawn as Markdown.
export function longText(drawing: Drawing, text: string): HTMLElement {
  const frame = document.createElement("div");
  const part = frame.appendChild(document.createElement("p"));
  const end = cutAt(text, SHOWN);
  drawing.text(part, text.slice(0, end), 0);
  frame.append(moreButton(part, text, end));
  return frame;
}

async function colour(
  drawing: Drawing,
  code: HTMLElement,
  text: string,
  language: string,
  from: number,
): Promise<void> {
  try {
    const { highlighted } = await import("./highlight");
    const drawn = highlighted(text, language);
    if (drawn) drawing.replace(code, drawn, from);
  } catch {
    // Without colours it is the same code.
    return;
  }
}

function copyButton(text: string): HTMLElement {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "copy-code";
  button.textContent = words.value.copyCode;
  button.addEventListener("click", async () => {
    await copy(text);
    button.textContent = words.value.copied;
    announce(words.value.copied);
    setTimeout(() => {
      button.textContent = words.value.copyCode;
    }, 1600);
  });
  return button;
}

function moreButton(code: HTMLElement, text: string, first: number): HTMLElement {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "show-all more-code";
  let shown = first;
  const label = (): void => {
    button.textContent = words.value.showMoreCode(lines(text, shown));
  };
  button.addEventListener("click", () => {
    const end = cutAt(text, shown + MORE);
    code.append(text.slice(shown, end));
    shown = end;
    if (shown >= text.length) button.remove();
    else label();
  });
  label();
  return button;
}

// The end of the line before `at`, or `at` if the line is longer than all that is shown.
function cutAt(text: string, at: number): number {
  if (at >= text.length) return text.length;
  const line = text.lastIndexOf("\n", at);
  return line > at - 5000 ? line + 1 : at;
}

function lines(text: string, from: number): number {
  let found = 1;
  for (let at = text.indexOf("\n", from); at >= 0 && at < text.length - 1; at = text.indexOf("\n", at + 1))
    found += 1;
  return found;
}
