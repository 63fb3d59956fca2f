// How much of an answer is verbatim training data, compared with unseen text; behind "Details", with its id.

import { useEffect, useRef } from "preact/hooks";
import type { Novelty, Trace } from "../api/shapes";
import { words } from "../words/words";
import { percent } from "./text";

const WIDE = 0.9;
// A no-break space keeps the number and the sign on one line.
const shown = (share: number): string => `${percent(share)}\u00a0%`;

export function NoveltyLine({ trace }: { trace: Trace }) {
  const t = words.value;
  const { novelty, id } = trace;
  const short = novelty.words < novelty.n;
  if (short && !id) return null;
  return (
    <details class="answer-details">
      <summary>{t.details}</summary>
      {!short && <Figure novelty={novelty} />}
      {id && <p class="sources-id">{t.answerId(id)}</p>}
    </details>
  );
}

function Figure({ novelty }: { novelty: Novelty }) {
  const t = words.value;
  const copied = t.copiedShare(shown(novelty.share));
  if (!novelty.measurable) {
    return (
      <p class="novelty" title={novelty.reason}>
        {copied}. {t.notMeasurable}
      </p>
    );
  }
  const [low, high] = novelty.interval;
  // A passage of ten words is either all verbatim or not at all: a range of nearly 0 to 100 % is no help.
  const range = `${percent(low)}–${shown(high)}`;
  const usual = high - low > WIDE ? t.usualShort(shown(novelty.expected)) : t.usualRange(range);
  return (
    <p class="novelty" title={t.noveltyTitle(novelty.n, range, novelty.windows, novelty.window_words)}>
      <Scale share={novelty.share} low={low} high={high} />
      <span>
        {copied}; {usual}
      </span>
    </p>
  );
}

// A scale from 0 to 100 %: the usual range as a band, this answer as a line.
function Scale({ share, low, high }: { share: number; low: number; high: number }) {
  const root = useRef<HTMLSpanElement>(null);
  useEffect(() => {
    const [band, line] = [...(root.current?.children ?? [])] as HTMLElement[];
    // Set by script: the page's policy refuses style attributes.
    band!.style.left = `${low * 100}%`;
    band!.style.width = `${Math.max(high - low, 0.02) * 100}%`;
    line!.style.left = `${share * 100}%`;
  }, [share, low, high]);
  return (
    <span class="scale" ref={root} aria-hidden="true">
      <span class="scale-band" />
      <span class="scale-line" />
    </span>
  );
}
