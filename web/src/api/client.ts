// Requests to the gateway: the endpoints of OpenAI's API, and Glaswerk's additional ones.

import type { ToolCall } from "../state/tools";
import { words } from "../words/words";
import { events } from "./events";
import { askForKey, keyHeaders } from "./key";
import type { Grounded, Info, Model, SourceDocument, Trace } from "./shapes";

export class ApiError extends Error {
  constructor(
    message: string,
    readonly code: string,
  ) {
    super(message);
  }
}

export const isAbort = (error: unknown): boolean => error instanceof Error && error.name === "AbortError";

export const codeOf = (error: unknown): string => (error instanceof ApiError ? error.code : "");

export async function request(path: string, options: RequestInit = {}): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(path, { ...options, headers: { ...options.headers, ...keyHeaders() } });
  } catch (error) {
    if (isAbort(error)) throw error;
    throw new ApiError(words.value.unreachable, "unreachable");
  }
  if (response.ok) return response;
  if (response.status === 401 && (await askForKey())) return request(path, options);
  const body = (await response.json().catch(() => ({}))) as { error?: { message?: string; code?: string } };
  const message = body.error?.message ?? words.value.answered(response.status);
  throw new ApiError(message, body.error?.code ?? `status_${response.status}`);
}

const json = async <T>(path: string, options?: RequestInit): Promise<T> =>
  (await request(path, options)).json() as Promise<T>;

export const send = (path: string, body: unknown, signal?: AbortSignal, method = "POST"): Promise<Response> =>
  request(path, {
    method,
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
    signal: signal ?? null,
  });

export const get = json;

// Lets this browser open the trust report for a minute: a link cannot send the key.
export const admitToReport = (): Promise<Response> => send("/v1/glaswerk/report-ticket", {});

export const info = (): Promise<Info> => json("/v1/glaswerk/info");

export const models = async (): Promise<Model[]> => (await json<{ data: Model[] }>("/v1/models")).data;

export const documentOf = (id: string): Promise<SourceDocument> =>
  json(`/v1/documents/${encodeURIComponent(id)}`);

// The server's limit, in code points. Longer texts are cut so that their beginning can be traced.
const TRACEABLE = 20_000;

// The trace of an answer; `context` is the conversation before it. The server knows its recent answers by id.
// If it has lost an answer, or has more of it than the page (the reader stopped it), the shown text is sent.
export async function trace(id: string | undefined, content: string, context: string): Promise<Trace> {
  const known = id ? await traceOf(id) : null;
  if (known?.text === content) return known;
  const text = Array.from(content.slice(0, 2 * TRACEABLE))
    .slice(0, TRACEABLE)
    .join("");
  return (await send("/v1/glaswerk/trace", { text, context })).json() as Promise<Trace>;
}

async function traceOf(id: string): Promise<Trace | null> {
  try {
    return await json<Trace>(`/v1/traces/${encodeURIComponent(id)}`);
  } catch (error) {
    if (codeOf(error) === "answer_not_found") return null;
    throw error;
  }
}

export interface Piece {
  id: string;
  text: string;
  grounded?: Grounded;
  call?: ToolCall;
  // Why the answer ended: "length" if it reached its longest length.
  end?: string;
}

interface Chunk {
  id: string;
  error?: { message: string; code: string };
  choices?: { delta?: { content?: string | null }; finish_reason?: string | null }[];
  glaswerk?: { grounded?: Grounded; tool_call?: ToolCall };
}

// Yields the pieces of one answer, each with the id of the response. Throws ApiError if the stream fails or ends
// early.
export async function* answer(body: object, signal: AbortSignal): AsyncGenerator<Piece> {
  const response = await send("/v1/chat/completions", { ...body, stream: true }, signal);
  try {
    for await (const data of events(response.body!)) {
      if (data === "[DONE]") return;
      const chunk = read(data);
      if (chunk.error) throw new ApiError(chunk.error.message, chunk.error.code);
      const choice = chunk.choices?.[0];
      const piece = { id: chunk.id, text: choice?.delta?.content ?? "" };
      const grounded = chunk.glaswerk?.grounded;
      const call = chunk.glaswerk?.tool_call;
      const end = choice?.finish_reason;
      if (piece.text || grounded || call || end) {
        yield { ...piece, ...(grounded && { grounded }), ...(call && { call }), ...(end && { end }) };
      }
    }
  } catch (error) {
    if (isAbort(error) || error instanceof ApiError) throw error;
    throw new ApiError(words.value.lost, "broken");
  }
  throw new ApiError(words.value.lost, "broken");
}

function read(data: string): Chunk {
  try {
    return JSON.parse(data) as Chunk;
  } catch {
    throw new ApiError(words.value.lost, "broken");
  }
}
