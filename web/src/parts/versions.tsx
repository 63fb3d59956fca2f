// ‹ 2/3 ›: the versions of a message, the ones before an edit or a second answer too.

import { busy } from "../state/asking";
import { update } from "../state/conversations";
import { failure } from "../state/live";
import { current } from "../state/page";
import { choose, type Step } from "../state/tree";
import { words } from "../words/words";
import { IconButton } from "./icon";

export function Versions({ step: { place, versions } }: { step: Step }) {
  if (versions.length < 2) return null;
  const t = words.value;
  const turn = (by: number) => () => {
    const id = versions[place - 1 + by];
    if (!id || busy()) return;
    failure.value = null;
    void update(current.value.id, (conversation) => choose(conversation, id));
  };
  return (
    <div class="versions" role="group" aria-label={t.versionOf(place, versions.length)}>
      <IconButton
        label={t.older}
        icon="left"
        classes="quiet-button"
        disabled={place === 1}
        onClick={turn(-1)}
      />
      <span aria-hidden="true">
        {place}/{versions.length}
      </span>
      <IconButton
        label={t.newer}
        icon="right"
        classes="quiet-button"
        disabled={place === versions.length}
        onClick={turn(1)}
      />
    </div>
  );
}
