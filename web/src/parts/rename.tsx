// The name and the folder of a conversation.

import { useEffect, useRef, useState } from "preact/hooks";
import { summaries } from "../history/history";
import { currentOr, update } from "../state/conversations";
import { renaming } from "../state/page";
import { title } from "../state/tree";
import { words } from "../words/words";
import { Modal } from "./modal";

const close = (): void => {
  renaming.value = null;
};

export function Rename({ id }: { id: string }) {
  const t = words.value;
  const [name, setName] = useState("");
  const [folder, setFolder] = useState("");
  const box = useRef<HTMLInputElement>(null);
  useEffect(() => {
    void currentOr(id).then((found) => {
      if (!found) return close();
      setName(title(found));
      setFolder(found.folder ?? "");
      requestAnimationFrame(() => box.current?.select());
    });
  }, [id]);
  const folders = [...new Set(summaries.value.map((one) => one.folder).filter(Boolean))].sort();
  return (
    <Modal id="rename" title={t.rename} close={close}>
      <form
        class="fields"
        onSubmit={(event) => {
          event.preventDefault();
          void update(id, (before) => ({
            ...before,
            title: name.trim().slice(0, 200),
            folder: folder.trim().slice(0, 80),
          }));
          close();
        }}
      >
        <div class="field">
          <label for="rename-name">{t.name}</label>
          <input
            ref={box}
            id="rename-name"
            value={name}
            onInput={(event) => setName(event.currentTarget.value)}
          />
        </div>
        <div class="field">
          <label for="rename-folder">{t.folder}</label>
          <input
            id="rename-folder"
            list="folders"
            value={folder}
            placeholder={t.noFolder}
            onInput={(event) => setFolder(event.currentTarget.value)}
          />
          <datalist id="folders">
            {folders.map((one) => (
              <option key={one} value={one} />
            ))}
          </datalist>
        </div>
        <button type="submit" class="text-button is-main">
          {t.save}
        </button>
      </form>
    </Modal>
  );
}
