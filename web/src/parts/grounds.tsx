// A grounded answer: quotes from the lab's documents, the model's words below them, or that nothing answers.
//
// Its data is the field `glaswerk.grounded` of an answer, built in serve/grounded/endpoint.py. Quotes are drawn
// from their passages, never from the model's text.

import type { Claim, Grounded, Quote } from "../api/shapes";
import { openDocument } from "../state/document";
import { words } from "../words/words";
import { named, readableDate, sliceByCodePoints } from "./text";
import { WebLink } from "./web-link";

export function Grounds({ grounded }: { grounded: Grounded }) {
  const t = words.value;
  const { verdict, quotes, near, claims, count, strict, filters } = grounded;
  const shown = quotes.length ? quotes : near;
  const scope = Object.entries(filters ?? {})
    .map(([name, value]) => `${name} ${value}`)
    .join(", ");
  return (
    <div class={`ground ground-${verdict}`}>
      <p class="ground-head">{t.verdict[verdict] ?? t.verdict.declined}</p>
      {scope && <p class="ground-note">{t.only(scope)}</p>}
      {count && <Counted {...count} />}
      {!quotes.length && near.length > 0 && verdict === "declined" && <p class="ground-note">{t.nearest}</p>}
      {!shown.length && !count && <p class="ground-note">{t.noneHas}</p>}
      {shown.map((quote, i) => (
        <Figure key={`${quote.id} ${quote.start}`} quote={quote} number={quotes.length ? i + 1 : 0} />
      ))}
      {claims
        .filter((claim) => claim.quote !== null || !strict)
        .map((claim) => (
          <Said key={claim.text} claim={claim} />
        ))}
      {strict && <LeftOut gone={claims.filter(({ quote }) => quote === null)} />}
    </div>
  );
}

function Counted({ about, documents, sql }: { about: string; documents: number; sql: string }) {
  const t = words.value;
  return (
    <div>
      <p class="ground-count">{about ? t.says(documents, about) : t.counted(documents)}</p>
      <details class="ground-sql">
        <summary>{t.howCounted}</summary>
        <code>{sql}</code>
      </details>
    </div>
  );
}

function Figure({ quote, number }: { quote: Quote; number: number }) {
  const t = words.value;
  const by = named(quote.author || quote.source);
  const date = readableDate(quote.created_at);
  return (
    <figure class="ground-figure">
      <blockquote class="ground-text">
        <Passage quote={quote} />
      </blockquote>
      <figcaption>
        {number > 0 && <span class="ground-number">{number}</span>}
        <strong>{by}</strong>
        {date && <time dateTime={quote.created_at ?? ""}>{date}</time>}
        <WebLink url={quote.url} />
        {quote.copies > 0 && <span>{t.moreSay(quote.copies)}</span>}
        <button
          type="button"
          class="show-all"
          aria-label={t.wholeBy(by)}
          onClick={() => void openDocument(quote.id, quote.quote ?? quote.text)}
        >
          {t.whole}
        </button>
      </figcaption>
    </figure>
  );
}

function Passage({ quote }: { quote: Quote }) {
  if (quote.quote === undefined) return <>{quote.text}</>;
  const slice = sliceByCodePoints(quote.text);
  const [from, to] = [quote.quote_start - quote.start, quote.quote_end - quote.start];
  return (
    <>
      {slice(0, from)}
      <mark class="ground-quote">{slice(from, to)}</mark>
      {slice(to)}
    </>
  );
}

function Said({ claim: { text, mark, quote, reason } }: { claim: Claim }) {
  const t = words.value;
  const label =
    quote === null
      ? t.claimDoubtful(reason)
      : mark === "quoted"
        ? t.claimQuoted(quote + 1)
        : t.claimBorne(mark, quote + 1);
  return (
    <p class={`ground-claim ${quote === null ? "is-doubtful" : "is-borne"}`}>
      <span class="ground-mark">{label}</span>
      <span>{text}</span>
    </p>
  );
}

function LeftOut({ gone }: { gone: Claim[] }) {
  if (!gone.length) return null;
  return (
    <details class="ground-sql">
      <summary>{words.value.claimsLeftOut(gone.length)}</summary>
      <ul>
        {gone.map(({ text, reason }) => (
          <li key={text}>
            “{text}”: {reason}
          </li>
        ))}
      </ul>
    </details>
  );
}
