"""RTF from standard input; its text, title, author and date as JSON to standard output."""

from __future__ import annotations

import json
import re
import sys

from striprtf.striprtf import rtf_to_text

# `{\title …}` inside `{\info …}`; a value has no groups, but escaped characters.
_FIELD = r"\{\\%s[ ]?((?:[^{}\\]|\\[^{}]|\\[{}])*)\}"
_CREATED = re.compile(r"\{\\creatim((?:\\[a-z]+-?\d*)*)\s*\}")
_PART = re.compile(r"\\(yr|mo|dy)(\d+)")
# What the information about a file takes, at most, before its text.
_INFORMATION = 1 << 16
# striprtf leaves footnotes out, and writes the address of a link after it by a search in cubic time. As plain
# groups, footnotes stay where they are, and links give their words.
_PLAIN = re.compile(r"\{\s*\\(?:\*\\)?(?:footnote|field)(?![a-z])", re.IGNORECASE)


def _value(source: str, name: str) -> str:
    found = re.search(_FIELD % name, source[:_INFORMATION])
    return (
        " ".join(rtf_to_text("{" + _head(source) + found[1] + "}", errors="replace").split()) if found else ""
    )


def _head(source: str) -> str:
    """The declaration of the file's encoding, for values that are read apart from it."""
    found = re.search(r"\\ansicpg\d+", source[:1000])
    return f"\\rtf1{found[0]} " if found else "\\rtf1 "


def _date(source: str) -> str:
    found = _CREATED.search(source[:_INFORMATION])
    parts = dict(_PART.findall(found[1])) if found else {}
    year, month, day = (int(parts.get(name, 0)) for name in ("yr", "mo", "dy"))
    return f"{year:04}-{month:02}-{day:02}" if year and month and day else ""


def main() -> int:
    """Read, convert, write. Returns the exit code."""
    source = sys.stdin.buffer.read().decode("latin-1")
    try:
        text = rtf_to_text(_PLAIN.sub("{ ", source), errors="replace")
    except (ValueError, LookupError, TypeError, OverflowError):
        return 3
    lines = [line.strip(" |\t") for line in text.split("\n")]
    found = {
        "text": re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip(),
        "title": _value(source, "title"),
        "author": _value(source, "author"),
        "date": _date(source),
    }
    sys.stdout.write(json.dumps(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
