// A document that contains words of an answer: who, when, the passage, where it is from.

import { useState } from "preact/hooks";
import type { Match, Quote, Seen } from "../api/shapes";
import { openDocument } from "../state/document";
import { words } from "../words/words";
import { named, readableDate, sliceByCodePoints } from "./text";
import { WebLink } from "./web-link";

// Characters shown around a match before "Show all".
const AROUND = 220;

// In plain words; the step is in the document's facts.
const readIn = ({ stage, epochs }: Seen): string => words.value.readIn(stage, epochs);

export const seenIn = ({ stage, epochs, first_step: step }: Seen): string =>
  words.value.seenIn(stage, epochs, step);

// A quote in the form of a match of the trace.
export const quoteCard = (quote: Quote): Match => ({
  ...quote,
  kind: "quote",
  created_at: quote.created_at ?? "",
  match_start: quote.quote_start - quote.start,
  match_end: quote.quote_end - quote.start,
  seen: [],
  duplicates: quote.copies,
});

export function Card({ match, words: wanted }: { match: Match; words: string }) {
  const t = words.value;
  const author = named(match.author) || (match.kind === "dialogue" ? t.dialogue : t.unknownAuthor);
  const date = readableDate(match.created_at);
  const copies = match.duplicates ? [t.copies(match.duplicates)] : [];
  return (
    <article class="card">
      <header class="card-head">
        <strong>{author}</strong>
        {date && <time dateTime={match.created_at}>{date}</time>}
      </header>
      <Passage match={match} />
      <ul class="card-facts">
        {[...match.seen.map(readIn), ...copies].map((fact) => (
          <li key={fact}>{fact}</li>
        ))}
      </ul>
      <footer class="card-foot">
        <span class="tag">{named(match.kind)}</span>
        <span>{named(match.source)}</span>
        <span>{named(match.licence) || t.noLicence}</span>
        <WebLink url={match.url} />
      </footer>
      <button
        type="button"
        class="show-all"
        aria-label={t.wholeBy(author)}
        onClick={() => void openDocument(match.id, wanted)}
      >
        {t.whole}
      </button>
    </article>
  );
}

function Passage({ match }: { match: Match }) {
  const [all, setAll] = useState(false);
  const slice = sliceByCodePoints(match.text);
  const length = Array.from(match.text).length;
  const from = all ? 0 : wordBefore(slice, match.match_start);
  const to = all ? length : wordAfter(slice, match.match_end, length);
  return (
    <div>
      <p class="card-text">
        {from > 0 && "…"}
        {slice(from, match.match_start)}
        <mark class="match">{slice(match.match_start, match.match_end)}</mark>
        {slice(match.match_end, to)}
        {to < length && "…"}
      </p>
      {(from > 0 || to < length) && (
        <button type="button" class="show-all" onClick={() => setAll(true)}>
          {words.value.showAll}
        </button>
      )}
    </div>
  );
}

type Slice = (start: number, end?: number) => string;

// Where an excerpt around a match begins and ends, without cutting a word.
function wordBefore(slice: Slice, start: number): number {
  if (start <= AROUND) return 0;
  const space = Array.from(slice(start - AROUND, start)).findIndex((character) => /\s/u.test(character));
  return start - AROUND + space + 1;
}

function wordAfter(slice: Slice, end: number, length: number): number {
  if (end + AROUND >= length) return length;
  const space = Array.from(slice(end, end + AROUND)).findLastIndex((character) => /\s/u.test(character));
  return space < 0 ? end + AROUND : end + space;
}
