// Ctrl-K: commands of the page and chats, found by typing.

import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import * as history from "../history/history";
import type { Summary } from "../history/summary";
import { matcher, plain } from "../history/summary";
import { commands } from "../state/commands";
import { open } from "../state/conversations";
import { dialog } from "../state/page";
import { words } from "../words/words";
import { Modal } from "./modal";

const MOST = 30;

interface Item {
  id: string;
  name: string;
  keys?: string;
  run: () => void;
}

const close = (): void => {
  dialog.value = null;
};

export function Palette() {
  const t = words.value;
  const [query, setQuery] = useState("");
  const [chats, setChats] = useState<Summary[]>([]);
  const [at, setAt] = useState(0);
  const box = useRef<HTMLInputElement>(null);
  useLayoutEffect(() => box.current?.focus(), []);
  useEffect(() => {
    let wanted = true;
    void history.search(query).then((found) => wanted && setChats(found.slice(0, MOST)));
    return () => {
      wanted = false;
    };
  }, [query]);
  const fits = matcher(query);
  const items: Item[] = [
    ...commands()
      .filter(({ name }) => fits(plain(name)))
      .map((command, i) => ({ id: `command-${i}`, ...command })),
    ...chats.map(({ id, title }) => ({
      id: `chat-${id}`,
      name: title || t.newChat,
      run: () => void open(id),
    })),
  ];
  const here = Math.min(at, Math.max(0, items.length - 1));
  const run = (item: Item | undefined): void => {
    if (!item) return;
    close();
    // After the palette gave the focus back, which a dialog that opens next would lose.
    setTimeout(item.run);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (event.key === "Enter") {
      event.preventDefault();
      run(items[here]);
    } else if (step && items.length) {
      event.preventDefault();
      setAt((here + step + items.length) % items.length);
    }
  };
  return (
    <Modal id="palette" title={t.paletteTitle} close={close} classes="modal palette">
      <input
        ref={box}
        type="text"
        role="combobox"
        class="palette-box"
        aria-label={t.palettePlaceholder}
        placeholder={t.palettePlaceholder}
        aria-expanded="true"
        aria-controls="palette-list"
        aria-activedescendant={items[here] ? `palette-${items[here].id}` : undefined}
        autocomplete="off"
        value={query}
        onInput={(event) => {
          setQuery(event.currentTarget.value);
          setAt(0);
        }}
        onKeyDown={onKeyDown}
      />
      {items.length === 0 && (
        <p class="sources-empty" role="status">
          {t.paletteNothing}
        </p>
      )}
      <div id="palette-list" class="palette-list" role="listbox" aria-label={t.paletteTitle}>
        {items.map((item, i) => (
          <Option key={item.id} item={item} here={i === here} run={() => run(item)} />
        ))}
      </div>
    </Modal>
  );
}

function Option({ item, here, run }: { item: Item; here: boolean; run: () => void }) {
  const root = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (here) root.current?.scrollIntoView({ block: "nearest" });
  }, [here]);
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the combobox has the keys
    // biome-ignore lint/a11y/useFocusableInteractive: the combobox has the focus
    <div
      ref={root}
      id={`palette-${item.id}`}
      role="option"
      aria-selected={here}
      class="palette-item"
      onClick={run}
    >
      <span>{item.name}</span>
      {item.keys && <kbd>{item.keys}</kbd>}
    </div>
  );
}
