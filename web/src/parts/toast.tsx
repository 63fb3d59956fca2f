// A short message at the edge of the page, and what a screen reader is told.

import { said } from "../state/announcer";
import { closeToast, shown } from "../state/toast";

export function ToastBox() {
  const toast = shown.value;
  return (
    <div class="toast" id="toast" role="status" hidden={!toast}>
      {toast && <span>{toast.text}</span>}
      {toast?.action && (
        <button
          type="button"
          onClick={() => {
            closeToast();
            toast.run?.();
          }}
        >
          {toast.action}
        </button>
      )}
    </div>
  );
}

export const Announcer = () => (
  <div class="unseen" id="announcer" aria-live="polite">
    {said.value.map((text, i) => (
      <p key={i}>{text}</p>
    ))}
  </div>
);
