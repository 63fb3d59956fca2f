r"""Text from outside on a terminal: control characters are shown, not obeyed.

A post, an author's name, a file's name or an answer may contain escape sequences, which clear the screen,
set the clipboard (OSC 52) or hide a link's target (OSC 8), and bidirectional controls, which show text in
another order than it has (CVE-2021-42574). All text for the terminal passes one of these functions.
"""

from __future__ import annotations

import re
import sys

# Formatting marks without a width, common in Arabic and Hebrew text: they are left out, not shown.
_MARKS = "\u061c\u200e\u200f"
# DEL and C1; separators that some terminals obey; bidirectional embeddings, overrides and isolates;
# deprecated formatting; lone surrogates, which no stream can encode.
_OTHERS = "\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u206f\ufff9-\ufffb\ud800-\udfff"
_UNSAFE = re.compile(f"[\x00-\x08\x0b-\x1f{_OTHERS}{_MARKS}]")
_BREAKS = re.compile("[\t\n]")
# JSON escapes C0 itself.
_UNSAFE_IN_JSON = re.compile(f"[{_OTHERS}{_MARKS}]")


def visible(text: str) -> str:
    r"""The text with its lines, every control character in it shown as in Python: `\x1b`, `\u202e`.

    >>> visible("a\x1b[31mb")
    'a\\x1b[31mb'
    """
    return _UNSAFE.sub(_visible, text.replace("\r\n", "\n"))


def one_line(text: str) -> str:
    r"""`visible`, with newlines and tabs shown as `\n` and `\t`: a name cannot forge another line."""
    return _BREAKS.sub(_visible, visible(text))


def visible_json(text: str) -> str:
    r"""JSON with the same value, every control character in its strings written as `\u009b`."""
    return _UNSAFE_IN_JSON.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def note(*lines: object) -> None:
    """Write each argument as one line to standard error: a warning of a server or a long run."""
    sys.stderr.write("".join(f"{one_line(str(line))}\n" for line in lines))
    sys.stderr.flush()


def _visible(found: re.Match[str]) -> str:
    code = ord(found[0])
    # Python stands such a code point for a byte of a file's name that is not UTF-8.
    if 0xDC80 <= code <= 0xDCFF:
        return f"\\x{code - 0xDC00:02x}"
    return "" if found[0] in _MARKS else ascii(found[0])[1:-1]
