// Starts the page.

import { effect } from "@preact/signals";
import { render } from "preact";
import "./css/base.css";
import "./css/conversation.css";
import "./css/markdown.css";
import "./css/sources.css";
import "./css/document.css";
import "./css/grounded.css";
import "./css/sidebar.css";
import "./css/dialogs.css";
import { openHistory } from "./history/history";
import { Page } from "./parts/page";
import { changedElsewhere, linked, open } from "./state/conversations";
import { onKey } from "./state/keys";
import { about, learn } from "./state/page";
import { settings } from "./state/settings";
import { language } from "./words/words";

effect(() => {
  document.documentElement.lang = language.value;
  document.title = about.value ? `${about.value.model.id} · Glaswerk` : "Glaswerk";
});

render(<Page />, document.getElementById("page")!);
document.addEventListener("keydown", onKey);
addEventListener("hashchange", () => linked() && void open(linked()));
// The page says itself what is wrong; see `unreachable`.
learn().catch(() => {});
void openHistory(settings.value.keep, (id) => void changedElsewhere(id)).then(() => {
  if (linked()) void open(linked());
});
