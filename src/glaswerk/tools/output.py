"""What a tool gave, as text that a model may read: bounded, printable, without marks of a chat template."""

from __future__ import annotations

import re
import unicodedata

from glaswerk.tools.tool import Outcome

# Characters that a model reads of one call: some 2,000 tokens. A tool that gives more says so.
LONGEST = 8_000
# What chat templates and readers of calls take for a turn, a call or a thought. The bracket alone changes.
# Some templates write their bars and brackets in full width (DeepSeek: <｜User｜>).
_MARKS = re.compile(
    r"[<\uff1c](?=\s*/?\s*(?:tool|think|function|system|user|assistant|im_|(?:s|bos|eos|pad|unk)\s*[>\uff1e]"
    r"|[|\uff5c\u2502]))"
    r"|[<\uff1c](?=/?(?:start|end|begin)_of)"
    r"|\[(?=\s*/?\s*(?:INST|TOOL|SYS|AVAILABLE_TOOLS))"
    r"|<<(?=\s*/?\s*SYS)",
    re.IGNORECASE,
)
_OTHER = {"<": "‹", "\uff1c": "‹", "[": "⁅", "<<": "‹‹"}
_NOTE = re.compile(r"\n\[(\d[\d,]{0,15}) more characters are left out\]\Z")
# Line ends and tabs stay; other control and format characters (directions, invisible tags) are shown.
_KEPT = "\n\t"


def outcome(text: str, *, failed: bool = False, most: int = LONGEST) -> Outcome:
    """A text as an outcome: its first `most` characters, with a last line that counts those left out."""
    left_out = max(0, len(text) - most)
    return Outcome(harmless(text[:most]) + _note(left_out), failed, left_out)


def shortened(text: str, most: int) -> str:
    """The first `most` characters of an outcome's text; its last line counts all that is left out."""
    before = _NOTE.search(text)
    whole = text[: before.start()] if before else text
    left_out = int(before[1].replace(",", "")) if before else 0
    return whole[:most] + _note(left_out + max(0, len(whole) - most))


def _note(left_out: int) -> str:
    return f"\n[{left_out:,} more characters are left out]" if left_out else ""


def failure(text: str) -> Outcome:
    """The reason why a call gave nothing."""
    return outcome(text, failed=True, most=1_000)


def harmless(text: str) -> str:
    """The text without what a template would read as a mark, and with invisible characters made visible."""
    # Halves of surrogate pairs have no UTF-8, and no model's tokenizer takes them.
    text = text.encode(errors="replace").decode().replace("\r\n", "\n").replace("\r", "\n")
    visible = "".join(c if c in _KEPT or not _hidden(c) else "\ufffd" for c in text)
    return _MARKS.sub(lambda match: _OTHER[match[0]], visible)


def _hidden(character: str) -> bool:
    return (
        character > "~" and unicodedata.category(character) in ("Cc", "Cf", "Co", "Cn")
    ) or character < " "
