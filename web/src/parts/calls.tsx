// The calls of tools before an answer: what went in, what came out. Both are content: nothing of it is read as
// Markdown or HTML.

import { useEffect } from "preact/hooks";
import { answerCalls } from "../state/asking";
import { toEnd } from "../state/scrolling";
import type { ToolCall } from "../state/tools";
import { words } from "../words/words";
import { named } from "./text";

interface CallsProps {
  calls: ToolCall[];
  // The message of the answer; without it the calls are still going on.
  message?: string;
}

export function Calls({ calls, message }: CallsProps) {
  const waiting = calls.filter(({ status, approval }) => status === "pending" && approval);
  const asks = Boolean(message) && waiting.length > 0;
  // Into sight, with what it asks about above it. What was out of sight gets its height when it comes near.
  useEffect(() => {
    if (asks) requestAnimationFrame(toEnd);
  }, [asks]);
  const answer = (agree: boolean): void => {
    if (message)
      void answerCalls(
        message,
        waiting.map(({ approval }) => ({ id: approval!, approve: agree })),
      );
  };
  if (!calls.length) return null;
  const t = words.value;
  return (
    <div class="calls">
      {calls.map((call) => (
        <Call key={call.id} call={call} />
      ))}
      {asks && (
        <div class="calls-ask" role="group" aria-label={t.callAsks}>
          <p>{t.callAsks}</p>
          <button type="button" class="text-button is-main" onClick={() => answer(true)}>
            {t.callAllow}
          </button>
          <button type="button" class="text-button" onClick={() => answer(false)}>
            {t.callRefuse}
          </button>
        </div>
      )}
    </div>
  );
}

function Call({ call }: { call: ToolCall }) {
  const t = words.value;
  const waits = call.status === "pending";
  return (
    // Whoever is asked to agree must see to what.
    <details class="call" open={waits}>
      <summary>
        {waits ? t.wantsToCall(named(call.name)) : t.called(named(call.name))} <span class="call-state">{t.callState[call.status]}</span>
      </summary>
      <p class="hint">{t.callIn}</p>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolled box must be in reach of the keyboard */}
      <pre class="file-text" tabIndex={0}>
        {call.arguments}
      </pre>
      {call.output !== undefined && (
        <>
          <p class="hint">{t.callOut}</p>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: as above */}
          <pre class="file-text" tabIndex={0}>
            {call.output}
          </pre>
          {call.left_out ? <p class="hint">{t.callLeftOut(call.left_out)}</p> : null}
        </>
      )}
    </details>
  );
}
