// The sources panel: every verbatim span of one answer, and the training documents that hold it.

import { count, el, find, icon, sliceByCodePoints } from "/static/dom.js";
import { times } from "/static/transcript.js";

const CAVEAT =
  "These words also stand in the training documents below. That is no proof that the documents caused the answer.";
// Characters shown around a match before “Show all”.
const AROUND = 220;

export class SourcesPanel {
  // `changed(open)` is told when the panel opens or closes.
  constructor(changed) {
    this.root = find("sources");
    this.body = find("sources-body");
    this.changed = changed;
    this.opener = null;
    find("close-sources").addEventListener("click", () => this.close());
    this.answer = null;
  }

  get isOpen() {
    return !this.root.hidden;
  }

  explain(text) {
    this.answer = null;
    this.body.replaceChildren(el("p", { class: "sources-empty", text }));
  }

  // Fills the panel with the spans of `answer`.
  show(answer, trace) {
    if (!trace.spans.length) {
      this.explain("No run of four or more words of this answer occurs verbatim in the training data.");
      return;
    }
    if (this.answer === answer) return;
    this.answer?.activate(-1);
    this.answer = answer;
    this.entries = trace.spans.map((span, index) => this.entry(span, index));
    this.body.replaceChildren(
      el("p", { class: "sources-label", text: trace.label }),
      el("p", { class: "sources-caveat", text: CAVEAT }),
      ...this.entries,
    );
  }

  entry(span, index) {
    const summary = el(
      "summary",
      {},
      el("q", { class: "entry-quote", text: span.text.trim() }),
      el("span", { class: "entry-count", text: `${count(span.words, "word", "words")} · ${times(span.count)}` }),
    );
    const entry = el("details", { class: "entry" }, summary, ...documents(span));
    entry.addEventListener("toggle", () => entry.open && this.answer?.activate(index));
    return entry;
  }

  // Opens span `index` and moves the focus to it; closing gives the focus back to `opener`.
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

function documents(span) {
  const cards = span.documents.map(card);
  const more = span.count - span.documents.length;
  if (more > 0 && cards.length) {
    cards.push(el("p", { class: "more", text: `and ${count(more, "further occurrence", "further occurrences")}` }));
  }
  return cards;
}

function card(match) {
  const head = el("header", { class: "card-head" }, el("strong", { text: match.author || nobody(match) }));
  const date = readableDate(match.created_at);
  if (date) head.append(el("time", { datetime: match.created_at, text: date }));
  const foot = el("footer", { class: "card-foot" }, el("span", { class: "tag", text: match.kind }));
  foot.append(el("span", { text: match.source }), el("span", { text: match.licence || "no licence given" }));
  const link = webLink(match.url);
  if (link) foot.append(link);
  return el("article", { class: "card" }, head, passage(match), foot);
}

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

// Where to begin and end around a match, without cutting a word.
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

function readableDate(value) {
  const date = new Date(value);
  if (!value || Number.isNaN(date.getTime())) return "";
  return date.toLocaleDateString("en-GB", { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" });
}

function webLink(url) {
  let parsed;
  try {
    parsed = new URL(url);
  } catch {
    return null;
  }
  if (parsed.protocol !== "https:" && parsed.protocol !== "http:") return null;
  return el(
    "a",
    { href: parsed.href, target: "_blank", rel: "noopener noreferrer", title: parsed.href },
    el("span", { text: parsed.hostname.replace(/^www\./, "") }),
    icon("out"),
  );
}
