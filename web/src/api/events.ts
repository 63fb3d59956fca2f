// Server-sent events of a response. Bytes that are no UTF-8 become U+FFFD: an answer is shown with its damage.

// Milliseconds.
const LONGEST_WORK = 25;
const DATA = "data: ";

export async function* events(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let held = "";
  let rested = performance.now();
  try {
    for (;;) {
      // A stream that is faster than the page would otherwise leave it no time to draw or to hear a key.
      if (performance.now() - rested > LONGEST_WORK) {
        await new Promise((resolve) => setTimeout(resolve));
        rested = performance.now();
      }
      const { done, value } = await reader.read();
      if (done) return;
      held += decoder.decode(value, { stream: true });
      const parts = held.split(/\r?\n\r?\n/);
      held = parts.pop() ?? "";
      for (const part of parts) {
        // The name of an event may stand above its data, which say it, too.
        const at = part.startsWith(DATA) ? 0 : part.indexOf(`\n${DATA}`) + 1;
        if (at || part.startsWith(DATA)) yield part.slice(at + DATA.length);
      }
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}
