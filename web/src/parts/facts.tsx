// About this model: plain facts first; its digest and step behind "Details".

import { about } from "../state/page";
import { words } from "../words/words";

export function Facts() {
  const t = words.value;
  const info = about.value;
  return (
    <details class="about" id="about">
      <summary>{t.about}</summary>
      {info && (
        <>
          <dl id="facts">
            {plain().map(([name, value]) => (
              <Fact key={name} name={name} value={value} />
            ))}
          </dl>
          <details class="about-more">
            <summary>{t.details}</summary>
            <dl>
              <Fact name={t.fact.trainedUntil} value={info.model.name} />
              <Fact name={t.fact.digest} value={info.model.digest} />
              <Fact name={t.fact.version} value={info.version} />
            </dl>
          </details>
        </>
      )}
    </details>
  );
}

const Fact = ({ name, value }: { name: string; value: string }) => (
  <>
    <dt>{name}</dt>
    <dd>{value}</dd>
  </>
);

function plain(): [string, string][] {
  const { model, corpus, trust } = about.value!;
  const t = words.value;
  const rows: [string, string | undefined][] = [
    [t.fact.model, model.id],
    [t.fact.parameters, model.parameters?.toLocaleString(t.locale)],
    [t.fact.context, model.context ? t.tokens(model.context) : undefined],
    [t.fact.documents, corpus?.documents.toLocaleString(t.locale)],
    [
      t.fact.sources,
      corpus ? [...new Set(corpus.sources.map(({ source }) => source))].join(", ") : undefined,
    ],
    [t.fact.licences, corpus?.licences.map((one) => one || t.noneGiven).join(", ")],
    [t.fact.politics, trust?.lean],
  ];
  return rows.filter((row): row is [string, string] => Boolean(row[1]));
}
