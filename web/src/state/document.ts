// The document that is open in full, with the words that were looked for.

import { signal } from "@preact/signals";
import { codeOf, documentOf } from "../api/client";
import type { Grounded, SourceDocument } from "../api/shapes";
import { retrace } from "./traces";

export interface OpenDocument {
  id: string;
  words: string;
  found: SourceDocument | null;
  error: string;
}

export const openedDocument = signal<OpenDocument | null>(null);

export async function openDocument(id: string, words: string): Promise<void> {
  const asked: OpenDocument = { id, words, found: null, error: "" };
  openedDocument.value = asked;
  const settle = (what: Partial<OpenDocument>): void => {
    if (openedDocument.value?.id === id) openedDocument.value = { ...asked, ...what };
  };
  try {
    settle({ found: await documentOf(id) });
  } catch (error) {
    settle({ error: (error as Error).message });
    // A document was removed after its answer was traced: nothing of it may stay on the screen.
    if (codeOf(error) === "document_not_found") retrace();
  }
}

async function isThere(id: string): Promise<boolean> {
  try {
    return Boolean(await documentOf(id));
  } catch (error) {
    return codeOf(error) !== "document_not_found";
  }
}

// What is left of a stored answer if documents were removed since; the same object if all are there.
export async function stillThere(grounded: Grounded): Promise<Grounded> {
  const ids = [...new Set([...grounded.quotes, ...grounded.near].map(({ id }) => id))];
  const there = new Map(await Promise.all(ids.map(async (id) => [id, await isThere(id)] as const)));
  if (ids.every((id) => there.get(id))) return grounded;
  const keep = ({ id }: { id: string }): boolean => there.get(id) ?? false;
  return { ...grounded, quotes: grounded.quotes.filter(keep), near: grounded.near.filter(keep), claims: [] };
}
