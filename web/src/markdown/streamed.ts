// An answer while it grows. What is complete is drawn once; only its last block is drawn again for each piece, and
// a last block that is long grows as plain text. So an endless answer costs the same for each piece.

import { draw } from "./draw";

const LONG_TAIL = 8000;
// Of a block that goes on and on, this much of its end is shown until the answer is complete.
const SHOWN_TAIL = 12_000;

export class Streamed {
  // The source up to here is drawn for good.
  private done = 0;
  private tail: Node[] = [];
  private plain: Text | null = null;

  constructor(private readonly root: HTMLElement) {}

  // `text` is all that there is so far.
  show(text: string): void {
    if (this.plain) {
      this.plain.data = `… ${text.slice(-SHOWN_TAIL)}`;
      return;
    }
    const end = settled(text, this.done);
    if (end > this.done) {
      this.clear();
      this.root.append(draw(text.slice(this.done, end)).fragment);
      this.done = end;
    }
    this.clear();
    const rest = text.slice(this.done);
    if (rest.length > LONG_TAIL) this.growPlain(rest);
    else {
      const { fragment } = draw(rest);
      this.tail = [...fragment.childNodes];
      this.root.append(fragment);
    }
  }

  private clear(): void {
    for (const node of this.tail) node.parentNode?.removeChild(node);
    this.tail = [];
  }

  private growPlain(rest: string): void {
    this.plain = document.createTextNode(rest);
    const node = document.createElement(/^\s*(```|~~~)/.test(rest) ? "pre" : "p");
    node.append(this.plain);
    this.root.append(node);
  }
}

// The end of the last blank line outside of code after which a new block begins; `from` if there is none.
export function settled(text: string, from: number): number {
  let [end, fence] = [from, ""];
  for (let at = from; at < text.length; ) {
    const next = text.indexOf("\n", at);
    if (next < 0) break;
    const line = text.slice(at, next);
    const mark = /^ {0,3}(`{3,}|~{3,})/.exec(line)?.[1];
    if (fence) {
      if (mark?.startsWith(fence) && line.trim() === mark) fence = "";
    } else if (mark) fence = mark;
    else if (!line.trim() && startsBlock(text, next + 1)) end = next + 1;
    at = next + 1;
  }
  return end;
}

// Not a continued list, quote or indented part: those may belong to the block before.
function startsBlock(text: string, at: number): boolean {
  const rest = text.slice(at, at + 12);
  return rest.length > 0 && /^\S/.test(rest) && !/^([-+*>|]|\d{1,9}[.)])/.test(rest);
}
