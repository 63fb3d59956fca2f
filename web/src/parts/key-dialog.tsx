// Asks for the API key of a server that wants one.

import { useLayoutEffect, useRef } from "preact/hooks";
import { useKey, wanted } from "../api/key";
import { words } from "../words/words";

export function KeyDialog() {
  const t = words.value;
  const box = useRef<HTMLDialogElement>(null);
  const input = useRef<HTMLInputElement>(null);
  const asked = wanted.value;
  useLayoutEffect(() => {
    if (!asked || !box.current) return;
    input.current!.value = "";
    if (!box.current.open) box.current.showModal();
  }, [asked]);
  const submit = (event: Event): void => {
    event.preventDefault();
    const text = input.current!.value.trim();
    if (!text || !asked) return;
    useKey(text);
    asked.settle(true);
    box.current?.close();
  };
  return (
    <dialog
      ref={box}
      class="key"
      id="key"
      aria-labelledby="key-title"
      onClose={() => wanted.value?.settle(false)}
    >
      <form id="key-form" onSubmit={submit}>
        <h2 id="key-title">{t.keyTitle}</h2>
        <p id="key-reason">{asked?.refused ? t.keyRefused : t.keyNeeded}</p>
        <label for="key-input">{t.key}</label>
        <input
          ref={input}
          id="key-input"
          type="password"
          autocomplete="off"
          spellcheck={false}
          placeholder="gw_…"
        />
        <p class="fine">{t.keyKept}</p>
        <button type="submit">{t.keyUse}</button>
      </form>
    </dialog>
  );
}
