// A file of a message, or a long text that was pasted: its name and size, and its text on request.

import { useState } from "preact/hooks";
import type { Attachment } from "../state/tree";
import { words } from "../words/words";
import { Icon, IconButton } from "./icon";
import { named } from "./text";

// Shown of a file when it is opened.
const SHOWN = 20_000;

interface FileChipProps {
  file: Attachment;
  remove?: () => void;
}

export function FileChip({ file, remove }: FileChipProps) {
  const [open, setOpen] = useState(false);
  const t = words.value;
  const name = file.pasted ? t.pasted(file.text.length) : named(file.name);
  return (
    <div class="file">
      <div class="file-row">
        <button type="button" class="file-name" aria-expanded={open} onClick={() => setOpen(!open)}>
          <Icon name="file" />
          <span>{name}</span>
          {!file.pasted && <span class="file-size">{t.size(file.size)}</span>}
        </button>
        {remove && (
          <IconButton label={t.removeFile(name)} icon="close" classes="quiet-button" onClick={remove} />
        )}
      </div>
      {open && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolled box must be in reach of the keyboard
        <pre class="file-text" tabIndex={0}>
          {file.text.slice(0, SHOWN)}
          {file.text.length > SHOWN && "…"}
        </pre>
      )}
    </div>
  );
}
