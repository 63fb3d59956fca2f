// A message of the reader: folded if it is long, with its files, and a form to edit it.

import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { ask, busy } from "../state/asking";
import { editing } from "../state/page";
import { type Message, type Step, shortened } from "../state/tree";
import { words } from "../words/words";
import { FileChip } from "./files";
import { IconButton } from "./icon";
import { CopyButton } from "./copy-button";
import { Versions } from "./versions";

// Above either, a message is folded.
const [LONG, TALL] = [1500, 24];

const isLong = (text: string): boolean => text.length > LONG || text.split("\n", TALL + 1).length > TALL;

function folded(text: string): string {
  const start = text.split("\n", TALL).join("\n").slice(0, LONG);
  return `${start}…`;
}

export function Question({ step }: { step: Step }) {
  const t = words.value;
  const { message } = step;
  if (editing.value === message.id) return <EditForm message={message} />;
  return (
    <article class="question" aria-label={t.you}>
      {message.files?.map((file, i) => (
        <FileChip key={i} file={file} />
      ))}
      {message.content && <Bubble text={message.content} />}
      <div class="question-foot">
        <Versions step={step} />
        <CopyButton label={t.copyMessage} text={message.content} />
        <IconButton
          label={t.edit}
          icon="edit"
          classes="quiet-button"
          onClick={() => {
            if (!busy()) editing.value = message.id;
          }}
        />
      </div>
    </article>
  );
}

function Bubble({ text }: { text: string }) {
  const [open, setOpen] = useState(false);
  const t = words.value;
  const long = isLong(text);
  return (
    <div class="bubble">
      {long && !open ? folded(text) : text}
      {long && (
        <button type="button" class="show-all fold" aria-expanded={open} onClick={() => setOpen(!open)}>
          {open ? t.showLess : t.showAllText(text.length)}
        </button>
      )}
    </div>
  );
}

function EditForm({ message }: { message: Message }) {
  const area = useRef<HTMLTextAreaElement>(null);
  const t = words.value;
  // Before the next key: Escape pressed at once is for this box.
  useLayoutEffect(() => area.current?.focus(), []);
  const cancel = (): void => {
    editing.value = null;
    document.getElementById("prompt")?.focus();
  };
  const submit = (): void => {
    const text = area.current?.value ?? "";
    if (text.trim() || message.files?.length) void ask(text, message.files ?? [], message.parent, message.draw);
  };
  return (
    <article class="question is-edited" aria-label={t.you}>
      <form
        class="edit"
        aria-label={t.edit}
        onSubmit={(event) => {
          event.preventDefault();
          submit();
        }}
      >
        <textarea
          ref={area}
          aria-label={`${t.edit}: ${shortened(message.content)}`}
          defaultValue={message.content}
          rows={Math.min(12, message.content.split("\n", 12).length + 1)}
          onKeyDown={(event) => {
            if (event.key === "Escape") {
              event.stopPropagation();
              cancel();
            }
            if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
            event.preventDefault();
            submit();
          }}
        />
        <div class="edit-foot">
          <button type="button" class="text-button" onClick={cancel}>
            {t.cancel}
          </button>
          <button type="submit" class="text-button is-main">
            {t.editSend}
          </button>
        </div>
      </form>
    </article>
  );
}
