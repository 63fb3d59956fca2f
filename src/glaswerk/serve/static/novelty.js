// How much of an answer stands word for word in the training data, beside what is usual.

import { el } from "/static/dom.js";

const WIDE = 0.9;

export function noveltyOf(novelty) {
  if (novelty.words < novelty.n) return null;
  const copied = `${percent(novelty.share)} of this answer stands word for word in the training data`;
  if (!novelty.measurable) {
    return el("p", { class: "novelty", title: novelty.reason, text: `${copied}. What is usual is not measurable here.` });
  }
  const [low, high] = novelty.interval;
  // A passage of ten words is copied whole or not at all: a range of nearly everything would say nothing.
  const range = `${whole(low)}–${percent(high)}`;
  const usual = high - low > WIDE ? `${percent(novelty.expected)} is the average of new text this short` : `${range} is usual`;
  const title =
    `Words in runs of ${novelty.n} or more that the training data holds; ${range} in 95 % of ` +
    `${novelty.windows.toLocaleString("en")} passages of ${novelty.window_words} words that it lacks.`;
  return el("p", { class: "novelty", title }, scale(novelty.share, low, high), `${copied}; ${usual}.`);
}

const whole = (share) => Math.round(share * 100);
// No line ends between a number and its sign.
const percent = (share) => `${whole(share)}\u00a0%`;

// From 0 to 100 %: the usual range as a band, this answer as a line.
function scale(share, low, high) {
  const band = el("span", { class: "scale-band" });
  band.style.left = `${low * 100}%`;
  band.style.width = `${Math.max(high - low, 0.02) * 100}%`;
  const line = el("span", { class: "scale-line" });
  line.style.left = `${share * 100}%`;
  return el("span", { class: "scale", "aria-hidden": "true" }, band, line);
}
