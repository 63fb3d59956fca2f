// Files as context: a text is read here; anything else is asked of the server, which reads PDF and the like.

import { signal } from "@preact/signals";
import { get, request } from "../api/client";
import { words } from "../words/words";
import { toast } from "./toast";
import type { Attachment } from "./tree";

// Above this no model of this size reads it, and the server takes no such message.
const MOST = 1_500_000;
const MOST_FILE = 20_000_000;

// Names of files that are being read.
export const reading = signal<string[]>([]);

export async function readFiles(files: File[]): Promise<Attachment[]> {
  const found: Attachment[] = [];
  for (const file of files) {
    reading.value = [...reading.value, file.name];
    try {
      const one = await readFile(file);
      if (one) found.push(one);
    } catch {
      toast(words.value.fileUnreadable(shortName(file.name)));
    } finally {
      reading.value = reading.value.filter((name) => name !== file.name);
    }
  }
  return found;
}

const shortName = (name: string): string => (name.length > 80 ? `${name.slice(0, 79)}…` : name);

async function readFile(file: File): Promise<Attachment | null> {
  const t = words.value;
  const name = shortName(file.name);
  if (file.size > MOST_FILE) {
    toast(t.fileTooLarge(name, t.size(MOST_FILE)));
    return null;
  }
  const bytes = new Uint8Array(await file.arrayBuffer());
  const text = isText(bytes) ? decoded(bytes, name) : await readByServer(file);
  if (text.length > MOST) {
    toast(t.fileTooLarge(name, t.size(MOST)));
    return null;
  }
  return { name, size: file.size, text };
}

// A zero byte is in no text but UTF-16, which says so in its first bytes.
function isText(bytes: Uint8Array): boolean {
  if (isUtf16(bytes)) return true;
  const head = bytes.subarray(0, 8192);
  return !head.includes(0) && !startsWith(head, "%PDF") && !startsWith(head, "PK\u0003\u0004");
}

const isUtf16 = ([first, second]: Uint8Array): boolean =>
  (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff);

const startsWith = (bytes: Uint8Array, text: string): boolean =>
  Array.from(text).every((c, i) => bytes[i] === c.charCodeAt(0));

// Bytes that are no UTF-8 are shown as U+FFFD and counted, never dropped in silence.
function decoded(bytes: Uint8Array, name: string): string {
  const code = isUtf16(bytes) ? (bytes[0] === 0xff ? "utf-16le" : "utf-16be") : "utf-8";
  const text = new TextDecoder(code).decode(bytes);
  const broken = text.split("\ufffd").length - 1;
  if (broken) toast(words.value.fileBroken(name, broken));
  return text;
}

async function readByServer(file: File): Promise<string> {
  const form = new FormData();
  form.append("purpose", "user_data");
  form.append("file", file);
  const { id } = (await (await request("/v1/files", { method: "POST", body: form })).json()) as {
    id: string;
  };
  try {
    return (await get<{ text: string }>(`/v1/glaswerk/files/${encodeURIComponent(id)}/text`)).text;
  } finally {
    // Its text is in the message now: the file itself is needed no more.
    request(`/v1/files/${encodeURIComponent(id)}`, { method: "DELETE" }).catch(() => {});
  }
}
