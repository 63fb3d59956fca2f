// Conversations on the server, for those who want them in every browser: each key's project has its own.

import { codeOf, get, request, send } from "../api/client";
import type { Conversation } from "../state/tree";
import type { Shelf } from "./shelf";
import { type Summary, summaryOf } from "./summary";

const PLACE = "/v1/glaswerk/chats";
const at = (id: string): string => `${PLACE}/${encodeURIComponent(id)}`;

export class ServerShelf implements Shelf {
  async summaries(): Promise<Summary[]> {
    return (await get<{ data: Summary[] }>(PLACE)).data;
  }

  async get(id: string): Promise<Conversation | undefined> {
    try {
      return (await get<{ chat: Conversation }>(at(id))).chat;
    } catch (error) {
      if (codeOf(error).endsWith("not_found")) return undefined;
      throw error;
    }
  }

  async put(conversation: Conversation, undelete = false): Promise<Conversation> {
    const body = { summary: summaryOf(conversation), chat: conversation, undelete };
    return ((await (await send(at(conversation.id), body)).json()) as { chat: Conversation }).chat;
  }

  async remove(id: string): Promise<void> {
    await request(at(id), { method: "DELETE" });
  }

  async search(query: string): Promise<Set<string>> {
    const found = await get<{ data: Summary[] }>(`${PLACE}?query=${encodeURIComponent(query)}`);
    return new Set(found.data.map(({ id }) => id));
  }
}
