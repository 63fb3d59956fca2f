// A formula: its source first, then drawn by KaTeX, which is loaded with the first one.

import { words } from "../words/words";
import { LONGEST } from "./formulas";

export function formula(source: string, wide: boolean): HTMLElement {
  const node = document.createElement(wide ? "div" : "span");
  node.className = wide ? "math math-wide" : "math";
  if (wide) node.tabIndex = 0;
  const code = document.createElement("code");
  code.textContent = source;
  node.append(code);
  if (source.length > LONGEST) node.title = words.value.formulaTooLong;
  else void drawn(node, source, wide);
  return node;
}

async function drawn(node: HTMLElement, source: string, wide: boolean): Promise<void> {
  try {
    const { render } = await import("./katex");
    render(node, source, wide);
  } catch {
    // A formula with an error stays its source.
    return;
  }
}
