// An answer that is complete: its text with the underlined spans, what supports it, and what one can do with it.

import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import type { Trace } from "../api/shapes";
import { draw } from "../markdown/draw";
import type { Drawing } from "../markdown/drawing";
import { announce } from "../state/announcer";
import { failure } from "../state/live";
import { about, current } from "../state/page";
import { activeSpan, openPanel, shownAnswer } from "../state/panel";
import { follow } from "../state/scrolling";
import { round, traced, traceMessage } from "../state/traces";
import type { Message, Step } from "../state/tree";
import { language, words } from "../words/words";
import { Calls } from "./calls";
import { Failed } from "./failed";
import { AnswerFoot } from "./foot";
import { offerTour } from "../state/tour";
import { Icon } from "./icon";
import { KeptGrounds } from "./kept-grounds";
import { PictureFigure } from "./picture";
import { Support } from "./support";

interface AnswerProps {
  step: Step;
  last: boolean;
}

export function Answer({ step, last }: AnswerProps) {
  const t = words.value;
  const { message } = step;
  const root = useRef<HTMLElement>(null);
  const trace = useTrace(message, root);
  const failed = failure.value?.parent === message.parent && last ? failure.value : null;
  return (
    <article ref={root} class={`answer${last ? " is-last" : ""}`} aria-label={t.answer}>
      <Icon name="mark" classes="mark" />
      <div class="answer-column">
        {message.leftOut ? <p class="left-out">{t.leftOut(message.leftOut)}</p> : null}
        <Calls calls={message.calls ?? []} message={last ? message.id : undefined} />
        <div class="answer-text">
          {message.grounded ? (
            <KeptGrounds message={message} grounded={message.grounded} />
          ) : (
            <Written message={message} trace={trace} />
          )}
          {message.picture && <PictureFigure picture={message.picture} model={message.model ?? ""} />}
          <Silence message={message} />
        </div>
        <Support message={message} trace={trace} />
        {failed ? <Failed failure={failed} /> : <AnswerFoot step={step} trace={trace} />}
      </div>
    </article>
  );
}

// Why there is nothing to read.
function Silence({ message: { content, grounded, stopped, calls, picture } }: { message: Message }) {
  if (content || grounded || calls?.length || picture) return null;
  const t = words.value;
  return <span class="silent">{stopped ? t.stoppedBefore : t.emptyAnswer}</span>;
}

// The answer's Markdown with its underlines.
function Written({ message, trace }: { message: Message; trace: Trace | undefined }) {
  const root = useRef<HTMLDivElement>(null);
  const drawing = useRef<Drawing | null>(null);
  // Without underlines nothing is drawn again: who has opened long code, or pressed a button in it, keeps that.
  const spans = trace?.spans.length ? trace.spans : undefined;
  useLayoutEffect(() => {
    const made = draw(message.content);
    if (spans) made.mark(spans, (index, opener) => openPanel(opener, message.id, index));
    drawing.current = made;
    follow(() => root.current?.replaceChildren(made.fragment));
  }, [message.content, spans, language.value]);
  const active = shownAnswer.value?.id === message.id ? activeSpan.value : -1;
  useEffect(() => {
    for (const mark of root.current?.querySelectorAll<HTMLElement>("mark") ?? []) {
      mark.classList.toggle("is-active", mark.dataset.span === String(active));
    }
  }, [active, trace]);
  return <div ref={root} class="written" />;
}

// Milliseconds for which an answer is in view before it is traced: whoever scrolls past hundreds asks for none.
const RESTED = 150;

// Traces an answer once it comes into view: a long conversation has hundreds that nobody looks at.
function useTrace(message: Message, root: { current: HTMLElement | null }): Trace | undefined {
  const [near, setNear] = useState(false);
  const ready = about.value !== null;
  useEffect(() => {
    if (near || !root.current) return;
    let rest = 0;
    const watch = new IntersectionObserver(
      (entries) => {
        clearTimeout(rest);
        if (entries.at(-1)!.isIntersecting) rest = window.setTimeout(() => setNear(true), RESTED);
      },
      { rootMargin: "50%" },
    );
    watch.observe(root.current);
    return () => {
      clearTimeout(rest);
      watch.disconnect();
    };
  }, [near]);
  const again = round.value;
  useEffect(() => {
    if (!near || !ready || traced.peek().has(message.id)) return;
    void traceMessage(current.peek(), message).then((found) => {
      if (!found?.spans.length || message.grounded) return;
      announce(words.value.matchesSaid(found.spans.length));
      offerTour();
    });
  }, [near, ready, again, message.id]);
  const found = traced.value.get(message.id);
  return found && "spans" in found ? found : undefined;
}
