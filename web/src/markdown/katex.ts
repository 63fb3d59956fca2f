// KaTeX within bounds; a chunk of its own, loaded with the first formula.

import katex from "katex";
import "katex/dist/katex.min.css";

export function render(node: HTMLElement, source: string, wide: boolean): void {
  const made = document.createElement("span");
  katex.render(source, made, {
    displayMode: wide,
    throwOnError: true,
    // No links, images or HTML; few expansions, so that macros that double themselves end; no giant rules.
    trust: false,
    strict: "ignore",
    maxExpand: 200,
    maxSize: 10,
  });
  node.replaceChildren(made);
}
