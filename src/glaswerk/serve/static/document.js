// A complete training document, opened from the sources panel: text, origin, curation decisions, training stages.

import { count, el, find, named, readableDate, webLink } from "/static/dom.js";

export class DocumentView {
  // `load(id)` fetches a document; `gone()` is called if it must no longer be shown.
  constructor(load, gone) {
    this.load = load;
    this.gone = gone;
    this.root = find("document");
    this.title = find("document-title");
    this.body = find("document-body");
    this.wanted = "";
    find("close-document").addEventListener("click", () => this.root.close());
    // A click on the dialog element itself is a click on its backdrop.
    this.root.addEventListener("click", (event) => event.target === this.root && this.root.close());
    this.root.addEventListener("close", () => (this.wanted = ""));
  }

  get isOpen() {
    return this.root.open;
  }

  // Shows document `id` with the first occurrence of `words` marked.
  async open(id, words) {
    this.wanted = id;
    this.title.textContent = "Document";
    this.body.replaceChildren(el("p", { class: "sources-empty", text: "Loading …" }));
    if (!this.root.open) this.root.showModal();
    let nodes;
    try {
      const found = await this.load(id);
      if (this.wanted === id) this.title.textContent = heading(found);
      nodes = [facts(found), text(found.text, words), ...history(found)];
    } catch (error) {
      nodes = error.message.split("\n").map((line) => el("p", { class: "sources-empty", text: line }));
      if (error.code === "document_not_found") this.gone();
    }
    if (this.wanted !== id) return;
    this.body.replaceChildren(...nodes);
    this.body.querySelector("mark")?.scrollIntoView({ block: "center" });
  }
}

export function seenIn({ stage, epochs, first_step: step }) {
  return `seen in ${stage}, ${count(epochs, "epoch", "epochs")}, first at step ${step.toLocaleString("en")}`;
}

const heading = (found) => {
  const by = named(found.author || `${found.kind} of ${found.source}`);
  return [by, readableDate(found.created_at)].filter(Boolean).join(", ");
};

function facts(found) {
  const seen = found.seen.map(seenIn).join("; ");
  const copies = found.duplicates ? `kept for ${count(found.duplicates, "further copy", "further copies")}` : "";
  const rows = [
    ["Id", found.id], ["Kind", found.kind], ["Source", found.source], ["Licence", found.licence || "none given"],
    ["Language", found.lang], ["Copies", copies], ["Training", seen], ["Address", webLink(found.url)],
  ];
  const list = el("dl", { class: "document-facts" });
  for (const [name, value] of rows) if (value) list.append(el("dt", { text: name }), el("dd", {}, typeof value === "string" ? named(value) : value));
  return list;
}

function text(whole, words) {
  const at = place(whole, words);
  if (at < 0) return el("p", { class: "document-text", text: whole });
  const end = at + words.length;
  const match = el("mark", { class: "match", text: words });
  return el("p", { class: "document-text" }, whole.slice(0, at), match, whole.slice(end));
}

// The first occurrence of `words` with no letter or digit directly before or after it; -1 if there is none.
function place(whole, words) {
  const inWord = (character) => /[\p{L}\p{N}]/u.test(character);
  for (let at = whole.indexOf(words); at >= 0; at = whole.indexOf(words, at + 1)) {
    if (!inWord(whole.slice(at - 1, at)) && !inWord(whole.charAt(at + words.length))) return at;
  }
  return -1;
}

function history(found) {
  const lines = [
    ...found.added.map(({ source, at }) => `Added to ${source} on ${readableDate(at)}`),
    ...found.derived_from.map((id) => `Derived from ${id}`),
    ...found.decisions.map(decision),
  ];
  if (!lines.length) return [];
  return [el("h3", { text: "Decisions" }), el("ul", { class: "document-history" }, ...lines.map((line) => el("li", { text: line })))];
}

function decision({ corpus, kept, reason, score, split, meaning }) {
  const figure = score === null ? "" : ` (score ${score.toFixed(3)})`;
  return kept ? `Corpus ${corpus}: kept, in ${split}${figure}` : `Corpus ${corpus}: left out, ${reason}${figure}. ${meaning}`;
}
