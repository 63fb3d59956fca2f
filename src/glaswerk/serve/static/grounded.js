// A grounded answer: quotes from the lab's documents, the model's words below them, or that nothing answers.
//
// Its data is the field `glaswerk.grounded` of an answer, built in serve/grounded/endpoint.py. Quotes are drawn
// from their passages, never from the model's text.

import { el, named, readableDate, sliceByCodePoints, webLink } from "/static/dom.js";

const HEADS = {
  answered: "From your content",
  closest: "Closest passages; they may not answer this",
  declined: "Nothing in your content answers this",
  counted: "Counted in your content",
};

// `open(id, words)` shows the whole document.
export function groundedView(grounded, open) {
  const { verdict, quotes, near, claims, count } = grounded;
  const shown = quotes.length ? quotes : near;
  const body = count ? [counted(count)] : [];
  if (!quotes.length && near.length && verdict === "declined") body.push(el("p", { class: "ground-note", text: "The nearest passages:" }));
  if (!shown.length && !count) body.push(el("p", { class: "ground-note", text: "None of your documents has these words." }));
  return el(
    "div",
    { class: `ground ground-${verdict}` },
    el("h3", { class: "ground-head", text: HEADS[verdict] ?? HEADS.declined }),
    ...scope(grounded.filters),
    ...body,
    ...shown.map((each, i) => quote(each, quotes.length ? i + 1 : 0, open)),
    ...claims.filter((one) => one.quote !== null || !grounded.strict).map(claim),
    ...leftOut(grounded),
  );
}

// The text of the model alone, which the trace of an answer is about.
export const modelText = ({ claims }) => claims.filter(({ quote }) => quote !== null).map(({ text }) => text).join(" ");

function counted({ about, documents, sql }) {
  const words = documents === 1 ? "document says" : "documents say";
  const said = about ? `${documents.toLocaleString("en")} ${words} this: ${about}` : `${documents.toLocaleString("en")} documents`;
  const how = el("details", { class: "ground-sql" }, el("summary", { text: "How it was counted" }), el("code", { text: sql }));
  return el("div", {}, el("p", { class: "ground-count", text: said }), how);
}

const scope = (filters) => {
  const said = Object.entries(filters ?? {}).map(([name, value]) => `${name} ${value}`).join(", ");
  return said ? [el("p", { class: "ground-note", text: `Only ${said}` })] : [];
};

function quote(found, number, open) {
  const slice = sliceByCodePoints(found.text);
  const words = found.quote ?? found.text;
  const text = el("blockquote", { class: "ground-text" });
  if (found.quote === undefined) text.append(found.text);
  else {
    const [from, to] = [found.quote_start - found.start, found.quote_end - found.start];
    text.append(slice(0, from), el("mark", { class: "ground-quote", text: slice(from, to) }), slice(to));
  }
  const by = named(found.author || found.source);
  const whole = el("button", { type: "button", class: "show-all", text: "Whole document", onclick: () => open(found.id, words) });
  whole.setAttribute("aria-label", `Whole document by ${by}`);
  const parts = [
    number ? el("span", { class: "ground-number", text: `${number}` }) : null,
    el("strong", { text: by }),
    readableDate(found.created_at) ? el("time", { datetime: found.created_at, text: readableDate(found.created_at) }) : null,
    webLink(found.url),
    found.copies ? el("span", { text: `${found.copies} more say the same` }) : null,
    whole,
  ];
  return el("figure", { class: "ground-figure" }, text, el("figcaption", {}, ...parts));
}

function claim({ text, mark, quote: number, reason }) {
  const borne = number !== null;
  const label = borne ? `The model, ${mark} by quote ${number + 1}` : `The model, not borne out: ${reason}`;
  const said = mark === "quoted" ? `The model, word for word from quote ${number + 1}` : label;
  return el(
    "p",
    { class: `ground-claim ${borne ? "is-borne" : "is-doubtful"}` },
    el("span", { class: "ground-mark", text: said }),
    el("span", { text }),
  );
}

function leftOut({ claims, strict }) {
  const gone = claims.filter(({ quote }) => quote === null);
  if (!strict || !gone.length) return [];
  const words = gone.length === 1 ? "1 sentence of the model was left out" : `${gone.length} sentences of the model were left out`;
  const reasons = el("ul", {}, ...gone.map(({ text, reason }) => el("li", { text: `“${text}”: ${reason}` })));
  return [el("details", { class: "ground-sql" }, el("summary", { text: `${words}: your content does not bear it out` }), reasons)];
}

// What is left of a stored answer if documents were removed since: `there(id)` says whether one may be shown.
export async function stillThere(grounded, there) {
  const found = new Map();
  const ids = [...new Set([...grounded.quotes, ...grounded.near].map(({ id }) => id))];
  await Promise.all(ids.map(async (id) => found.set(id, await there(id))));
  if (ids.every((id) => found.get(id))) return grounded;
  const keep = ({ id }) => found.get(id);
  return { ...grounded, quotes: grounded.quotes.filter(keep), near: grounded.near.filter(keep), claims: [] };
}
