// What the palette and the shortcuts can do.

import { words, language, speak } from "../words/words";
import { begin } from "./conversations";
import { exportAs } from "./exports";
import { current, type Dialog, dialog, modelInUse, models, renaming } from "./page";
import { closePanel, openPanel, panelOpen } from "./panel";
import { set } from "./settings";

export interface Command {
  name: string;
  keys?: string;
  run: () => void;
}

export function toggleSources(): void {
  if (panelOpen.value) closePanel();
  else openPanel(document.getElementById("toggle-sources")!);
}

const show = (name: Dialog) => () => {
  dialog.value = name;
};

export function commands(): Command[] {
  const t = words.value;
  const { id } = current.value;
  const any = Object.keys(current.value.messages).length > 0;
  const ofChat: Command[] = [
    { name: t.rename, run: () => (renaming.value = id) },
    { name: t.exportMarkdown, run: () => void exportAs(id, "md") },
    { name: t.exportJson, run: () => void exportAs(id, "json") },
  ];
  return [
    { name: t.newChat, keys: "Ctrl Shift O", run: () => begin() },
    { name: t.temporaryChat, run: () => begin(true) },
    { name: t.sources, keys: "Ctrl Shift S", run: toggleSources },
    ...(any ? ofChat : []),
    { name: t.settings, run: show("settings") },
    { name: t.usage, run: show("usage") },
    { name: t.runs, run: show("runs") },
    { name: t.tour, run: show("tour") },
    { name: t.help, keys: "?", run: show("help") },
    language.value === "en"
      ? { name: "Deutsch", run: () => speak("de") }
      : { name: "English", run: () => speak("en") },
    ...models.value
      .filter((model) => model !== modelInUse.value)
      .map((model) => ({ name: `${t.model}: ${model}`, run: () => set({ model }) })),
  ];
}
