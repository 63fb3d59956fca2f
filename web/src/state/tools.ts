// Tools that the model may call at the server: which there are, which the reader allows, and what came of a call.

import { signal } from "@preact/signals";
import { get } from "../api/client";
import { settings } from "./settings";

export interface Tool {
  name: string;
  server: string;
  description: string;
  // Whether a person must agree to each call.
  asks: boolean;
}

export interface ToolCall {
  id: string;
  server: string;
  name: string;
  arguments: string;
  status: "running" | "completed" | "failed" | "pending";
  output?: string;
  left_out?: number;
  // The id under which a person may agree to it.
  approval?: string;
}

export const tools = signal<Tool[]>([]);

// A server of an older version has none.
export async function learnTools(): Promise<void> {
  tools.value = (await get<{ data: Tool[] }>("/v1/glaswerk/tools").catch(() => ({ data: [] }))).data;
}

// The tools that go with the next question: the chosen ones that are still there.
export const allowed = (): string[] =>
  settings.value.tools.filter((name) => tools.value.some((tool) => tool.name === name));

// The calls so far, with this one in place of what was known of it.
export function withCall(calls: ToolCall[], call: ToolCall): ToolCall[] {
  const at = calls.findIndex(({ id }) => id === call.id);
  return at < 0 ? [...calls, call] : calls.map((one, i) => (i === at ? call : one));
}
