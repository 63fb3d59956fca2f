// A component that is loaded when it is first shown.

import type { ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";

export function lazy(load: () => Promise<ComponentType>): ComponentType {
  let found: ComponentType | null = null;
  return function Lazy() {
    const [, redraw] = useState(0);
    useEffect(() => {
      if (found) return;
      void load().then((component) => {
        found = component;
        redraw(1);
      });
    }, []);
    const Found = found;
    return Found ? <Found /> : null;
  };
}
