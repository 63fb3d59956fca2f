// The page before the first message: who answers here, and questions that one might ask.

import type { Info } from "../api/shapes";
import { ask } from "../state/asking";
import { about, current, dialog, unreachable } from "../state/page";
import type { Words } from "../words/en";
import { words } from "../words/words";
import { Icon } from "./icon";

export function Intro() {
  const t = words.value;
  const info = about.value;
  return (
    <section class="empty" id="empty" aria-labelledby="empty-title">
      <Icon name="mark" classes="mark mark-large" />
      <h2 id="empty-title">{t.emptyTitle}</h2>
      <p id="empty-text">{info ? introduction(info, t) : unreachable.value}</p>
      {current.value.temporary && <p class="temporary-note">{t.temporaryNote}</p>}
      <div class="suggestions" id="suggestions">
        {info?.suggestions.map((text) => (
          <button type="button" class="suggestion" key={text} onClick={() => void ask(text)}>
            {text}
          </button>
        ))}
      </div>
      {info?.trace && (
        <button
          type="button"
          class="text-button tour-button"
          onClick={() => {
            dialog.value = "tour";
          }}
        >
          {t.tour}
        </button>
      )}
    </section>
  );
}

function introduction({ model, corpus, trace, ground }: Info, t: Words): string {
  const documents = corpus ? t.documents(corpus.documents) : "";
  const quotes = ground.there ? t.introGround : "";
  if (!model.parameters) return t.introQuotesOnly(documents || t.theDocuments);
  const who = documents ? t.introTrained(model.id, documents) : t.introHere(model.id);
  return `${who}${trace ? t.introTraced : ""}${quotes}`;
}
