// The sources panel: every verbatim span of one answer, and the training documents that contain it.
//
// Its data is the JSON of a trace, built by serve/sources.py: `spans`, each with `documents`. To show another
// fact of a document, add it to `Match` in trace/results.py, fill it in trace/matched_documents.py, and draw it
// in `card` below. `seen` is added in serve/sources.py. The complete document is in serve/source_documents.py
// and document.js.

import { count, el, find, icon, named, readableDate, sliceByCodePoints, webLink } from "/static/dom.js";
import { seenIn } from "/static/document.js";
import { times } from "/static/transcript.js";

const CAVEAT =
  "These words also appear in the training documents below. That does not prove that the documents caused the answer.";
// Characters shown around a match before “Show all”.
const AROUND = 220;

export class SourcesPanel {
  // `changed(open)` is called when the panel opens or closes; `showDocument(id, words)` opens a complete document.
  constructor(changed, showDocument) {
    this.root = find("sources");
    this.body = find("sources-body");
    this.changed = changed;
    this.showDocument = showDocument;
    this.opener = null;
    find("close-sources").addEventListener("click", () => this.close());
    this.answer = null;
    this.grounds = [];
  }

  // The quotes of a grounded answer, which stand above what was learnt.
  quotes(answer, quotes) {
    if (!answer.isLast || !quotes.length) return;
    this.answer?.activate(-1);
    this.answer = null;
    this.grounds = [
      el("h3", { class: "sources-part is-ground", text: "From your content" }),
      ...quotes.map((quote) => card(found(quote), () => this.showDocument(quote.id, quote.quote))),
    ];
    this.body.replaceChildren(...this.grounds);
  }

  get isOpen() {
    return !this.root.hidden;
  }

  explain(text) {
    this.answer = null;
    this.grounds = [];
    this.body.replaceChildren(el("p", { class: "sources-empty", text }));
  }

  // Fills the panel with the spans of `answer`.
  show(answer, trace) {
    const grounds = answer.grounded ? this.grounds : [];
    if (!trace.spans.length) {
      if (grounds.length) return;
      this.explain("No run of four or more words of this answer occurs verbatim in the training data.");
      return;
    }
    if (this.answer === answer) return;
    this.answer?.activate(-1);
    this.answer = answer;
    this.spans = trace.spans;
    this.entries = trace.spans.map((span, index) => this.entry(span, index));
    this.body.replaceChildren(
      ...grounds,
      grounds.length ? el("h3", { class: "sources-part is-learnt", text: "Verbatim in training data" }) : "",
      el("p", { class: "sources-label", text: trace.label }),
      el("p", { class: "sources-caveat", text: CAVEAT }),
      ...this.entries,
      // The id for `glaswerk lineage`; the trace of a plain text has none.
      trace.id ? el("p", { class: "sources-id", text: `Answer ${trace.id}` }) : "",
    );
  }

  entry(span, index) {
    const summary = el(
      "summary",
      {},
      el("q", { class: "entry-quote", text: span.text.trim() }),
      el("span", { class: "entry-count", text: `${count(span.words, "word", "words")} · ${times(span.count)}` }),
    );
    const entry = el("details", { class: "entry" }, summary);
    entry.addEventListener("toggle", () => {
      if (!entry.open) return;
      this.fill(entry, span);
      this.answer?.activate(index);
    });
    return entry;
  }

  // Only when it is opened: a long answer has hundreds of spans with a few documents each.
  fill(entry, span) {
    if (entry.childElementCount === 1) entry.append(...documents(span, this.showDocument));
  }

  // Opens span `index` and moves the focus to it; closing returns the focus to `opener`.
  open(index, opener) {
    this.opener = opener;
    this.root.hidden = false;
    this.changed(true);
    const entry = this.answer && this.entries[index];
    if (!entry) {
      find("sources-title").focus();
      return;
    }
    for (const other of this.entries) other.open = other === entry;
    this.fill(entry, this.spans[index]);
    const summary = entry.querySelector("summary");
    summary.focus({ preventScroll: true });
    this.body.scrollTop = index === 0 ? 0 : entry.offsetTop - this.body.offsetTop - 12;
  }

  close() {
    if (!this.isOpen) return;
    this.root.hidden = true;
    this.answer?.activate(-1);
    this.changed(false);
    if (this.opener?.isConnected) this.opener.focus();
    this.opener = null;
  }
}

// A quote in the form of a match of the trace.
const found = (quote) => ({
  ...quote,
  kind: "quote",
  created_at: quote.created_at ?? "",
  match_start: quote.quote_start - quote.start,
  match_end: quote.quote_end - quote.start,
  seen: [],
  duplicates: quote.copies,
});

function documents(span, showDocument) {
  const cards = span.documents.map((match) => card(match, () => showDocument(match.id, span.text)));
  const more = span.count - span.documents.length;
  if (more > 0 && cards.length) {
    cards.push(el("p", { class: "more", text: `and ${count(more, "further occurrence", "further occurrences")}` }));
  }
  return cards;
}

function card(match, show) {
  const head = el("header", { class: "card-head" }, el("strong", { text: author(match) }));
  const date = readableDate(match.created_at);
  if (date) head.append(el("time", { datetime: match.created_at, text: date }));
  const foot = el("footer", { class: "card-foot" }, el("span", { class: "tag", text: named(match.kind) }));
  foot.append(el("span", { text: named(match.source) }), el("span", { text: named(match.licence) || "no licence given" }));
  const link = webLink(match.url);
  if (link) foot.append(link);
  const facts = el("ul", { class: "card-facts" }, ...standing(match).map((text) => el("li", { text })));
  const more = el("button", { type: "button", class: "show-all", text: "Whole document", onclick: show });
  more.setAttribute("aria-label", `Whole document by ${author(match)}`);
  return el("article", { class: "card" }, head, passage(match), facts, foot, more);
}

// When the model was trained on the document and how many copies of it there were, if known.
function standing(match) {
  const copies = match.duplicates ? [`kept for ${count(match.duplicates, "further copy", "further copies")}`] : [];
  return [...match.seen.map(seenIn), ...copies];
}

const author = (match) => named(match.author) || nobody(match);
const nobody = (match) => (match.kind === "dialogue" ? "Dialogue" : "Unknown author");

function passage(match) {
  const slice = sliceByCodePoints(match.text);
  const length = Array.from(match.text).length;
  const paragraph = el("p", { class: "card-text" });
  const draw = (from, to) =>
    paragraph.replaceChildren(
      from > 0 ? "…" : "",
      slice(from, match.match_start),
      el("mark", { class: "match", text: slice(match.match_start, match.match_end) }),
      slice(match.match_end, to),
      to < length ? "…" : "",
    );
  const from = wordBefore(slice, match.match_start);
  const to = wordAfter(slice, match.match_end, length);
  draw(from, to);
  if (from === 0 && to === length) return paragraph;
  const all = el("button", { type: "button", class: "show-all", text: "Show all" });
  all.addEventListener("click", () => {
    draw(0, length);
    all.remove();
  });
  return el("div", {}, paragraph, all);
}

// Where an excerpt around a match begins and ends, without cutting a word.
function wordBefore(slice, start) {
  if (start <= AROUND) return 0;
  const space = Array.from(slice(start - AROUND, start)).findIndex((character) => /\s/u.test(character));
  return start - AROUND + space + 1;
}

function wordAfter(slice, end, length) {
  if (end + AROUND >= length) return length;
  const space = Array.from(slice(end, end + AROUND)).findLastIndex((character) => /\s/u.test(character));
  return space < 0 ? end + AROUND : end + space;
}
