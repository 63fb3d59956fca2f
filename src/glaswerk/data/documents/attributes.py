"""Tags with thousands of attributes, which no page has: the parser takes quadratic time in their number.

700,000 attributes on one element took more than 300 s, and fourteen pages just below half a megabyte 122 s.
"""

from __future__ import annotations

import re
from itertools import islice

# The HTML element with the most attributes that is known takes a few dozen.
MOST_ATTRIBUTES = 1000
_ATTRIBUTE = r"[\s/]++|=?[^\s/>=]++(?:\s*+=\s*+(?:\"[^\"]*+(?:\"|\Z)|'[^']*+(?:'|\Z)|[^\s>]*+))?|="
# As HTML's tokenizer reads tags: a bracket inside quotation marks ends none, and an open one goes to the end.
# What is inside a comment, a script or a title is no tag.
_TAG = re.compile(
    r"<!--.*?(?:-->|\Z)|<(?:(script|style|textarea|title)(?=[\s/>])|[a-z][^\s/>]*+)"
    rf"(?P<attributes>(?:{_ATTRIBUTE})*+)(?:>|\Z)(?(1).*?(?:(?=</\1)|\Z))",
    re.IGNORECASE | re.DOTALL,
)
_ONE = re.compile(_ATTRIBUTE, re.DOTALL)


def trimmed(html: str) -> str:
    """The page with at most MOST_ATTRIBUTES attributes and blanks between them in each tag."""
    pieces, done = [], 0
    for tag in _TAG.finditer(html):
        start, end = tag.span("attributes")
        if end - start > 2 * MOST_ATTRIBUTES:
            kept = next(islice(_ONE.finditer(html, start, end), 2 * MOST_ATTRIBUTES, None), None)
            if kept is not None:
                pieces.append(html[done : kept.start()])
                done = end
    return "".join([*pieces, html[done:]]) if pieces else html
