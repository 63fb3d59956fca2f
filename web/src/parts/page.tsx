// The whole page. Only the overlay is reachable by keyboard and screen reader while one is open.

import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { about, current, drawer } from "../state/page";
import { closePanel, panelOpen } from "../state/panel";
import { atEnd, scrolls, toEnd } from "../state/scrolling";
import { live } from "../state/live";
import { steps } from "../state/page";
import { words } from "../words/words";
import { Composer } from "./composer";
import { DocumentView } from "./document";
import { Icon } from "./icon";
import { Intro } from "./intro";
import { KeyDialog } from "./key-dialog";
import { Modals } from "./modals";
import { Sidebar } from "./sidebar";
import { Sources } from "./sources";
import { Announcer, ToastBox } from "./toast";
import { Top } from "./top";
import { Transcript } from "./transcript";

export function Page() {
  const t = words.value;
  const narrow = useMedia("(max-width: 860px)");
  const overlaid = useMedia("(max-width: 1120px)");
  const side = narrow && drawer.value;
  const sheet = overlaid && panelOpen.value;
  const classes = ["app", side && "drawer-open", panelOpen.value && "sources-open"].filter(Boolean).join(" ");
  return (
    <>
      {/* biome-ignore lint/a11y/useValidAnchor: it leads to the message box, not to a place of the address */}
      <a class="skip" href="#prompt" onClick={toPrompt}>
        {t.skip}
      </a>
      <div class={classes} id="app">
        <Sidebar inert={sheet || (narrow && !side)} />
        <Main inert={sheet || side} />
        <Sources />
      </div>
      <DocumentView />
      <Modals />
      <KeyDialog />
      {/* biome-ignore lint/a11y/useKeyWithClickEvents: a click outside of the overlay; the keyboard has Escape */}
      {/* biome-ignore lint/a11y/noStaticElementInteractions: as above */}
      <div class="veil" id="veil" hidden={!sheet && !side} onClick={closeOverlay} />
      <ToastBox />
      <Announcer />
    </>
  );
}

function closeOverlay(): void {
  if (drawer.value) drawer.value = false;
  else closePanel();
}

// The hash of the address is the conversation's.
function toPrompt(event: Event): void {
  event.preventDefault();
  document.getElementById("prompt")?.focus();
}

function Main({ inert }: { inert: boolean }) {
  const t = words.value;
  const root = useRef<HTMLElement>(null);
  const [end, setEnd] = useState(true);
  useLayoutEffect(() => {
    if (root.current) root.current.inert = inert;
  }, [inert]);
  const empty = !steps.value.length && live.value?.conversation !== current.value.id;
  return (
    <main ref={root} class="main" id="main">
      <Top />
      <div class="scroll" id="scroll" ref={scrolls} onScroll={() => setEnd(atEnd())}>
        {empty && <Intro />}
        <Transcript />
      </div>
      <div class="dock">
        <button
          class="to-end"
          id="to-end"
          type="button"
          aria-label={t.toEnd}
          hidden={end}
          onClick={() => {
            toEnd();
            document.getElementById("prompt")?.focus();
          }}
        >
          <Icon name="down" />
        </button>
        <Composer />
        <p class="fine">
          {t.fine}
          {about.value?.trace !== false && (
            <>
              {" "}
              <span class="sample">{t.fineUnderlined}</span>
              {t.fineMeans}
            </>
          )}
        </p>
      </div>
    </main>
  );
}

function useMedia(query: string): boolean {
  const [fits, setFits] = useState(matchMedia(query).matches);
  useEffect(() => {
    const watched = matchMedia(query);
    const change = (): void => setFits(watched.matches);
    watched.addEventListener("change", change);
    return () => watched.removeEventListener("change", change);
  }, [query]);
  return fits;
}
