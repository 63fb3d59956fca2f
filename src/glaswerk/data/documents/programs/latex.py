"""LaTeX from standard input; its words, title, author and date as JSON to standard output.

Formulas stay as they are written. Nothing that the source names is opened, and no macro is expanded.
"""

from __future__ import annotations

import json
import logging
import re
import sys

from pylatexenc.latex2text import LatexNodes2Text, MacroTextSpec, get_default_latex_context_db
from pylatexenc.latexwalker import LatexWalkerError

_NESTED = 2000
_ENDS = re.compile(r"\\begin\s*\{document\}|\\end\s*\{document\}")
_COMMENT = re.compile(r"(?<!\\)((?:\\\\)*)%[^\n]*\n?")
# Environments whose content is no prose.
_DROPPED = re.compile(
    r"\\begin\{(tikzpicture|pgfpicture|filecontents\*?|comment|thebibliography)\}.*?\\end\{\1\}", re.DOTALL
)

_LISTING = re.compile(
    r"\\begin\{(verbatim\*?|[BL]?Verbatim\*?|lstlisting|minted|semiverbatim|alltt)\}(?:\[[^\]\n]*\])?"
    r"(?:(?<=\])\{[^{}\n]*\}|(?<=minted\})\{[^{}\n]*\})?[ \t]*\n?(.*?)\\end\{\1\}",
    re.DOTALL,
)
_INLINE = re.compile(r"\\(?:verb|lstinline)\*?([^\w\s*{\[])([^\n]*?)\1")
# Characters that no text has, around the number of a listing.
_OPEN, _CLOSE = "\ue000", "\ue001"
_MARK = re.compile(f"{_OPEN}([0-9]+){_CLOSE}")
# Metadata, which is read apart, and what has no words.
_SILENT = (
    "title",
    "author",
    "date",
    "maketitle",
    "label",
    "vspace",
    "cite",
    "citep",
    "citet",
    "tableofcontents",
)


def _argument(source: str, name: str) -> str:
    """The source of the argument of a macro, with balanced braces."""
    found = re.search(rf"\\{name}\s*(?:\[[^\]]*\])?\s*\{{", source)
    if found is None:
        return ""
    depth, place = 1, found.end()
    for brace in re.finditer(r"\\.|[{}]", source[place : place + 2000]):
        depth += {"{": 1, "}": -1}.get(brace[0], 0)
        if not depth:
            return source[place : place + brace.start()].replace(r"\and", ", ")
    return ""


def _converter() -> LatexNodes2Text:
    context = get_default_latex_context_db()
    headings = {"chapter": "#", "section": "##", "subsection": "###", "subsubsection": "####"}
    macros = [MacroTextSpec(name, f"\n\n{mark} %(3)s\n\n") for name, mark in headings.items()]
    macros += [MacroTextSpec(name, "") for name in _SILENT]
    macros += [MacroTextSpec("footnote", " (%(2)s)")]
    context.add_context_category("headings", prepend=True, macros=macros)
    return LatexNodes2Text(latex_context=context, math_mode="verbatim", strict_latex_spaces=False)


def _set_aside(source: str) -> tuple[str, list[str]]:
    """The source with a mark for each listing, and the listings: in them nothing is markup."""
    listings: list[str] = []
    source = _marked(_LISTING, source.replace(_OPEN, "").replace(_CLOSE, ""), listings, "\n\n")
    return _marked(_INLINE, source, listings, ""), listings


def _marked(pattern: re.Pattern[str], source: str, listings: list[str], blank: str) -> str:
    pieces: list[str] = []
    done = place = 0
    while match := pattern.search(source, place):
        if _COMMENT.search(source[source.rfind("\n", 0, match.start()) + 1 : match.start()]):
            place = match.start() + 1
            continue
        pieces += [source[done : match.start()], f"{blank}{_OPEN}{len(listings)}{_CLOSE}{blank}"]
        listings.append(match[2].strip("\n"))
        done = place = match.end()
    return "".join([*pieces, source[done:]])


def _put_back(text: str, listings: list[str]) -> str:
    return _MARK.sub(lambda match: listings[int(match[1])], text)


def main() -> int:
    """Read, convert, write. Returns the exit code."""
    logging.disable()
    data = sys.stdin.buffer.read()
    try:
        source = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        source = data.decode("latin-1")
    source, listings = _set_aside(source.replace("\r\n", "\n"))
    source = _COMMENT.sub(r"\1", source)
    parts = _ENDS.split(source)
    body = _DROPPED.sub("", parts[1] if len(parts) > 1 else source)
    sys.setrecursionlimit(_NESTED)
    convert = _converter().latex_to_text
    try:
        text = convert(body)
        about = {name: convert(_argument(source, name)) for name in ("title", "author", "date")}
    except LatexWalkerError:
        return 3
    lines = (line.strip(" \t") for line in text.split("\n"))
    found = {name: " ".join(value.replace(" ,", ",").split()) for name, value in about.items()}
    found["text"] = _put_back(re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip(), listings)
    # \today and other words are no date.
    found["date"] = found["date"] if re.match(r"\d{4}-\d\d-\d\d", found["date"]) else ""
    sys.stdout.write(json.dumps(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
