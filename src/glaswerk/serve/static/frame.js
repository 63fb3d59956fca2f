// The frame of the page: model name, trust badge, facts, list of conversations, drawer, toast.

import { admitToReport } from "/static/api.js";
import { button, count, el, find, icon } from "/static/dom.js";
import { hasKey } from "/static/key.js";
import { title } from "/static/store.js";

const narrow = matchMedia("(max-width: 860px)");
const overlaid = matchMedia("(max-width: 1120px)");

export function showInfo(info) {
  const { model, corpus, trust } = info;
  document.title = `${model.id} · Glaswerk`;
  find("model-name").textContent = model.id;
  find("model-step").textContent = model.name.slice(model.id.length + 1).replace("-", " ");
  find("badge").replaceChildren(badge(trust));
  find("empty-text").textContent = introduction(info);
  find("facts").replaceChildren(
    ...fact("Model", model.name),
    ...(model.parameters ? fact("Parameters", model.parameters.toLocaleString("en")) : []),
    ...(model.context ? fact("Context", count(model.context, "token", "tokens")) : []),
    ...(corpus ? fact("Documents", corpus.documents.toLocaleString("en")) : []),
    ...(corpus ? fact("Sources", [...new Set(corpus.sources.map((s) => s.source))].join(", ")) : []),
    ...(corpus ? fact("Licences", corpus.licences.map((l) => l || "none given").join(", ")) : []),
    ...(trust?.lean ? fact("Politics", trust.lean) : []),
    ...fact("Digest", model.digest),
    ...fact("Glaswerk", info.version),
  );
}

function introduction({ model, corpus, trace, ground }) {
  const quotes = ground.there ? " Answers from your documents come with their quotes." : "";
  if (!model.parameters) return `Quotes from ${corpus ? count(corpus.documents, "document", "documents") : "the documents"} of this lab; no model is there.`;
  const data = corpus ? `was trained on ${count(corpus.documents, "document", "documents")} in this lab` : "answers here";
  const traced = trace ? " Words of an answer that occur verbatim in them are underlined, with their sources." : "";
  return `${model.id} ${data}.${traced}${quotes}`;
}

const fact = (name, value) => [el("dt", { text: name }), el("dd", { text: value })];

function badge(trust) {
  if (!trust) {
    return el("span", { class: "badge badge-none", title: "Run “glaswerk evaluate”" }, el("span", { text: "Not yet evaluated" }));
  }
  const link = { class: "badge", href: "/report", target: "_blank", rel: "noopener", onclick: openReport };
  if (trust.truth === null) {
    return el("a", { ...link, title: "Opens the trust report" }, icon("gauge"), el("span", { text: "Trust report" }));
  }
  const interval = trust.truth_low === null ? "" : `${percent(trust.truth_low)}–${percent(trust.truth_high)} %`;
  const statements = trust.truth_measure === "statements";
  const covers = `${count(trust.items, statements ? "pair of statements" : "question", statements ? "pairs of statements" : "questions")} about ${trust.key}`;
  const what = statements ? "the true statement is preferred" : "the answer is right";
  return el(
    "a",
    { ...link, title: `In ${percent(trust.truth)} % of ${covers} ${what}; 95 % interval ${interval}. Opens the trust report.` },
    icon("gauge"),
    el("span", { class: "badge-name", text: statements ? "True statements" : "Right answers" }),
    el("strong", { text: `${percent(trust.truth)} %` }),
    el("span", { class: "badge-interval", text: interval }),
    el("span", { class: "badge-scope", text: `on ${trust.key}` }),
  );
}

async function openReport(event) {
  if (!hasKey()) return;
  event.preventDefault();
  try {
    await admitToReport();
  } catch (error) {
    toast(error.message);
    return;
  }
  open("/report", "_blank", "noopener");
}

const percent = (share) => Math.round(share * 100);

export function showSuggestions(texts, ask) {
  find("suggestions").replaceChildren(
    ...texts.map((text) => el("button", { type: "button", class: "suggestion", text, onclick: () => ask(text) })),
  );
}

export function showConversations(conversations, current, { open, remove }) {
  find("conversations").replaceChildren(
    ...conversations.map((conversation) => {
      const name = title(conversation);
      const here = conversation.id === current;
      return el(
        "li",
        { class: here ? "is-current" : "" },
        el("button", {
          type: "button", class: "open-conversation", title: name, text: name,
          "aria-current": here && "true", onclick: () => open(conversation),
        }),
        button(`Delete “${name}”`, "delete", () => remove(conversation), "quiet-button delete"),
      );
    }),
  );
}

// The list of conversations is a drawer on narrow screens; the sources panel overlays all but wide screens.
export class Layout {
  constructor() {
    this.app = find("app");
    this.veil = find("veil");
    this.closers = new Map();
    find("open-sidebar").addEventListener("click", () => this.drawer(true));
    find("close-sidebar").addEventListener("click", () => this.drawer(false));
    this.veil.addEventListener("click", () => this.closeTop());
    for (const query of [narrow, overlaid]) query.addEventListener("change", () => this.arrange());
    this.arrange();
  }

  drawer(open) {
    this.app.classList.toggle("drawer-open", open);
    find("open-sidebar").setAttribute("aria-expanded", String(open));
    this.arrange();
    if (!narrow.matches) return;
    find(open ? "close-sidebar" : "open-sidebar").focus();
  }

  get drawerIsOpen() {
    return narrow.matches && this.app.classList.contains("drawer-open");
  }

  sources(open) {
    this.app.classList.toggle("sources-open", open);
    find("toggle-sources").setAttribute("aria-expanded", String(open));
    this.arrange();
  }

  // Only the overlay is reachable by keyboard and screen reader while it is open.
  arrange() {
    const sheet = overlaid.matches && this.app.classList.contains("sources-open");
    const drawer = this.drawerIsOpen;
    find("main").inert = sheet || drawer;
    find("sidebar").inert = sheet || (narrow.matches && !drawer);
    this.veil.hidden = !(sheet || drawer);
  }

  closeTop() {
    if (this.drawerIsOpen) this.drawer(false);
    else find("close-sources").click();
  }
}

let toastTimer = 0;

export function toast(text, action, run) {
  const box = find("toast");
  const hide = () => (box.hidden = true);
  const act = action && el("button", { type: "button", text: action, onclick: () => (hide(), run()) });
  box.replaceChildren(...[el("span", { text }), act].filter(Boolean));
  box.hidden = false;
  clearTimeout(toastTimer);
  toastTimer = setTimeout(hide, 8000);
}
