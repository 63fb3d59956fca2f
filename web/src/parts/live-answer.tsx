// The answer that is being written, drawn at most once per frame.

import { useEffect, useRef } from "preact/hooks";
import { Streamed } from "../markdown/streamed";
import type { Live } from "../state/live";
import { follow, toEnd } from "../state/scrolling";
import { words } from "../words/words";
import { Calls } from "./calls";
import { Grounds } from "./grounds";
import { Icon } from "./icon";
import { Drawn } from "./picture";

export function LiveAnswer({ now }: { now: Live }) {
  const t = words.value;
  const root = useRef<HTMLDivElement>(null);
  const dots = useRef<HTMLSpanElement>(null);
  const [grounded, picture] = [now.grounded.value, now.picture.value];
  useEffect(() => {
    toEnd();
    if (!root.current) return;
    const streamed = new Streamed(root.current);
    let asked = 0;
    const show = (): void => {
      asked = 0;
      if (!now.text || !root.current) return;
      follow(() => {
        dots.current?.remove();
        streamed.show(now.text);
      });
    };
    now.grew = () => {
      asked ||= requestAnimationFrame(show);
    };
    show();
    return () => {
      now.grew = () => {};
      cancelAnimationFrame(asked);
    };
  }, [now, Boolean(grounded)]);
  return (
    <article class="answer is-busy" aria-label={t.answer} aria-busy="true">
      <Icon name="mark" classes="mark" />
      <div class="answer-column">
        <Calls calls={now.calls.value} />
        <div class="answer-text">
          {grounded ? (
            <Grounds grounded={grounded} />
          ) : (
            <>
              {picture && <Drawn picture={picture} />}
              <div ref={root} class="written" />
              <span ref={dots} class="thinking" role="img" aria-label={t.thinking}>
                <i />
                <i />
                <i />
              </span>
            </>
          )}
        </div>
      </div>
    </article>
  );
}
