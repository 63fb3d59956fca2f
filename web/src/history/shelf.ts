// A place that keeps conversations: this browser, the server, or only this page.

import { type Conversation, merged } from "../state/tree";
import { matcher, searchable, type Summary, summaryOf } from "./summary";

export interface Shelf {
  summaries(): Promise<Summary[]>;
  get(id: string): Promise<Conversation | undefined>;
  // Keeps a conversation together with what others wrote in it since; returns both. `undelete`: although it
  // was deleted.
  put(conversation: Conversation, undelete?: boolean): Promise<Conversation>;
  remove(id: string): Promise<void>;
  // Ids of the conversations with every word of the query.
  search(query: string): Promise<Set<string>>;
}

// As long as the page: where the browser refuses to store.
export class PageShelf implements Shelf {
  private readonly kept = new Map<string, Conversation>();

  async summaries(): Promise<Summary[]> {
    return [...this.kept.values()].map(summaryOf);
  }

  async get(id: string): Promise<Conversation | undefined> {
    return this.kept.get(id);
  }

  async put(conversation: Conversation): Promise<Conversation> {
    const there = this.kept.get(conversation.id);
    const both = there ? merged(conversation, there) : conversation;
    this.kept.set(both.id, both);
    return both;
  }

  async remove(id: string): Promise<void> {
    this.kept.delete(id);
  }

  async search(query: string): Promise<Set<string>> {
    const fits = matcher(query);
    return new Set([...this.kept.values()].filter((one) => fits(searchable(one))).map(({ id }) => id));
  }
}
