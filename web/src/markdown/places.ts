// Where in the source each piece of drawn text is, so that underlines found in the raw answer fit the drawn one.
//
// A text token is a piece of its block's content, and a line of that content a piece of a line of the source. Both
// are found by looking for them from where the piece before ended.

import { helpers, type Token } from "./parser";

// Where every line of the source begins.
export function lineStarts(source: string): number[] {
  const starts = [0];
  for (let at = source.indexOf("\n"); at >= 0; at = source.indexOf("\n", at + 1)) starts.push(at + 1);
  return starts;
}

// For each position of a block's content its position in the source; -1 where it is unknown.
export function contentPlaces(
  source: string,
  starts: number[],
  token: Token,
  from: number,
): (at: number) => number {
  const lines = token.content.split("\n");
  const places: number[] = [];
  let [line, least] = [token.map?.[0] ?? -1, from];
  for (const text of lines) {
    const begin = Math.max(least, line >= 0 ? (starts[line] ?? 0) : 0);
    const found = text ? source.indexOf(text, begin) : begin;
    places.push(found);
    if (found >= 0) least = found + text.length;
    if (line >= 0) line += 1;
  }
  return (at) => {
    let rest = at;
    for (let i = 0; i < lines.length; i += 1) {
      if (rest <= lines[i]!.length) return places[i]! < 0 ? -1 : places[i]! + rest;
      rest -= lines[i]!.length + 1;
    }
    return -1;
  };
}

// Walks over the tokens of one content in their order; `of(token)` is where its text begins in the content.
export class Pointer {
  private at = 0;

  constructor(private readonly content: string) {}

  of(token: Token): number {
    const { type, content, markup } = token;
    if (type === "text") return this.found(content);
    if (type === "text_special") return this.found(markup || content);
    if (type === "code_inline" || type.startsWith("formula")) {
      const at = this.found(content);
      if (at >= 0) this.at += markup.length;
      return at;
    }
    if (type === "link_close") this.passDestination();
    else if (type === "image") this.passImage(content);
    else if (markup && type.endsWith("_open")) this.found(markup);
    else if (markup && type.endsWith("_close")) this.found(markup);
    return -1;
  }

  private found(text: string): number {
    if (!text) return -1;
    const at = this.content.indexOf(text, this.at);
    if (at >= 0) this.at = at + text.length;
    return at;
  }

  private passImage(label: string): void {
    this.found(label);
    this.passDestination();
  }

  // "](address "title")" after the text of a link has no drawn text, but might contain words like those after it.
  private passDestination(): void {
    const open = this.content.indexOf("](", this.at);
    if (open !== this.at) return;
    const whole = this.content;
    const address = helpers.parseLinkDestination(whole, skipSpace(whole, open + 2), whole.length);
    let at = skipSpace(whole, address.ok ? address.pos : open + 2);
    const title = helpers.parseLinkTitle(whole, at, whole.length);
    if (title.ok) at = skipSpace(whole, title.pos);
    if (whole[at] === ")") this.at = at + 1;
  }
}

function skipSpace(text: string, at: number): number {
  let end = at;
  while (end < text.length && /\s/.test(text[end]!)) end += 1;
  return end;
}

// The server counts Unicode code points, JavaScript UTF-16 units: the units at which these points begin, for points
// in rising order.
export function units(text: string, points: number[]): number[] {
  const found: number[] = [];
  let [point, unit] = [0, 0];
  for (const wanted of points) {
    while (point < wanted && unit < text.length) {
      unit += text.codePointAt(unit)! > 0xffff ? 2 : 1;
      point += 1;
    }
    found.push(unit);
  }
  return found;
}
