// A conversation as a file: Markdown for people, JSON with every version for programs.

import { type Conversation, path, title } from "../state/tree";
import { words } from "../words/words";

export function asMarkdown(conversation: Conversation): string {
  const parts = [`# ${title(conversation) || words.value.newChat}`];
  for (const { message } of path(conversation)) {
    parts.push(`## ${message.role === "user" ? words.value.you : (message.model ?? words.value.answer)}`);
    for (const file of message.files ?? []) parts.push(`*${file.name}*`, fenced(file.text));
    if (message.content) parts.push(message.content);
    if (message.picture) parts.push(`*${words.value.pictureOf(message.picture.prompt)}*`);
    if (message.stopped) parts.push(`*${words.value.stopped}*`);
  }
  return `${parts.join("\n\n")}\n`;
}

// A fence longer than any in the text: a file may have Markdown in it.
function fenced(text: string): string {
  const longest = Math.max(2, ...(text.match(/`{3,}/g) ?? []).map((run) => run.length));
  const fence = "`".repeat(longest + 1);
  return `${fence}\n${text}\n${fence}`;
}

export const asJson = (conversation: Conversation): string => `${JSON.stringify(conversation, null, 2)}\n`;

export function fileName(conversation: Conversation, ending: string): string {
  const name = title(conversation)
    .replace(/[^\p{L}\p{N}]+/gu, "-")
    .replace(/^-+|-+$/g, "")
    .slice(0, 50);
  return `${name || "chat"}.${ending}`;
}

export function download(name: string, text: string, type: string): void {
  const url = URL.createObjectURL(new Blob([text], { type }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 1000);
}
