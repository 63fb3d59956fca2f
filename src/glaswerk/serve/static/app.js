// The chat page: connects the API, the transcript, the sources panel and the stored conversations.

import * as api from "/static/api.js";
import { DocumentView } from "/static/document.js";
import { el, find, icon } from "/static/dom.js";
import { groundedView, modelText, stillThere } from "/static/grounded.js";
import { Layout, showConversations, showInfo, showSuggestions, toast } from "/static/frame.js";
import { SourcesPanel } from "/static/sources.js";
import { Store, fresh } from "/static/store.js";
import { Transcript } from "/static/transcript.js";

const prompt = find("prompt");
const scroll = find("scroll");
const store = new Store(() => listConversations());
const layout = new Layout();
const documentView = new DocumentView(api.documentOf, () => retrace());
const panel = new SourcesPanel((open) => layout.sources(open), (id, words) => documentView.open(id, words));
const transcript = new Transcript(find("conversation"));
const traces = new Map();

// Whether this browser's reader wants answers from the documents.
const GROUND = "glaswerk.ground.v1";
let about = null;
let conversation = fresh();
let running = null;

// ---- asking and answering

async function ask(text) {
  if (running || !text.trim()) return;
  conversation.messages.push({ role: "user", content: text.trim() });
  store.put(conversation);
  find("empty").hidden = true;
  find("announcer").replaceChildren();
  transcript.withdrawRetries();
  transcript.question(text.trim());
  listConversations();
  await respond();
}

async function respond() {
  const own = conversation;
  const controller = new AbortController();
  const view = transcript.answer();
  running = { controller, own };
  setBusy(true);
  toEnd();
  let failure = null;
  try {
    await model();
    await stream(own.messages, view, controller.signal);
  } catch (error) {
    failure = error;
  }
  running = null;
  setBusy(false);
  conclude(own, view, failure);
}

async function stream(messages, view, signal) {
  for (let first = 0; ; ) {
    try {
      const pieces = api.answer(about.model.id, wire(messages.slice(first)), signal, grounding());
      for await (const { id, text, grounded } of pieces) {
        view.id = id;
        view.append(text);
        if (grounded) view.ground(grounded, groundedView(grounded, showDocument));
        drawSoon(view);
      }
      return;
    } catch (error) {
      first = error.code === "context_length_exceeded" ? nextQuestion(messages, first) : -1;
      if (first < 0) throw error;
    }
  }
}

// At most once per frame: a layout of the complete answer for each of a thousand tokens would stall the page.
function drawSoon(view) {
  if (view.drawing) return;
  view.drawing = true;
  requestAnimationFrame(() => {
    view.drawing = false;
    follow(() => view.draw());
  });
}

// A small model's context fills up quickly: then the oldest question and its answer are left out.
function nextQuestion(messages, first) {
  return messages.findIndex((message, i) => i > first && message.role === "user");
}

const wire = (messages) => messages.map(({ role, content }) => ({ role, content }));

function conclude(own, view, failure) {
  const here = own === conversation;
  const stopped = failure?.name === "AbortError";
  if (failure && !stopped) {
    if (!here) return;
    follow(() => view.fail(failure.message, () => retry(view)));
    announce(`The answer failed. ${failure.message}`);
    return;
  }
  const message = { role: "assistant", content: view.text, id: view.id, ...(stopped && { stopped: true }) };
  if (view.grounded) message.grounded = view.grounded;
  own.messages.push(message);
  if (store.get(own.id)) store.put(own);
  if (!here) return;
  finish(view, message);
  announce(`Answer: ${view.text}`);
  underline(view, message, own);
}

function finish(view, message) {
  follow(() => {
    view.finish(message.content, message.stopped ? "Stopped" : "", { copy: (at) => copy(message.content, at), again });
    transcript.settle();
  });
}

function retry(view) {
  if (running) return;
  view.root.remove();
  respond();
}

function again() {
  if (running) return;
  conversation.messages.pop();
  panel.close();
  show(conversation, { answering: true });
  respond();
}

async function model() {
  if (about) return;
  about = await api.info();
  showInfo(about);
  showSuggestions(about.suggestions, ask);
  find("ground-switch").hidden = !about.ground.there;
  find("ground").checked = (localStorage.getItem(GROUND) ?? String(about.ground.on)) === "true";
  if (!panel.answer) panel.explain(panelHint());
}

// ---- sources of an answer

async function underline(view, message, own) {
  const grounded = message.grounded;
  if (grounded) panel.quotes(view, grounded.quotes);
  const text = grounded ? modelText(grounded) : view.text;
  if (!text || (about && !about.trace)) return;
  const before = own.messages.slice(0, own.messages.indexOf(message));
  const context = before.map(({ content }) => content).join("\n");
  const key = JSON.stringify([text, context]);
  let found = traces.get(key);
  try {
    found ??= await api.trace(grounded ? { content: text } : message, context);
  } catch (error) {
    if (own === conversation) panel.explain(error.message);
    return;
  }
  traces.set(key, found);
  if (own !== conversation || !view.root.isConnected) return;
  if (grounded) {
    if (view.isLast) panel.show(view, found);
    return;
  }
  follow(() => view.mark(found, (index, opener) => (panel.show(view, found), panel.open(index, opener))));
  if (view.isLast) panel.show(view, found);
  if (found.spans.length) announce(`${found.spans.length} verbatim matches in training data.`);
}

// A document was removed after its answer was traced: nothing of it may stay on the screen.
function retrace() {
  traces.clear();
  if (!running) show(conversation);
}

function panelHint() {
  if (about && !about.trace) {
    return "This lab has no index of the documents this model was trained on. Build one with: glaswerk index";
  }
  return "Words of an answer that occur verbatim in the training data appear here.";
}

// ---- conversations

function show(next, { answering = false } = {}) {
  conversation = next;
  transcript.clear();
  panel.explain(panelHint());
  find("empty").hidden = next.messages.length > 0;
  for (const message of next.messages) {
    if (message.role === "user") transcript.question(message.content);
    else recall(message, next);
  }
  if (next.messages.at(-1)?.role === "user" && !answering) unanswered();
  listConversations();
  toEnd();
}

function recall(message, own) {
  const view = transcript.answer();
  view.append(message.content);
  if (message.grounded) recallGround(view, message, own);
  finish(view, message);
  underline(view, message, own);
}

// Documents may have been removed since: what is gone is not shown again.
async function recallGround(view, message, own) {
  view.ground(message.grounded, el("p", { class: "ground-note", text: "Looking whether the documents are still there …" }));
  const left = await stillThere(message.grounded, isThere);
  if (left === message.grounded) {
    view.ground(left, groundedView(left, showDocument));
    return;
  }
  message.grounded = left;
  message.content = "Documents that this answer quoted were removed since.";
  if (store.get(own.id)) store.put(own);
  view.append("");
  view.ground(left, groundedView(left, showDocument));
}

async function isThere(id) {
  try {
    return Boolean(await api.documentOf(id));
  } catch (error) {
    return error.code !== "document_not_found";
  }
}

const showDocument = (id, words) => documentView.open(id, words);
const grounding = () => !find("ground-switch").hidden && find("ground").checked;

// The page was closed before this question had its answer.
function unanswered() {
  const view = transcript.answer();
  view.fail("This question has no answer yet.", () => retry(view));
}

function open(next) {
  if (next !== conversation) {
    running?.controller.abort();
    panel.close();
    show(next);
  }
  if (layout.drawerIsOpen) layout.drawer(false);
  prompt.focus();
}

function remove(gone) {
  const position = store.remove(gone.id);
  if (gone === conversation) open(fresh());
  listConversations();
  toast("Conversation deleted", "Undo", () => {
    store.restore(gone, position);
    listConversations();
  });
}

function listConversations() {
  showConversations(store.conversations, conversation.id, { open, remove });
}

// ---- small things

function setBusy(busy) {
  find("send").hidden = busy;
  find("stop").hidden = !busy;
  fit();
}

function fit() {
  find("send").disabled = !prompt.value.trim();
  prompt.style.height = "auto";
  prompt.style.height = `${Math.min(prompt.scrollHeight, 220)}px`;
}

const atEnd = () => scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < 80;

function toEnd() {
  scroll.scrollTop = scroll.scrollHeight;
}

// Runs `change` and keeps the end in view, unless the reader has scrolled up.
function follow(change) {
  const stay = atEnd();
  change();
  if (stay) toEnd();
}

// Appended, not replaced, so that a screen reader finishes the answer when the matches arrive.
function announce(text) {
  find("announcer").append(el("p", { text }));
}

async function copy(text, at) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    copyBySelection(text);
  }
  at.replaceChildren(icon("check"));
  setTimeout(() => at.replaceChildren(icon("copy")), 1600);
  announce("Copied");
}

// The clipboard API is missing on plain http from another machine.
function copyBySelection(text) {
  const area = document.createElement("textarea");
  area.value = text;
  area.className = "unseen";
  document.body.append(area);
  area.select();
  document.execCommand("copy");
  area.remove();
}

function submit() {
  const text = prompt.value;
  if (running || !text.trim()) return;
  prompt.value = "";
  fit();
  ask(text);
}

find("composer").addEventListener("submit", (event) => {
  event.preventDefault();
  submit();
});
prompt.addEventListener("input", fit);
prompt.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  submit();
});
find("stop").addEventListener("click", () => {
  running?.controller.abort();
  prompt.focus();
});
find("new-chat").addEventListener("click", () => open(fresh()));
find("toggle-sources").addEventListener("click", (event) => {
  if (panel.isOpen) panel.close();
  else panel.open(0, event.currentTarget);
});
find("ground").addEventListener("change", (event) => localStorage.setItem(GROUND, String(event.target.checked)));
find("to-end").addEventListener("click", () => {
  toEnd();
  prompt.focus();
});
scroll.addEventListener("scroll", () => (find("to-end").hidden = atEnd()), { passive: true });
document.addEventListener("keydown", (event) => {
  // An open dialog handles Escape itself; nothing else should close with it.
  if (event.key !== "Escape" || documentView.isOpen) return;
  if (layout.drawerIsOpen) layout.drawer(false);
  else panel.close();
});

listConversations();
fit();
prompt.focus({ preventScroll: true });
model().catch((error) => {
  find("model-name").textContent = "No connection";
  find("empty-text").textContent = error.message;
});
