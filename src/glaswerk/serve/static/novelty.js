// The line below an answer: how much of it is verbatim training data, compared with unseen text.

import { el } from "/static/dom.js";

const WIDE = 0.9;

export function noveltyOf(novelty) {
  if (novelty.words < novelty.n) return null;
  const copied = `${percent(novelty.share)} of this answer appears verbatim in the training data`;
  if (!novelty.measurable) {
    return el("p", { class: "novelty", title: novelty.reason, text: `${copied}. The usual share is not measurable here.` });
  }
  const [low, high] = novelty.interval;
  // A passage of ten words is either all verbatim or not at all: a range of nearly 0 to 100 % is no help.
  const range = `${whole(low)}–${percent(high)}`;
  const usual = high - low > WIDE ? `${percent(novelty.expected)} is the average of new text this short` : `${range} is usual`;
  const title =
    `Words in runs of ${novelty.n} or more that appear in the training data; ${range} in 95 % of ` +
    `${novelty.windows.toLocaleString("en")} passages of ${novelty.window_words} words of unseen text.`;
  return el("p", { class: "novelty", title }, scale(novelty.share, low, high), `${copied}; ${usual}.`);
}

const whole = (share) => Math.round(share * 100);
// A no-break space keeps the number and the sign on one line.
const percent = (share) => `${whole(share)}\u00a0%`;

// A scale from 0 to 100 %: the usual range as a band, this answer as a line.
function scale(share, low, high) {
  const band = el("span", { class: "scale-band" });
  band.style.left = `${low * 100}%`;
  band.style.width = `${Math.max(high - low, 0.02) * 100}%`;
  const line = el("span", { class: "scale-line" });
  line.style.left = `${share * 100}%`;
  return el("span", { class: "scale", "aria-hidden": "true" }, band, line);
}
