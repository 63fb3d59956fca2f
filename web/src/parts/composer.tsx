// The message box: it grows with its text, sends with Enter, takes files, and folds a long paste into one.

import { signal } from "@preact/signals";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { ask, stop } from "../state/asking";
import { readFiles, reading } from "../state/files";
import { live } from "../state/live";
import { about, current, drawing, editing, grounding, painter, steps, wantsPicture } from "../state/page";
import { set } from "../state/settings";
import type { Attachment } from "../state/tree";
import { words } from "../words/words";
import { FileChip } from "./files";
import { Icon, IconButton } from "./icon";

// A paste above this, in characters, becomes a folded file of the message.
const LONG_PASTE = 4000;
const TALLEST = 220;

export const draft = signal("");
export const attached = signal<Attachment[]>([]);

const attach = (more: Attachment[]): void => {
  attached.value = [...attached.value, ...more];
};

function submit(): void {
  const [text, files] = [draft.value, attached.value];
  if (live.value || !(text.trim() || files.length)) return;
  if (drawing.value) {
    // Files that are attached wait for a question.
    if (!text.trim()) return;
    draft.value = "";
    void ask(text, [], undefined, true);
    return;
  }
  draft.value = "";
  attached.value = [];
  void ask(text, files);
}

export function Composer() {
  const t = words.value;
  const chooser = useRef<HTMLInputElement>(null);
  const busy = live.value !== null;
  const empty = !draft.value.trim() && (drawing.value || !attached.value.length);
  return (
    <>
      {attached.value.length > 0 || reading.value.length > 0 ? (
        <div class="attached" role="group" aria-label={t.attach}>
          {attached.value.map((file, i) => (
            <FileChip
              key={i}
              file={file}
              remove={() => {
                attached.value = attached.value.filter((other) => other !== file);
                document.getElementById("prompt")?.focus();
              }}
            />
          ))}
          {reading.value.map((name) => (
            <span class="file-size" key={name}>
              {t.fileReading(name)}
            </span>
          ))}
        </div>
      ) : null}
      <form
        class="composer"
        id="composer"
        onSubmit={(event) => {
          event.preventDefault();
          submit();
        }}
        onDragOver={(event) => event.preventDefault()}
        onDrop={(event) => {
          event.preventDefault();
          void readFiles([...(event.dataTransfer?.files ?? [])]).then(attach);
        }}
      >
        <input
          ref={chooser}
          type="file"
          multiple
          hidden
          id="files"
          onChange={(event) => {
            void readFiles([...(event.currentTarget.files ?? [])]).then(attach);
            event.currentTarget.value = "";
          }}
        />
        <IconButton id="attach" label={t.attach} icon="attach" onClick={() => chooser.current?.click()} />
        <label class="unseen" for="prompt">
          {t.message}
        </label>
        <Box />
        {busy ? (
          <button class="send stop" id="stop" type="button" aria-label={t.stop} onClick={onStop}>
            <Icon name="stop" />
          </button>
        ) : (
          <button class="send" id="send" type="submit" aria-label={t.send} disabled={empty}>
            <Icon name="send" />
          </button>
        )}
      </form>
      {painter.value && (
        <label class="ground-switch" id="draw-switch">
          <input
            type="checkbox"
            id="draw"
            checked={drawing.value}
            onChange={(event) => {
              wantsPicture.value = event.currentTarget.checked;
            }}
          />
          {t.draw}
        </label>
      )}
      {about.value?.ground.there && !drawing.value && (
        <label class="ground-switch" id="ground-switch">
          <input
            type="checkbox"
            id="ground"
            checked={grounding.value}
            onChange={(event) => set({ ground: event.currentTarget.checked })}
          />
          {t.ground}
        </label>
      )}
    </>
  );
}

function onStop(): void {
  stop();
  document.getElementById("prompt")?.focus();
}

function Box() {
  const box = useRef<HTMLTextAreaElement>(null);
  useLayoutEffect(() => {
    const node = box.current!;
    node.style.height = "auto";
    node.style.height = `${Math.min(node.scrollHeight, TALLEST)}px`;
  }, [draft.value]);
  useEffect(() => box.current?.focus({ preventScroll: true }), []);
  const busy = live.value !== null;
  useEffect(() => {
    // The button that stopped the answer is gone; the focus should not be lost with it.
    if (!busy && document.activeElement === document.body) box.current?.focus({ preventScroll: true });
  }, [busy]);
  return (
    <textarea
      ref={box}
      id="prompt"
      rows={1}
      placeholder={drawing.value ? words.value.describePicture : words.value.askAnything}
      enterkeyhint="send"
      autocomplete="off"
      value={draft.value}
      onInput={(event) => {
        draft.value = event.currentTarget.value;
      }}
      onPaste={onPaste}
      onKeyDown={(event) => {
        if (event.key === "ArrowUp" && !draft.value) return editLast(event);
        if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
        event.preventDefault();
        submit();
      }}
    />
  );
}

function onPaste(event: ClipboardEvent): void {
  const files = [...(event.clipboardData?.files ?? [])];
  const text = event.clipboardData?.getData("text/plain") ?? "";
  if (text.length > LONG_PASTE) {
    event.preventDefault();
    attach([{ name: words.value.pasted(text.length), size: new Blob([text]).size, text, pasted: true }]);
  } else if (files.length && !text) {
    event.preventDefault();
    void readFiles(files).then(attach);
  }
}

function editLast(event: KeyboardEvent): void {
  const last = steps.value.findLast(({ message }) => message.role === "user");
  if (!last || live.value || !Object.keys(current.value.messages).length) return;
  event.preventDefault();
  editing.value = last.message.id;
}
