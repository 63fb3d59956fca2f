// Draws Markdown with DOM calls alone: no text of a model is ever read as HTML.

import { words } from "../words/words";
import { codeBlock, longText } from "./code";
import { Drawing } from "./drawing";
import { formula } from "./formula";
import { linkTo, picture } from "./links";
import { parse, type Token } from "./parser";
import { contentPlaces, lineStarts, Pointer } from "./places";

const TAGS = new Set(
  "p ul ol li blockquote table thead tbody tr th td em strong s hr br h1 h2 h3 h4 h5 h6".split(" "),
);
// Deeper quotes and lists are drawn flat: a thousand nested boxes are no text.
const DEEPEST = 40;

// A text of this length without code is not parsed: it is shown as it is, in parts.
const LONGEST = 300_000;

export function draw(source: string): Drawing {
  const drawing = new Drawing(source);
  if (source.length > LONGEST && !/^ {0,3}(```|~~~)/m.test(source)) {
    drawing.fragment.append(longText(drawing, source));
    return drawing;
  }
  new Painter(drawing, source).blocks(parse(source));
  return drawing;
}

class Painter {
  private readonly starts: number[];
  private readonly stack: Node[];
  private read = 0;
  private heading = 1;

  constructor(
    private readonly drawing: Drawing,
    private readonly source: string,
  ) {
    this.starts = lineStarts(source);
    this.stack = [drawing.fragment];
  }

  private get parent(): Node {
    return this.stack[this.stack.length - 1]!;
  }

  blocks(tokens: Token[]): void {
    for (const token of tokens) {
      if (token.map && token.nesting >= 0) this.read = Math.max(this.read, this.starts[token.map[0]] ?? 0);
      if (token.type === "inline") this.inline(token);
      else if (token.type === "fence" || token.type === "code_block") this.code(token);
      else if (token.type === "formula_block") this.parent.appendChild(formula(token.content, true));
      else this.box(token);
    }
  }

  private code(token: Token): void {
    const line = (token.map?.[0] ?? 0) + (token.type === "fence" ? 1 : 0);
    const from = this.source.indexOf(token.content, this.starts[line] ?? 0);
    this.parent.appendChild(codeBlock(this.drawing, token.content, token.info, from));
  }

  // Opens or closes a block or an inline mark.
  private box(token: Token): void {
    if (token.hidden) return;
    if (token.nesting < 0) this.close();
    else if (TAGS.has(token.tag)) {
      const node = this.element(token);
      this.parent.appendChild(node.outer);
      if (token.nesting > 0) this.stack.push(this.stack.length < DEEPEST ? node.inner : this.parent);
    } else if (token.nesting > 0) this.stack.push(this.parent);
  }

  private close(): void {
    if (this.stack.length > 1) this.stack.pop();
  }

  private element(token: Token): { outer: Node; inner: Node } {
    const node = document.createElement(
      token.tag.startsWith("h") && token.tag !== "hr" ? this.level(token) : token.tag,
    );
    if (token.tag === "ol")
      (node as HTMLOListElement).start = Math.trunc(Number(token.attrGet("start") ?? 1)) || 1;
    const align = /text-align:(left|center|right)/.exec(String(token.attrGet("style") ?? ""))?.[1];
    if (align) node.className = `align-${align}`;
    if (token.tag !== "table") return { outer: node, inner: node };
    const frame = document.createElement("div");
    frame.className = "table";
    frame.tabIndex = 0;
    frame.setAttribute("role", "region");
    frame.setAttribute("aria-label", words.value.table);
    frame.append(node);
    return { outer: frame, inner: node };
  }

  // Headings continue the outline of the page: the first is of level 2, and none skips a level.
  private level(token: Token): string {
    this.heading = Math.min(Number(token.tag.slice(1)) + 1, this.heading + 1, 6);
    return `h${this.heading}`;
  }

  private inline(token: Token): void {
    const place = contentPlaces(this.source, this.starts, token, this.read);
    const pointer = new Pointer(token.content);
    const deep = this.stack.length;
    for (const child of token.children ?? []) {
      const at = pointer.of(child);
      this.piece(child, at < 0 ? -1 : place(at));
    }
    this.stack.length = deep;
    const end = place(token.content.length);
    if (end >= 0) this.read = end;
  }

  private piece(token: Token, from: number): void {
    if (token.type === "text") this.drawing.text(this.parent, token.content, from);
    // A character that was escaped is longer in the source: only its place counts.
    else if (token.type === "text_special") this.drawing.text(this.parent, token.content, from);
    else if (token.type === "softbreak") this.drawing.text(this.parent, "\n", -1);
    else if (token.type === "code_inline") {
      const code = this.parent.appendChild(document.createElement("code"));
      this.drawing.text(code, token.content, from);
    } else if (token.type === "formula") this.parent.appendChild(formula(token.content, false));
    else if (token.type === "formula_wide") this.parent.appendChild(formula(token.content, true));
    else if (token.type === "image")
      this.parent.appendChild(picture(token.content, String(token.attrGet("src") ?? "")));
    else if (token.type === "link_open")
      this.stack.push(this.parent.appendChild(linkTo(String(token.attrGet("href") ?? ""))));
    else if (token.type === "link_close") this.close();
    else this.box(token);
  }
}
