// A drawn answer: its nodes, and where in the source each piece of text is, so that spans can be underlined.

import type { Span } from "../api/shapes";
import { words } from "../words/words";
import { units } from "./places";

export interface Piece {
  node: Text;
  // UTF-16 units from the beginning of the source.
  from: number;
}

export type Open = (index: number, opener: HTMLElement) => void;

interface Range {
  index: number;
  from: number;
  to: number;
}

export class Drawing {
  readonly fragment = document.createDocumentFragment();
  pieces: Piece[] = [];
  private ranges: Range[] = [];
  private spans: Span[] = [];
  private open: Open = () => {};
  private first = new Set<number>();

  constructor(readonly source: string) {}

  text(parent: Node, text: string, from: number): void {
    const node = document.createTextNode(text);
    parent.appendChild(node);
    if (from >= 0) this.pieces.push({ node, from });
  }

  // Underlines the spans; `open(index, mark)` shows one of them in the sources panel.
  mark(spans: Span[], open: Open): void {
    this.spans = spans;
    this.open = open;
    this.ranges = rangesOf(this.source, spans);
    this.first.clear();
    for (const piece of this.pieces) this.markPiece(piece);
    this.pieces = [];
  }

  // Replaces the text of `node` by `drawn`, the same text in other nodes.
  replace(node: Element, drawn: Node, from: number): void {
    // A span that begins in this code has its button there again.
    for (const mark of node.querySelectorAll<HTMLElement>("mark[role]"))
      this.first.delete(Number(mark.dataset.span));
    this.pieces = this.pieces.filter((piece) => !node.contains(piece.node));
    node.replaceChildren(drawn);
    if (from < 0) return;
    const walker = document.createTreeWalker(node, NodeFilter.SHOW_TEXT);
    const found: Piece[] = [];
    let at = from;
    while (walker.nextNode()) {
      const text = walker.currentNode as Text;
      found.push({ node: text, from: at });
      at += text.length;
    }
    if (this.ranges.length) for (const piece of found) this.markPiece(piece);
    else this.pieces.push(...found);
  }

  private markPiece({ node, from }: Piece): void {
    const to = from + node.length;
    const those = this.ranges.filter((range) => range.from < to && range.to > from);
    if (!those.length) return;
    const [text, nodes] = [node.data, [] as Node[]];
    let at = from;
    for (const range of those) {
      const [start, end] = [Math.max(at, range.from), Math.min(to, range.to)];
      if (start >= end) continue;
      if (start > at) nodes.push(document.createTextNode(text.slice(at - from, start - from)));
      nodes.push(this.markNode(text.slice(start - from, end - from), range));
      at = end;
    }
    if (at < to) nodes.push(document.createTextNode(text.slice(at - from)));
    node.replaceWith(...nodes);
  }

  // A span over several pieces (a bold word, an item of a list) is one button for keyboard and screen reader.
  private markNode(text: string, { index, from, to }: Range): HTMLElement {
    const span = this.spans[index]!;
    const mark = document.createElement("mark");
    mark.className = `span rare-${rarity(span)}`;
    mark.dataset.span = String(index);
    mark.title = words.value.markTitle(span.words, words.value.occurs(span.count));
    mark.textContent = text;
    mark.addEventListener("click", () => this.open(index, mark));
    if (this.first.has(index)) return mark;
    this.first.add(index);
    mark.setAttribute("role", "button");
    mark.tabIndex = 0;
    if (text.length < to - from) mark.setAttribute("aria-label", span.text.trim());
    mark.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      this.open(index, mark);
    });
    return mark;
  }
}

function rangesOf(source: string, spans: Span[]): Range[] {
  const order = spans.map((span, index) => ({ span, index })).sort((a, b) => a.span.start - b.span.start);
  const starts = units(
    source,
    order.map(({ span }) => span.start),
  );
  const ranges: Range[] = [];
  let at = 0;
  order.forEach(({ span, index }, i) => {
    const from = Math.max(at, starts[i]!);
    const to =
      starts[i]! +
      units(source.slice(starts[i]!, starts[i]! + 2 * (span.end - span.start)), [span.end - span.start])[0]!;
    if (from >= to) return;
    ranges.push({ index, from, to });
    at = to;
  });
  return ranges;
}

// How unlikely the words of a span are, from 1 to 4. `rarity` is the log probability of its words by frequency
// alone, in nats: about -30 for four common words, -120 for a sentence of fifteen. Without it the count decides.
function rarity({ rarity: chance, count }: Span): number {
  if (chance < 0) return Math.min(4, Math.max(1, Math.floor(-chance / 30)));
  return count === 1 ? 4 : count < 10 ? 3 : count < 100 ? 2 : 1;
}
