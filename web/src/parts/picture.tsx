// A drawn picture, and behind "Why this picture": what its marks say, and what it is nearest to in the training data.

import { useRef, useState } from "preact/hooks";
import { addressOf, type Marks, marksOf, type Near, type Nearest, nearestTo } from "../api/pictures";
import type { Picture } from "../state/tree";
import { words } from "../words/words";

export const Drawn = ({ picture }: { picture: Picture }) => (
  <img class="drawn-image" src={addressOf(picture.data)} alt={picture.prompt} />
);

export function PictureFigure({ picture, model }: { picture: Picture; model: string }) {
  const t = words.value;
  return (
    <figure class="drawn">
      <Drawn picture={picture} />
      <figcaption>
        {t.seedIs(picture.seed ?? 0)}
        <a class="text-button" href={addressOf(picture.data)} download={fileName(picture)}>
          {t.savePicture}
        </a>
      </figcaption>
      <Why picture={picture} model={model} />
    </figure>
  );
}

const fileName = ({ prompt, seed }: Picture): string =>
  `${prompt.replace(/[^\p{L}\p{N}]+/gu, "-").slice(0, 50)}-${seed ?? 0}.png`;

function Why({ picture, model }: { picture: Picture; model: string }) {
  const t = words.value;
  const [marks, setMarks] = useState<Marks | null>(null);
  const [nearest, setNearest] = useState<Nearest | null>(null);
  const [error, setError] = useState("");
  const asked = useRef(false);
  // Asks for what is missing: it is there once, or failed before.
  const look = async (): Promise<void> => {
    if (asked.current) return;
    asked.current = true;
    setError("");
    const tries = [
      !marks && marksOf(picture).then(setMarks),
      !nearest && nearestTo(picture, model).then(setNearest),
    ];
    for (const tried of await Promise.allSettled(tries)) {
      if (tried.status === "rejected") setError((tried.reason as Error).message);
    }
    asked.current = false;
  };
  return (
    <details class="answer-details" onToggle={(event) => void (event.currentTarget.open && look())}>
      <summary>{t.whyPicture}</summary>
      {marks && <MarkFacts marks={marks} />}
      {nearest && <NearestOnes nearest={nearest} />}
      {error && <p role="alert">{error}</p>}
      {!error && !(marks && nearest) && <p>{t.comparing}</p>}
    </details>
  );
}

function MarkFacts({ marks }: { marks: Marks }) {
  const t = words.value;
  const { generation, state } = marks.credentials;
  return (
    <dl class="drawn-facts">
      <dt>{t.pictureModel}</dt>
      <dd>
        {generation.model ?? "?"} {generation.model_digest?.replace(/^b2:/, "").slice(0, 12)}
      </dd>
      <dt>{t.pictureSigned}</dt>
      <dd>{state === "trusted" ? t.signedHere : t.signatureState(state)}</dd>
      <dt>{t.watermark}</dt>
      <dd>{marks.watermark ? t.watermarkFound : t.watermarkMissing}</dd>
    </dl>
  );
}

function NearestOnes({ nearest }: { nearest: Nearest }) {
  const t = words.value;
  const usual = nearest.held_out_distance;
  return (
    <>
      <p>{t.nearestOf(nearest.compared)}</p>
      <ul class="drawn-nearest">
        {nearest.data.map((one) => (
          <NearOne key={one.document} near={one} />
        ))}
      </ul>
      {usual !== null && <p>{t.usualDistance(usual)}</p>}
    </>
  );
}

function NearOne({ near }: { near: Near }) {
  const t = words.value;
  return (
    <li>
      <img src={addressOf(near.b64_json)} alt={near.text} />
      <span>
        {near.author || t.unknownAuthor}, {near.licence || t.noLicence}
        <br />
        {t.distance(near.distance)}
      </span>
    </li>
  );
}
