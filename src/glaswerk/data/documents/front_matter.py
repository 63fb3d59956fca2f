"""Front matter: the metadata between two lines of `---` at the start of a markdown file.

The simple part of YAML that static site generators and note programs write: one `key: value` per line.
"""

from __future__ import annotations

import re
from typing import Any

_BLOCK = re.compile(r"\A---[ \t]*+\r?\n(.*?)^(?:---|\.\.\.)[ \t]*+(?:\r?\n|\Z)", re.DOTALL | re.MULTILINE)
# A key, a list item, a comment, or a continuation of the line above.
_LINE = re.compile(r"(?:[A-Za-z_][\w -]*+:(?=\s|\Z)|-(?=\s|\Z)|#|[ \t])")
_COMMENT = re.compile(r"[ \t]#")
_FIELDS = (
    "id",
    "title",
    "author",
    "created_at",
    "date",
    "lang",
    "url",
    "licence",
    "license",
    "kind",
    "acquired",
    "audience",
    "tdm_opt_out",
)


def split_front_matter(text: str) -> tuple[dict[str, Any], str]:
    """The fields of a document that the front matter sets, and the text after it.

    A block with anything else in it is not front matter but text between two rules, and stays in the text.
    """
    block = _BLOCK.match(text)
    lines = block[1].splitlines() if block else []
    if block is None or not all(_LINE.match(line) for line in lines if line.strip()):
        return {}, text
    said = [line.partition(":") for line in lines if line[:1].isalpha()]
    found = {key.strip().lower(): value for key, _, value in said}
    fields: dict[str, Any] = {key: _plain(found[key]) for key in _FIELDS if key in found}
    if "derived_from" in found:
        fields["derived_from"] = _links(found["derived_from"].strip())
    return fields, text[block.end() :].lstrip("\r\n")


def _plain(value: str) -> str:
    """A value without quotes or a trailing comment."""
    value = value.strip()
    if value[:1] in ("'", '"'):
        return value[1:].partition(value[0])[0]
    comment = _COMMENT.search(f" {value}")
    return value[: max(comment.start() - 1, 0)].rstrip() if comment else value


def _links(said: str) -> list[str]:
    """Ids in front matter: one, or several in brackets. A blank is kept, because it is an error."""
    listed = said.removeprefix("[").removesuffix("]").split(",") if said.startswith("[") else [said]
    return [identifier.strip(" \"'") for identifier in listed]
