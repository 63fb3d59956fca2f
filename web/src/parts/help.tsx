// The list of shortcuts.

import { dialog } from "../state/page";
import { words } from "../words/words";
import { Modal } from "./modal";

export function Help() {
  const t = words.value;
  return (
    <Modal
      id="help"
      title={t.help}
      close={() => {
        dialog.value = null;
      }}
    >
      <dl class="shortcuts">
        {t.helpRows.map(([keys, what]) => (
          <div key={keys}>
            <dt>
              {keys.split(" ").map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
    </Modal>
  );
}
