"""Text from outside as it is shown on a terminal: what would control the terminal is escaped."""

from __future__ import annotations

# Kept in messages of several lines.
LINES = "\n\t"


def printable(text: str, keep: str = "") -> str:
    r"""`text` with every character that is not printable escaped, except those in `keep`.

    Control characters, line ends, marks of writing direction and bytes that are not UTF-8 become `\n`,
    `\x1b`, `\u202e` and so on: they could move the cursor, hide words or imitate a line of ours.
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c in keep else _escaped(c) for c in text)


def _escaped(character: str) -> str:
    code = ord(character)
    # Python stands such a code point for a byte of a file's name that is not UTF-8.
    if 0xDC80 <= code <= 0xDCFF:
        return f"\\x{code - 0xDC00:02x}"
    return character.encode("unicode_escape").decode("ascii")
