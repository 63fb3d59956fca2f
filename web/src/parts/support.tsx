// On each answer: what supports it. A wrong answer must not look well sourced, so "Not checked" and the caveat are
// part of the answer itself, not only of the panel.

import type { Trace } from "../api/shapes";
import type { Message } from "../state/tree";
import { words } from "../words/words";

export function Support({ message, trace }: { message: Message; trace: Trace | undefined }) {
  const { grounded, content } = message;
  if (!grounded && !content) return null;
  const t = words.value;
  if (grounded) {
    const [kind, text] =
      grounded.verdict === "answered" || grounded.verdict === "counted"
        ? ["supported", t.supported]
        : grounded.verdict === "closest"
          ? ["partly", t.partly]
          : ["declined", t.declined];
    return (
      <p class={`support is-${kind}`} title={kind === "supported" ? t.supportedTitle : undefined}>
        <span class="support-mark">{text}</span>
      </p>
    );
  }
  return (
    <p class="support is-unchecked" title={t.uncheckedTitle}>
      <span class="support-mark">{t.unchecked}</span>
      {trace?.spans.length ? <span>: {t.wordsNotProof}</span> : null}
    </p>
  );
}
