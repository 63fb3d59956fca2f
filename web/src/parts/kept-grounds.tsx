// The quotes of an answer that was kept. Documents may have been removed since: what is gone is not shown again.

import { useEffect, useState } from "preact/hooks";
import type { Grounded } from "../api/shapes";
import { update } from "../state/conversations";
import { stillThere } from "../state/document";
import { justWritten } from "../state/live";
import { current } from "../state/page";
import { round } from "../state/traces";
import { change, type Message } from "../state/tree";
import { words } from "../words/words";
import { Grounds } from "./grounds";

export function KeptGrounds({ message, grounded }: { message: Message; grounded: Grounded }) {
  const t = words.value;
  const [sure, setSure] = useState(justWritten.has(message.id));
  const again = round.value;
  useEffect(() => {
    if (justWritten.has(message.id) && again === 0) return;
    let wanted = true;
    const conversation = current.peek().id;
    void stillThere(grounded).then((left) => {
      if (left !== grounded) {
        const what = { grounded: left, content: words.value.removedSince };
        void update(conversation, (before) => change(before, message.id, what));
      }
      if (wanted) setSure(true);
    });
    return () => {
      wanted = false;
    };
  }, [message.id, again]);
  if (!sure) return <p class="ground-note">{t.looking}</p>;
  return <Grounds grounded={grounded} />;
}
