// A complete training document: text, origin, curation decisions, training stages.

import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import type { SourceDocument } from "../api/shapes";
import { type OpenDocument, openedDocument } from "../state/document";
import { words } from "../words/words";
import { seenIn } from "./card";
import { IconButton } from "./icon";
import { named, readableDate } from "./text";
import { WebLink } from "./web-link";

export function DocumentView() {
  const opened = openedDocument.value;
  return opened ? <Box opened={opened} /> : null;
}

function Box({ opened }: { opened: OpenDocument }) {
  const t = words.value;
  const box = useRef<HTMLDialogElement>(null);
  const body = useRef<HTMLDivElement>(null);
  const close = (): void => {
    openedDocument.value = null;
  };
  useLayoutEffect(() => {
    const before = document.activeElement;
    box.current?.showModal();
    return () => {
      box.current?.close();
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, []);
  useEffect(() => body.current?.querySelector("mark")?.scrollIntoView({ block: "center" }), [opened.found]);
  const { found, error } = opened;
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: a click on the backdrop; the keyboard has Escape
    <dialog
      ref={box}
      class="document"
      id="document"
      aria-labelledby="document-title"
      onClose={close}
      onClick={(event) => event.target === box.current && close()}
    >
      <header class="sources-head">
        <h2 id="document-title">{found ? heading(found) : t.document}</h2>
        <IconButton id="close-document" label={t.closeDocument} icon="close" onClick={close} />
      </header>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolled box must be in reach of the keyboard */}
      <div ref={body} class="document-body" tabIndex={0} role="region" aria-labelledby="document-title">
        {found && <Whole found={found} wanted={opened.words} />}
        {(error ? error.split("\n") : []).map((line) => (
          <p class="sources-empty" key={line}>
            {line}
          </p>
        ))}
        {!found && !error && <p class="sources-empty">{t.loading}</p>}
      </div>
    </dialog>
  );
}

function heading(found: SourceDocument): string {
  const by = named(found.author || words.value.of(found.kind, found.source));
  return [by, readableDate(found.created_at)].filter(Boolean).join(", ");
}

function Whole({ found, wanted }: { found: SourceDocument; wanted: string }) {
  return (
    <>
      <Facts found={found} />
      <Text whole={found.text} wanted={wanted} />
      <Story found={found} />
    </>
  );
}

function Facts({ found }: { found: SourceDocument }) {
  const { row, copies, noneGiven } = words.value;
  const rows: [string, string][] = [
    [row.id, found.id],
    [row.kind, found.kind],
    [row.source, found.source],
    [row.licence, found.licence || noneGiven],
    [row.language, found.lang],
    [row.copies, found.duplicates ? copies(found.duplicates) : ""],
    [row.training, found.seen.map(seenIn).join("; ")],
  ];
  const address = WebLink({ url: found.url });
  return (
    <dl class="document-facts">
      {rows
        .filter(([, value]) => value)
        .map(([name, value]) => (
          <>
            <dt>{name}</dt>
            <dd>{named(value)}</dd>
          </>
        ))}
      {address && (
        <>
          <dt>{row.address}</dt>
          <dd>{address}</dd>
        </>
      )}
    </dl>
  );
}

function Text({ whole, wanted }: { whole: string; wanted: string }) {
  const at = place(whole, wanted);
  if (at < 0) return <p class="document-text">{whole}</p>;
  return (
    <p class="document-text">
      {whole.slice(0, at)}
      <mark class="match">{wanted}</mark>
      {whole.slice(at + wanted.length)}
    </p>
  );
}

// The first occurrence of `wanted` with no letter or digit directly before or after it; -1 if there is none.
function place(whole: string, wanted: string): number {
  const inWord = (character: string): boolean => /[\p{L}\p{N}]/u.test(character);
  for (let at = whole.indexOf(wanted); at >= 0; at = whole.indexOf(wanted, at + 1)) {
    if (!inWord(whole.slice(at - 1, at)) && !inWord(whole.charAt(at + wanted.length))) return at;
  }
  return -1;
}

function Story({ found }: { found: SourceDocument }) {
  const t = words.value;
  const lines = [
    ...found.added.map(({ source, at }) => t.addedTo(source, readableDate(at))),
    ...found.derived_from.map(t.derivedFrom),
    ...found.decisions.map(decision),
  ];
  if (!lines.length) return null;
  return (
    <>
      <h3>{t.decisions}</h3>
      <ul class="document-history">
        {lines.map((line) => (
          <li key={line}>{line}</li>
        ))}
      </ul>
    </>
  );
}

function decision({
  corpus,
  kept,
  reason,
  score,
  split,
  meaning,
}: SourceDocument["decisions"][number]): string {
  const t = words.value;
  const figure = score === null ? "" : t.score(score.toFixed(3));
  return kept ? t.kept(corpus, split, figure) : t.dropped(corpus, reason, figure, meaning);
}
