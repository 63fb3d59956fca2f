// A dialog over the page: the browser keeps the focus in it, closes it with Escape and gives the focus back.

import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import { words } from "../words/words";
import { IconButton } from "./icon";

interface ModalProps {
  id: string;
  title: string;
  close: () => void;
  children: ComponentChildren;
  classes?: string;
}

export function Modal({ id, title, close, children, classes = "modal" }: ModalProps) {
  const box = useRef<HTMLDialogElement>(null);
  const shown = useRef(true);
  // Before the next key: whoever types at once types into the dialog.
  useLayoutEffect(() => {
    const before = document.activeElement;
    box.current?.showModal();
    return () => {
      // The browser tells of this end later, when the same dialog may have been opened again.
      shown.current = false;
      box.current?.close();
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, []);
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: a click on the backdrop; the keyboard has Escape
    <dialog
      ref={box}
      id={id}
      class={classes}
      aria-labelledby={`${id}-title`}
      onClose={() => shown.current && close()}
      onClick={(event) => event.target === box.current && close()}
    >
      <header class="sources-head">
        <h2 id={`${id}-title`}>{title}</h2>
        <IconButton label={words.value.dismiss} icon="close" onClick={close} />
      </header>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolled box must be in reach of the keyboard */}
      <div class="modal-body" tabIndex={0} role="region" aria-labelledby={`${id}-title`}>
        {children}
      </div>
    </dialog>
  );
}
