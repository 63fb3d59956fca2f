// What the underlines mean, in four steps; offered after the first answer that has one.

import { useEffect, useState } from "preact/hooks";
import { dialog } from "../state/page";
import { tourSeen } from "../state/tour";
import { words } from "../words/words";
import { Modal } from "./modal";

export function Tour() {
  const t = words.value;
  const [at, setAt] = useState(0);
  useEffect(tourSeen, []);
  const close = (): void => {
    dialog.value = null;
  };
  const [title, text] = t.tourSteps[at]!;
  const last = at === t.tourSteps.length - 1;
  return (
    <Modal id="tour" title={t.tour} close={close} classes="modal tour">
      <div aria-live="polite">
        <h3>{title}</h3>
        <p>{text}</p>
        {at === 0 && (
          <p class="tour-sample" aria-hidden="true">
            <span class="span rare-1">in the old town</span> …{" "}
            <span class="span rare-4">the mason Anna Behr</span>
          </p>
        )}
      </div>
      <div class="tour-foot">
        <span>{t.stepOf(at + 1, t.tourSteps.length)}</span>
        {at > 0 && (
          <button type="button" class="text-button" onClick={() => setAt(at - 1)}>
            {t.back}
          </button>
        )}
        <button type="button" class="text-button is-main" onClick={() => (last ? close() : setAt(at + 1))}>
          {last ? t.done : t.next}
        </button>
      </div>
    </Modal>
  );
}
