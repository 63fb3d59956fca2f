// Copies a text, and says so with a tick for a moment.

import { useState } from "preact/hooks";
import { announce } from "../state/announcer";
import { copy } from "../state/clipboard";
import { words } from "../words/words";
import { IconButton } from "./icon";

export function CopyButton({ label, text }: { label: string; text: string }) {
  const [done, setDone] = useState(false);
  const onClick = async (): Promise<void> => {
    await copy(text);
    setDone(true);
    announce(words.value.copied);
    setTimeout(() => setDone(false), 1600);
  };
  return <IconButton label={label} icon={done ? "check" : "copy"} classes="quiet-button" onClick={onClick} />;
}
