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
# Hidden text, and text that was deleted while changes were recorded: properties of characters in a group.
_HIDDEN = re.compile(r"\\(?:v|deleted)(?![a-z])")
# Groups, what changes the properties, escaped characters, and pictures, whose bytes are no markup.
_TURN = re.compile(r"\{+|\}+|\\(v|deleted|plain|bin)(-?[0-9]{1,10})?(?![a-z])[ ]?|\\[\\{}]")
_SAID = re.compile(r"\\'[0-9a-fA-F]{2}|\\([a-z]{1,32})(?:-?[0-9]{1,10})?[ ]?|\\[^a-z]?|[^\\]+", re.S)
# \plain ends hidden text, but not what was deleted.
_BITS = {"v": 1, "deleted": 2, "plain": 1}
# Control words that stand for characters.
_CHARACTERS = frozenset(
    ("u", "par", "line", "tab", "cell", "row", "sect", "page", "emdash", "endash", "emspace", "enspace")
) | frozenset(("qmspace", "bullet", "lquote", "rquote", "ldblquote", "rdblquote", "nestcell", "nestrow"))
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


def _seen(source: str) -> str:
    """The source without the characters of hidden and deleted text; formatting and groups stay."""
    if not _HIDDEN.search(source):
        return source
    kept: list[str] = []
    outer: list[int] = []
    hidden = place = 0
    while turn := _TURN.search(source, place):
        said = source[place : turn.start()]
        kept.append(_SAID.sub(_mute, said) if hidden else said)
        place = turn.end()
        token, word, number = turn[0], turn[1], turn[2]
        if token[0] == "{":
            outer.extend([hidden] * len(token))
        elif token[0] == "}":
            hidden = outer[-len(token)] if len(token) <= len(outer) else 0
            del outer[-len(token) :]
        elif word == "bin":
            place += max(int(number or 0), 0)
        elif word:
            bit = _BITS[word]
            hidden = hidden & ~bit if number == "0" or word == "plain" else hidden | bit
        if word or not hidden or token[0] in "{}":
            kept.append(source[turn.start() : place])
    return "".join([*kept, _SAID.sub(_mute, source[place:]) if hidden else source[place:]])


def _mute(said: re.Match[str]) -> str:
    """Nothing for characters; the control word for formatting."""
    return said[0] if (said[1] and said[1] not in _CHARACTERS) or said[0] == "\\*" else ""


def main() -> int:
    """Read, convert, write. Returns the exit code."""
    source = sys.stdin.buffer.read().decode("latin-1")
    try:
        text = rtf_to_text(_PLAIN.sub("{ ", _seen(source)), errors="replace")
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
