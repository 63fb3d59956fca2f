// One conversation of the list, and its menu: rename or move, export, link, delete.

import { useLayoutEffect, useRef, useState } from "preact/hooks";
import type { Summary } from "../history/summary";
import { copy } from "../state/clipboard";
import { linkOf, open, remove } from "../state/conversations";
import { exportAs } from "../state/exports";
import { current, renaming } from "../state/page";
import { toast } from "../state/toast";
import { words } from "../words/words";
import { IconButton } from "./icon";

export function Row({ summary }: { summary: Summary }) {
  const t = words.value;
  const [menu, setMenu] = useState(false);
  const { id } = summary;
  const title = summary.title || t.newChat;
  const here = id === current.value.id;
  return (
    <li class={here ? "is-current" : ""}>
      <button
        type="button"
        class="open-conversation"
        title={title}
        aria-current={here ? "true" : undefined}
        onClick={() => void open(id)}
      >
        {title}
      </button>
      <button
        type="button"
        class="quiet-button row-more"
        aria-label={t.more(title)}
        title={t.more(title)}
        aria-expanded={menu}
        aria-haspopup="menu"
        onClick={() => setMenu(!menu)}
      >
        <svg class="icon" aria-hidden="true">
          <use href="#icon-more" />
        </svg>
      </button>
      <IconButton
        label={t.delete(title)}
        icon="delete"
        classes="quiet-button delete"
        onClick={() => void remove(id)}
      />
      {menu && <Menu id={id} close={() => setMenu(false)} />}
    </li>
  );
}

function Menu({ id, close }: { id: string; close: () => void }) {
  const t = words.value;
  const root = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    root.current?.querySelector("button")?.focus();
    const outside = (event: Event): void => {
      const at = event.target as Node;
      if (!root.current?.contains(at) && !root.current?.parentElement?.contains(at)) close();
    };
    document.addEventListener("pointerdown", outside);
    return () => document.removeEventListener("pointerdown", outside);
  }, []);
  const items: [string, () => void][] = [
    [t.rename, () => (renaming.value = id)],
    [t.exportMarkdown, () => void exportAs(id, "md")],
    [t.exportJson, () => void exportAs(id, "json")],
    [t.copyLink, () => void copy(linkOf(id)).then(() => toast(words.value.linkCopied))],
  ];
  return (
    <div
      ref={root}
      class="menu"
      role="menu"
      aria-label={t.details}
      onKeyDown={(event) => onKey(event, close)}
    >
      {items.map(([label, run]) => (
        <button
          type="button"
          role="menuitem"
          key={label}
          onClick={() => {
            close();
            run();
          }}
        >
          {label}
        </button>
      ))}
    </div>
  );
}

function onKey(event: KeyboardEvent & { currentTarget: HTMLElement }, close: () => void): void {
  const items = [...event.currentTarget.querySelectorAll("button")];
  const at = items.indexOf(document.activeElement as HTMLButtonElement);
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (event.key === "Escape") {
    event.stopPropagation();
    close();
    event.currentTarget.parentElement?.querySelector<HTMLElement>(".row-more")?.focus();
  } else if (step) {
    event.preventDefault();
    items[(at + step + items.length) % items.length]?.focus();
  }
}
