// The visible conversation: questions, growing answers, underlined spans, errors.

import { button, count, el, icon, sliceByCodePoints } from "/static/dom.js";
import { noveltyOf } from "/static/novelty.js";

export class Transcript {
  constructor(root) {
    this.root = root;
  }

  clear() {
    this.root.replaceChildren();
  }

  question(text) {
    this.root.append(
      el("article", { class: "question", "aria-label": "You" }, el("p", { class: "bubble", text })),
    );
  }

  answer() {
    const view = new Answer();
    this.root.append(view.root);
    return view;
  }

  // After a later question, an unanswered one can no longer be retried.
  withdrawRetries() {
    for (const node of this.root.querySelectorAll(".retry")) node.remove();
  }

  // Only the last answer can be generated again.
  settle() {
    const answers = [...this.root.querySelectorAll(".answer")];
    answers.forEach((node, i) => node.classList.toggle("is-last", i === answers.length - 1));
  }
}

export class Answer {
  constructor() {
    this.text = "";
    // Id of the response, as the server knows it; undefined until the first piece.
    this.id = undefined;
    // What a grounded answer rests on, and how it is drawn in place of its text.
    this.grounded = undefined;
    this.groundNode = undefined;
    this.drawing = false;
    this.body = el("div", { class: "answer-text" });
    this.foot = el("div", { class: "answer-foot" });
    this.root = el(
      "article",
      { class: "answer is-busy", "aria-label": "Answer", "aria-busy": "true" },
      icon("mark", "mark"),
      el("div", { class: "answer-column" }, this.body, this.foot),
    );
    this.body.append(el("span", { class: "thinking", role: "img", "aria-label": "Thinking" }, el("i"), el("i"), el("i")));
  }

  get isLast() {
    return this.root.classList.contains("is-last");
  }

  append(piece) {
    this.text += this.text ? piece : piece.trimStart();
  }

  ground(grounded, node) {
    this.grounded = grounded;
    this.groundNode = node;
    this.body.replaceChildren(node);
  }

  // Shows the text that was appended.
  draw() {
    if (this.groundNode) return;
    if (!this.text || !this.root.classList.contains("is-busy")) return;
    const shown = this.body.firstChild;
    if (shown instanceof Text) shown.appendData(this.text.slice(shown.length));
    else this.body.replaceChildren(document.createTextNode(this.text));
  }

  // `reason` is "" for a complete answer, else a short note such as "Stopped".
  finish(text, reason, { copy, again }) {
    this.text = text;
    this.idle();
    if (this.groundNode) this.body.replaceChildren(this.groundNode);
    else this.body.textContent = text;
    if (!text) this.body.append(el("span", { class: "silent", text: "The model gave an empty answer." }));
    const copyButton = button("Copy answer", "copy", () => copy(copyButton), "quiet-button");
    const againButton = button("Answer again", "again", again, "quiet-button again");
    this.foot.replaceChildren(copyButton, againButton);
    if (reason) this.foot.append(el("span", { class: "reason", text: reason }));
  }

  fail(message, retry) {
    this.draw();
    this.idle();
    if (!this.text) this.body.replaceChildren();
    const again = el("button", { type: "button", class: "retry", text: "Try again", onclick: retry });
    const lines = message.split("\n").map((text) => el("p", { text }));
    this.foot.replaceChildren(
      el("div", { class: "failure", role: "alert" }, icon("warn"), el("div", {}, ...lines), again),
    );
  }

  idle() {
    this.root.classList.remove("is-busy");
    this.root.removeAttribute("aria-busy");
  }

  // Underlines the spans; `open(index, mark)` shows one of them in the sources panel.
  mark({ spans, novelty }, open) {
    const slice = sliceByCodePoints(this.text);
    const nodes = [];
    let at = 0;
    spans.forEach((span, index) => {
      const start = Math.max(at, span.start);
      if (start >= span.end) return;
      nodes.push(document.createTextNode(slice(at, start)), markNode(slice(start, span.end), span, index, open));
      at = span.end;
    });
    nodes.push(document.createTextNode(slice(at)));
    this.body.replaceChildren(...nodes);
    this.foot.append(this.chip(spans, open));
    const figure = noveltyOf(novelty);
    if (figure) this.foot.after(figure);
  }

  chip(spans, open) {
    if (!spans.length) return el("span", { class: "reason", text: "No verbatim match in training data" });
    const label = count(spans.length, "verbatim match in training data", "verbatim matches in training data");
    const chip = el(
      "button",
      { type: "button", class: "chip", "aria-controls": "sources", onclick: () => open(0, chip) },
      icon("sources"),
      el("span", { text: label }),
    );
    return chip;
  }

  activate(index) {
    for (const node of this.body.querySelectorAll("mark")) {
      node.classList.toggle("is-active", node.dataset.span === String(index));
    }
  }
}

function markNode(text, span, index, open) {
  const node = el("mark", {
    class: `span rare-${rarity(span)}`,
    role: "button",
    tabindex: "0",
    "data-span": index,
    title: `Verbatim match in training data: ${count(span.words, "word", "words")}, ${times(span.count)}`,
    text,
  });
  node.addEventListener("click", () => open(index, node));
  node.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    open(index, node);
  });
  return node;
}

// How unlikely the words of a span are, from 1 to 4. `rarity` is the log probability of its words by frequency
// alone, in nats: about -30 for four common words, -120 for a sentence of fifteen. Without it the count decides.
function rarity({ rarity: chance, count: number }) {
  if (chance < 0) return Math.min(4, Math.max(1, Math.floor(-chance / 30)));
  return number === 1 ? 4 : number < 10 ? 3 : number < 100 ? 2 : 1;
}

export const times = (number) => (number === 1 ? "occurs once" : `occurs ${number.toLocaleString("en")} times`);
