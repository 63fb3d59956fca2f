// Below an answer: copy, again, versions, ratings, the number of matches; and figures behind "Details".

import type { Trace } from "../api/shapes";
import { busy, respond } from "../state/asking";
import { branchAt } from "../state/conversations";
import { rate } from "../state/feedback";
import { about } from "../state/page";
import { closePanel, openPanel } from "../state/panel";
import type { Message, Step } from "../state/tree";
import { words } from "../words/words";
import { CopyButton } from "./copy-button";
import { Icon, IconButton } from "./icon";
import { NoveltyLine } from "./novelty";
import { Versions } from "./versions";

export function AnswerFoot({ step, trace }: { step: Step; trace: Trace | undefined }) {
  const t = words.value;
  const { message } = step;
  const again = (): void => {
    if (busy() || !message.parent) return;
    closePanel();
    void respond(message.parent);
  };
  return (
    <>
      <div class="answer-foot">
        <Versions step={step} />
        {message.content && <CopyButton label={t.copyAnswer} text={message.content} />}
        <IconButton label={t.again} icon="again" classes="quiet-button again" onClick={again} />
        {message.content && about.value?.feedback && <Thumbs message={message} />}
        <IconButton
          label={t.branch}
          icon="branch"
          classes="quiet-button"
          onClick={() => branchAt(message.id)}
        />
        {message.stopped && <span class="reason">{t.stopped}</span>}
        {message.cut && <span class="reason is-cut">{t.cutShort}</span>}
        {trace && !message.grounded && <Chip message={message} trace={trace} />}
      </div>
      {!message.grounded && trace && <NoveltyLine trace={trace} />}
    </>
  );
}

function Thumbs({ message }: { message: Message }) {
  const t = words.value;
  return (
    <>
      <IconButton
        label={t.good}
        icon="good"
        classes="quiet-button"
        pressed={message.thumb === "up"}
        onClick={() => void rate(message, "up")}
      />
      <IconButton
        label={t.bad}
        icon="bad"
        classes="quiet-button"
        pressed={message.thumb === "down"}
        onClick={() => void rate(message, "down")}
      />
    </>
  );
}

function Chip({ message, trace }: { message: Message; trace: Trace }) {
  const t = words.value;
  if (!trace.spans.length) return <span class="reason">{t.noMatch}</span>;
  return (
    <button
      type="button"
      class="chip"
      aria-controls="sources"
      onClick={(event) => openPanel(event.currentTarget, message.id, 0)}
    >
      <Icon name="sources" />
      <span>{t.matches(trace.spans.length)}</span>
    </button>
  );
}
