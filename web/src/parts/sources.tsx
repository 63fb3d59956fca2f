// The sources panel: every verbatim span of one answer, and the training documents that contain it.
//
// Its data is the JSON of a trace, built by serve/sources.py: `spans`, each with `documents`. To show another
// fact of a document, add it to `Match` in trace/results.py, fill it in trace/matched_documents.py, and draw it
// in card.tsx. `seen` is added in serve/sources.py. The complete document is in serve/source_documents.py.

import { useEffect, useRef, useState } from "preact/hooks";
import type { Grounded, Span, Trace } from "../api/shapes";
import { about } from "../state/page";
import { activeSpan, closePanel, panelOpen, shownAnswer, shownTrace, type Wish, wish } from "../state/panel";
import { language, words } from "../words/words";
import { Card, quoteCard } from "./card";
import { IconButton } from "./icon";

export function Sources() {
  const t = words.value;
  const open = panelOpen.value;
  return (
    <aside class="sources" id="sources" aria-labelledby="sources-title" hidden={!open}>
      <header class="sources-head">
        <h2 id="sources-title" tabIndex={-1}>
          {t.sources}
        </h2>
        <IconButton id="close-sources" label={t.closeSources} icon="close" onClick={closePanel} />
      </header>
      <div class="sources-body" id="sources-body">
        <Body />
      </div>
    </aside>
  );
}

function Body() {
  const t = words.value;
  const trace = shownTrace.value;
  const grounded = shownAnswer.value?.grounded;
  const quotes = grounded?.quotes ?? [];
  useFocus(trace && "spans" in trace ? trace.spans.length : 0);
  const grounds = quotes.length > 0 && <Quotes grounded={grounded!} />;
  if (about.value && !about.value.trace) return grounds || <p class="sources-empty">{t.panelNoIndex}</p>;
  if (!trace) return grounds || <p class="sources-empty">{t.panelHint}</p>;
  if ("error" in trace) return <p class="sources-empty">{trace.error}</p>;
  if (!trace.spans.length) return grounds || <p class="sources-empty">{t.panelNothing}</p>;
  return (
    <>
      {grounds}
      {grounds && <h3 class="sources-part is-learnt">{t.learnt}</h3>}
      <Spans key={shownAnswer.value?.id} trace={trace} />
    </>
  );
}

// Moves the focus to the span that was asked for, or to the title if there is none.
function useFocus(spans: number): void {
  const wanted = wish.value;
  useEffect(() => {
    if (!wanted || wanted.done || !panelOpen.peek() || spans) return;
    document.getElementById("sources-title")?.focus();
  }, [wanted]);
}

function Quotes({ grounded }: { grounded: Grounded }) {
  return (
    <>
      <h3 class="sources-part is-ground">{words.value.fromContent}</h3>
      {grounded.quotes.map((quote) => (
        <Card key={`${quote.id} ${quote.start}`} match={quoteCard(quote)} words={quote.quote ?? quote.text} />
      ))}
    </>
  );
}

function Spans({ trace }: { trace: Trace }) {
  const t = words.value;
  const [open, setOpen] = useState(-1);
  const wanted = wish.value;
  useEffect(() => {
    if (wanted && !wanted.done && panelOpen.peek()) setOpen(wanted.index);
  }, [wanted]);
  return (
    <>
      {/* The server says it in English. */}
      <p class="sources-label">{language.value === "en" ? trace.label : t.learnt}</p>
      <p class="sources-caveat">{t.caveat}</p>
      {trace.spans.map((span, index) => (
        <Entry key={index} span={span} index={index} open={open === index} wanted={wanted} change={setOpen} />
      ))}
    </>
  );
}

interface EntryProps {
  span: Span;
  index: number;
  open: boolean;
  wanted: Wish | null;
  change: (index: number) => void;
}

// Its documents are drawn only while it is open: a long answer has hundreds of spans with a few documents each.
function Entry({ span, index, open, wanted, change }: EntryProps) {
  const t = words.value;
  const root = useRef<HTMLDetailsElement>(null);
  const mine = wanted?.index === index;
  useEffect(() => {
    if (!mine || !open || wanted.done || !panelOpen.peek() || !root.current) return;
    wanted.done = true;
    root.current.querySelector("summary")?.focus({ preventScroll: true });
    const body = root.current.parentElement!;
    body.scrollTop = index === 0 ? 0 : root.current.offsetTop - body.offsetTop - 12;
  }, [mine && open && wanted]);
  const more = span.count - span.documents.length;
  return (
    <details
      ref={root}
      class="entry"
      open={open}
      onToggle={(event) => {
        const now = event.currentTarget.open;
        if (now) activeSpan.value = index;
        if (now !== open) change(now ? index : -1);
      }}
    >
      <summary>
        <q class="entry-quote">{span.text.trim()}</q>
        <span class="entry-count">
          {t.words(span.words)} · {t.occurs(span.count)}
        </span>
      </summary>
      {open && span.documents.map((match) => <Card key={match.id} match={match} words={span.text} />)}
      {open && more > 0 && span.documents.length > 0 && <p class="more">{t.further(more)}</p>}
    </details>
  );
}
