// Mathematics in Markdown: $…$ and \(…\) in a line, $$…$$ and \[…\] as a block.

import type { MarkdownIt, StateBlock, StateInline } from "markdown-it";

// The longest formula that is drawn; a longer one stays text.
export const LONGEST = 4000;

// As Pandoc reads them: no space after the first sign and before the last, no digit after it. So that "$5 and $6"
// stays text.
function dollars(state: StateInline, silent: boolean): boolean {
  const { src, pos, posMax } = state;
  if (src[pos] !== "$") return false;
  const wide = src[pos + 1] === "$";
  const sign = wide ? "$$" : "$";
  const from = pos + sign.length;
  if (!wide && /\s/.test(src[from] ?? " ")) return false;
  for (let end = src.indexOf(sign, from); end >= 0 && end < posMax && end - from <= LONGEST; ) {
    const fits = wide || (!/[\s\\]/.test(src[end - 1] ?? "") && !/\d/.test(src[end + 1] ?? ""));
    if (end > from && fits) return inline(state, silent, from, end, sign, wide);
    end = src.indexOf(sign, end + 1);
  }
  return false;
}

function brackets(state: StateInline, silent: boolean): boolean {
  const { src, pos } = state;
  const opener = src.slice(pos, pos + 2);
  if (opener !== "\\(" && opener !== "\\[") return false;
  const closer = opener === "\\(" ? "\\)" : "\\]";
  const end = src.indexOf(closer, pos + 2);
  if (end <= pos + 2 || end > state.posMax || end - pos > LONGEST) return false;
  return inline(state, silent, pos + 2, end, closer, opener === "\\[");
}

function inline(
  state: StateInline,
  silent: boolean,
  from: number,
  end: number,
  closer: string,
  wide: boolean,
): boolean {
  if (!silent) {
    const token = state.push(wide ? "formula_wide" : "formula", "", 0);
    token.content = state.src.slice(from, end);
    token.markup = closer;
  }
  state.pos = end + closer.length;
  return true;
}

const OPENERS: Record<string, string> = { $$: "$$", "\\[": "\\]" };

function block(state: StateBlock, first: number, last: number, silent: boolean): boolean {
  const line = (n: number): string =>
    state.src.slice(state.bMarks[n]! + state.tShift[n]!, state.eMarks[n]).trim();
  const opening = line(first);
  const closer = OPENERS[opening.slice(0, 2)];
  if (!closer) return false;
  let [end, text] = [first, opening.slice(2)];
  while (!text.endsWith(closer)) {
    end += 1;
    if (end >= last || state.sCount[end]! < state.blkIndent || text.length > LONGEST) return false;
    text += `\n${line(end)}`;
  }
  if (silent) return true;
  const token = state.push("formula_block", "", 0);
  token.content = text.slice(0, -closer.length).trim();
  token.map = [first, end + 1];
  state.line = end + 1;
  return true;
}

export function formulas(parser: MarkdownIt): void {
  parser.inline.ruler.before("escape", "formula_brackets", brackets);
  parser.inline.ruler.after("escape", "formula_dollars", dollars);
  parser.block.ruler.before("fence", "formula_block", block, {
    alt: ["paragraph", "blockquote", "list"],
  });
}
