// Conversations in this browser's IndexedDB: their summaries for the list, their words for the search, and whole.

import { type Conversation, merged, VERSION } from "../state/tree";
import type { Shelf } from "./shelf";
import { matcher, searchable, type Summary, summaryOf } from "./summary";

const NAME = "glaswerk";
const SCHEMA = 2;
// The keys of what is kept of a conversation; those of `texts` are given apart.
const STORES = { conversations: { keyPath: "id" }, summaries: { keyPath: "id" }, texts: {} };
type Store = keyof typeof STORES;
const NAMES = Object.keys(STORES) as Store[];
// Ids of what was deleted: a tab that still shows one must not bring it back with its next word.
const DELETED = "deleted";

const done = <T>(request: IDBRequest<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

const finished = (transaction: IDBTransaction): Promise<void> =>
  new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(transaction.error ?? new DOMException("aborted", "AbortError"));
    transaction.onerror = () => reject(transaction.error);
  });

// Another tab has the conversation in a form that this page does not know.
export class NewerConversation extends Error {}

// Another tab deleted the conversation.
export class DeletedConversation extends Error {}

export class BrowserShelf implements Shelf {
  // The words of every conversation, read with the first search.
  private texts: Map<string, string> | null = null;

  private constructor(private readonly database: IDBDatabase) {}

  // Rejects with a VersionError if a newer page keeps its conversations here.
  static async open(): Promise<BrowserShelf> {
    const asked = indexedDB.open(NAME, SCHEMA);
    asked.onupgradeneeded = () => {
      const there = asked.result.objectStoreNames;
      for (const [name, key] of Object.entries({ ...STORES, [DELETED]: {} }))
        if (!there.contains(name)) asked.result.createObjectStore(name, key);
    };
    const database = await done(asked);
    // A newer page in another tab may change the schema; this one then keeps nothing more.
    database.onversionchange = () => database.close();
    return new BrowserShelf(database);
  }

  async summaries(): Promise<Summary[]> {
    return done(this.reading("summaries").getAll()) as Promise<Summary[]>;
  }

  async get(id: string): Promise<Conversation | undefined> {
    return done(this.reading("conversations").get(id)) as Promise<Conversation | undefined>;
  }

  async put(conversation: Conversation, undelete = false): Promise<Conversation> {
    const transaction = this.changing();
    const ended = finished(transaction);
    const whole = transaction.objectStore("conversations");
    const there = (await done(whole.get(conversation.id))) as Conversation | undefined;
    const gone = await done(transaction.objectStore(DELETED).get(conversation.id));
    const newer = there && there.version > VERSION;
    if (newer || (gone && !undelete)) {
      transaction.abort();
      await ended.catch(() => {});
      throw newer ? new NewerConversation() : new DeletedConversation();
    }
    transaction.objectStore(DELETED).delete(conversation.id);
    const both = there ? merged(conversation, there) : conversation;
    const text = searchable(both);
    try {
      whole.put(both);
      transaction.objectStore("summaries").put(summaryOf(both));
      transaction.objectStore("texts").put(text, both.id);
    } catch (error) {
      ended.catch(() => {});
      throw error;
    }
    await ended;
    this.texts?.set(both.id, text);
    return both;
  }

  async remove(id: string): Promise<void> {
    const transaction = this.changing();
    const ended = finished(transaction);
    for (const store of NAMES) transaction.objectStore(store).delete(id);
    transaction.objectStore(DELETED).put(Date.now(), id);
    await ended;
    this.texts?.delete(id);
  }

  async search(query: string): Promise<Set<string>> {
    const fits = matcher(query);
    const found = new Set<string>();
    for (const [id, text] of await this.words()) if (fits(text)) found.add(id);
    return found;
  }

  // After another tab changed a conversation.
  forgetWords(): void {
    this.texts = null;
  }

  private async words(): Promise<Map<string, string>> {
    if (this.texts) return this.texts;
    const store = this.reading("texts");
    const [ids, texts] = await Promise.all([done(store.getAllKeys()), done(store.getAll())]);
    this.texts = new Map(ids.map((id, i) => [String(id), String(texts[i])]));
    return this.texts;
  }

  private changing(): IDBTransaction {
    return this.database.transaction([...NAMES, DELETED], "readwrite");
  }

  private reading(store: Store): IDBObjectStore {
    return this.database.transaction(store).objectStore(store);
  }
}
