// The list of conversations: search, folders, and what one can do with each.

import { signal } from "@preact/signals";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import * as history from "../history/history";
import type { Summary } from "../history/summary";
import { begin } from "../state/conversations";
import { dialog, drawer } from "../state/page";
import { words } from "../words/words";
import { Facts } from "./facts";
import { Icon, IconButton } from "./icon";
import { Row } from "./row";

const query = signal("");
const found = signal<Summary[] | null>(null);
// Drawn at once; ten thousand rows would stall the page.
const STEP = 100;
const drawn = signal(STEP);

async function look(text: string): Promise<void> {
  query.value = text;
  drawn.value = STEP;
  if (!text.trim()) {
    found.value = null;
    return;
  }
  const those = await history.search(text);
  if (query.value === text) found.value = those;
}

export function Sidebar({ inert }: { inert: boolean }) {
  const t = words.value;
  const root = useRef<HTMLElement>(null);
  useLayoutEffect(() => {
    if (root.current) root.current.inert = inert;
  }, [inert]);
  const open = drawer.value;
  const first = useRef(true);
  useLayoutEffect(() => {
    if (first.current) first.current = false;
    else document.getElementById(open ? "close-sidebar" : "open-sidebar")?.focus();
  }, [open]);
  return (
    <nav ref={root} class="sidebar" id="sidebar" aria-label={t.conversations}>
      <div class="brand">
        <Icon name="mark" classes="mark" />
        <span class="wordmark">Glaswerk</span>
        <IconButton
          id="close-sidebar"
          label={t.closeConversations}
          icon="close"
          classes="icon-button narrow-only"
          onClick={() => {
            drawer.value = false;
          }}
        />
      </div>
      <button class="new-chat" id="new-chat" type="button" onClick={() => begin()}>
        <Icon name="new" />
        {t.newChat}
      </button>
      <Search />
      <List />
      <div class="side-foot">
        <button type="button" class="side-button narrow-only" onClick={() => (dialog.value = "palette")}>
          <Icon name="search" />
          {t.commands}
        </button>
        <button
          type="button"
          class="side-button"
          id="open-settings"
          onClick={() => (dialog.value = "settings")}
        >
          <Icon name="settings" />
          {t.settings}
        </button>
        <Facts />
      </div>
    </nav>
  );
}

function Search() {
  const t = words.value;
  // Others' changes may add or take away what is found.
  const all = history.summaries.value;
  useEffect(() => void look(query.peek()), [all]);
  return (
    <input
      type="search"
      class="search"
      id="search"
      aria-label={t.search}
      placeholder={t.search}
      value={query.value}
      onInput={(event) => void look(event.currentTarget.value)}
    />
  );
}

function List() {
  const t = words.value;
  const all = found.value ?? history.summaries.value;
  const shown = all.slice(0, drawn.value);
  const folders = [...new Set(shown.map(({ folder }) => folder).filter(Boolean))].sort();
  const rows = (folder: string) =>
    shown.filter((one) => one.folder === folder).map((one) => <Row key={one.id} summary={one} />);
  return (
    <div class="conversations" id="conversations">
      {found.value && (
        <p class="found" role="status">
          {all.length ? t.found(all.length) : t.nothingFound}
        </p>
      )}
      {folders.map((folder) => (
        <details key={folder} class="folder" open>
          <summary>{folder}</summary>
          <ul>{rows(folder)}</ul>
        </details>
      ))}
      <ul>{rows("")}</ul>
      {all.length > shown.length && (
        <button type="button" class="text-button" onClick={() => (drawn.value += STEP)}>
          {t.moreConversations(all.length - shown.length)}
        </button>
      )}
    </div>
  );
}
