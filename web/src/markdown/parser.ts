// Markdown as a list of tokens. HTML in an answer is text, and no address but one of the web makes a link.

import makeParser, { type MarkdownIt, type Token } from "markdown-it";
import { formulas } from "./formulas";

export type { Token };

function made(): MarkdownIt {
  const parser = makeParser({ html: false, linkify: true, typographer: false });
  // Only what begins with a scheme: "e.g." and "main.py" are no addresses.
  parser.linkify.set({ fuzzyLink: false, fuzzyEmail: false, fuzzyIP: false });
  // Escapes and entities stay tokens of their own, so that each text token is a piece of the source.
  parser.core.ruler.disable("text_join");
  parser.use(formulas);
  return parser;
}

const parser = made();

export const parse = (source: string): Token[] => parser.parse(source, {});
export const helpers = parser.helpers;
