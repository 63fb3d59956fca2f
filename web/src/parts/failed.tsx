// An answer that failed. Trying again helps where the server was away, not where the message is too long.

import { isTooLong, respond } from "../state/asking";
import type { Failure } from "../state/live";
import { editing } from "../state/page";
import { words } from "../words/words";
import { Icon } from "./icon";

export function Failed({ failure: { message, code, parent } }: { failure: Failure }) {
  const t = words.value;
  const long = isTooLong(code);
  return (
    <div class="answer-foot">
      <div class="failure" role="alert">
        <Icon name="warn" />
        <div>
          {message.split("\n").map((line) => (
            <p key={line}>{line}</p>
          ))}
          {long && <p>{t.tooLongHint}</p>}
        </div>
        {long ? (
          <button
            type="button"
            class="retry"
            onClick={() => {
              editing.value = parent;
            }}
          >
            {t.edit}
          </button>
        ) : (
          <button type="button" class="retry" onClick={() => void respond(parent)}>
            {t.tryAgain}
          </button>
        )}
      </div>
    </div>
  );
}
