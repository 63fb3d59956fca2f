// The visible conversation: questions, answers, the one that is growing, and what failed.

import { useLayoutEffect } from "preact/hooks";
import { respond } from "../state/asking";
import { failure, live } from "../state/live";
import { current, steps, unreachable } from "../state/page";
import { toEnd } from "../state/scrolling";
import type { Step } from "../state/tree";
import { words } from "../words/words";
import { Answer } from "./answer";
import { Failed } from "./failed";
import { Icon } from "./icon";
import { LiveAnswer } from "./live-answer";
import { Question } from "./question";

export function Transcript() {
  const t = words.value;
  const { id } = current.value;
  const now = live.value?.conversation === id ? live.value : null;
  const shown = until(steps.value, now?.parent);
  useLayoutEffect(toEnd, [id]);
  const lastAnswer = now ? -1 : shown.findLastIndex(({ message }) => message.role === "assistant");
  return (
    <section class="conversation" id="conversation" aria-label={t.conversation}>
      {shown.map((step, i) =>
        step.message.role === "user" ? (
          <Question key={step.message.id} step={step} />
        ) : (
          <Answer key={step.message.id} step={step} last={i === lastAnswer} />
        ),
      )}
      {shown.length > 0 && unreachable.value && (
        <p class="left-out" role="alert">
          {unreachable.value}
        </p>
      )}
      {now ? <LiveAnswer key={now.parent} now={now} /> : <Unanswered shown={shown} />}
    </section>
  );
}

// Of the steps those up to the question that is being answered: its earlier answers wait as versions.
function until(all: Step[], parent: string | undefined): Step[] {
  if (parent === undefined) return all;
  const at = all.findIndex(({ message }) => message.id === parent);
  return at < 0 ? all : all.slice(0, at + 1);
}

// The last question without an answer: because it failed, or because the page was closed before.
function Unanswered({ shown }: { shown: Step[] }) {
  const t = words.value;
  const last = shown.at(-1)?.message;
  if (last?.role !== "user") return null;
  const failed = failure.value?.parent === last.id ? failure.value : null;
  return (
    <article class="answer" aria-label={t.answer}>
      <Icon name="mark" classes="mark" />
      <div class="answer-column">
        {failed ? (
          <Failed failure={failed} />
        ) : (
          <div class="answer-foot">
            <div class="failure" role="alert">
              <Icon name="warn" />
              <div>
                <p>{t.noAnswerYet}</p>
              </div>
              <button type="button" class="retry" onClick={() => void respond(last.id)}>
                {t.tryAgain}
              </button>
            </div>
          </div>
        )}
      </div>
    </article>
  );
}
