// Requests to the gateway: the endpoints of OpenAI's API, and Glaswerk's additional ones.

import { askForKey, keyHeaders } from "/static/key.js";

export class ApiError extends Error {
  constructor(message, code) {
    super(message);
    this.code = code;
  }
}

const UNREACHABLE = "The server does not answer. Is “glaswerk serve” still running?";

async function request(path, options = {}) {
  let response;
  try {
    response = await fetch(path, { ...options, headers: { ...options.headers, ...keyHeaders() } });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new ApiError(UNREACHABLE, "unreachable");
  }
  if (response.ok) return response;
  if (response.status === 401 && (await askForKey())) return request(path, options);
  const body = await response.json().catch(() => ({}));
  throw new ApiError(body.error?.message ?? `The server answered ${response.status}.`, body.error?.code);
}

const post = (path, body, signal) =>
  request(path, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body), signal });

// Lets this browser open the trust report for a minute: a link cannot send the key.
export const admitToReport = () => post("/v1/glaswerk/report-ticket", {});

export const info = async () => (await request("/v1/glaswerk/info")).json();

// The server's limit, in code points. Longer texts are cut so that their beginning can be traced.
const TRACEABLE = 20000;

// The trace of an answer; `context` is the conversation before it. The server knows its recent answers by id.
// If it has lost an answer, or has more of it than the page (the reader stopped it), the shown text is sent.
export async function trace({ id, content }, context) {
  const known = id && (await traceOf(id));
  if (known?.text === content) return known;
  const cut = Array.from(content).slice(0, TRACEABLE).join("");
  return (await post("/v1/glaswerk/trace", { text: cut, context })).json();
}

async function traceOf(id) {
  try {
    return await (await request(`/v1/traces/${encodeURIComponent(id)}`)).json();
  } catch (error) {
    if (error.code === "answer_not_found") return null;
    throw error;
  }
}

export const documentOf = async (id, signal) =>
  (await request(`/v1/documents/${encodeURIComponent(id)}`, { signal })).json();

// Yields the pieces of one answer, each with the id of the response. Throws ApiError if the stream fails or ends early.
// With `ground`, the answer rests on the lab's documents; `grounded` then says on which.
export async function* answer(model, messages, signal, ground) {
  // Low: the trust report measures the likeliest answer, and a small model makes more errors at 0.7.
  const body = { model, messages, stream: true, temperature: 0.2, glaswerk: { ground } };
  const response = await post("/v1/chat/completions", body, signal);
  for await (const data of events(response.body)) {
    if (data === "[DONE]") return;
    const chunk = JSON.parse(data);
    if (chunk.error) throw new ApiError(chunk.error.message, chunk.error.code);
    const text = chunk.choices[0]?.delta.content;
    const grounded = chunk.glaswerk?.grounded;
    if (text || grounded) yield { id: chunk.id, text: text ?? "", grounded };
  }
  throw new ApiError("The connection was lost before the answer was complete.", "broken");
}

async function* events(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let held = "";
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      held += value;
      const parts = held.split("\n\n");
      held = parts.pop();
      for (const part of parts) if (part.startsWith("data: ")) yield part.slice(6);
    }
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new ApiError("The connection was lost before the answer was complete.", "broken");
  } finally {
    reader.cancel().catch(() => {});
  }
}
