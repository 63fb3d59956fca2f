// Messages as the server takes them: files become part of the text of their message.

import type { Attachment, Message } from "./tree";

export interface Wired {
  role: string;
  content: string;
}

export function wire(messages: Message[], system = ""): Wired[] {
  const before = system.trim() ? [{ role: "system", content: system.trim() }] : [];
  const said = messages
    // An answer that was stopped before its first word says nothing to the model.
    .filter(({ role, content, picture }) => role === "user" || content || picture)
    .map(({ role, content, files, picture }) => ({
      role,
      // A language model sees no picture; without a word instead, two questions would follow each other.
      content: picture ? `[picture: ${oneLine(picture.prompt)}]` : withFiles(content, files ?? []),
    }));
  return [...before, ...said];
}

function withFiles(content: string, files: Attachment[]): string {
  if (!files.length) return content;
  const texts = files.map(({ name, text, pasted }) => (pasted ? text : `${oneLine(name)}:\n${text}`));
  return [...texts, content].filter(Boolean).join("\n\n");
}

// The name of a file comes from elsewhere: no line of it may look like a message of its own.
const oneLine = (name: string): string => name.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, " ");
