"""What the sender of a message wrote: the text without history, signature and quotations.

Removed, in this order: everything from a line that starts a forwarded or fully quoted message ("-----Original
Message-----"), the signature (from a line "-- " with its space, RFC 3676, to a quotation or the end; a bare
"--" divides stories), quoted lines (">"), and the line before them that names who is quoted ("On … wrote:").
"""

from __future__ import annotations

import re

_FORWARDED = re.compile(
    r"^(?:-{2,} ?(?:Original Message|Ursprüngliche Nachricht|Forwarded message|Weitergeleitete Nachricht|"
    r"Message d'origine|Mensaje original) ?-{2,}|Begin forwarded message:)\s*$"
    # A line of underscores divides stories as well; Outlook's is followed by a header, a list's by its name.
    r"|^_{20,}[ \t]*\n(?:[ \t]*\n)?(?:(?:From|Von|De|Da|Van|Od|Från|Fra):|[^\n]{0,200}mailing list\s*$)",
    re.IGNORECASE | re.MULTILINE,
)
# Some people answer below the quotation of a mail whose program put their signature above it.
_SIGNATURE = re.compile(r"^-- $(?:\n(?!>).*)*", re.MULTILINE)
# Marks a run of quoted lines; a text that contains this line loses only that line.
_GAP = "\0"


def own_words(text: str) -> str:
    """A message without quoted history and signature, by the rule in this module's docstring."""
    text = text.replace("\r\n", "\n")
    match = _FORWARDED.search(text)
    text = _SIGNATURE.sub("", text[: match.start()] if match else text)
    kept: list[str] = []
    for line in text.split("\n"):
        if not line.startswith(">"):
            kept.append(line.rstrip())
        elif not (kept and kept[-1] == _GAP):
            _drop_attribution(kept)
            kept.append(_GAP)
    return re.sub(r"\n{3,}", "\n\n", "\n".join("" if line == _GAP else line for line in kept)).strip()


def _drop_attribution(kept: list[str]) -> None:
    """Remove the one or two last lines that say who is quoted: they end in a colon."""
    last = len(kept)
    while last and not kept[last - 1].strip():
        last -= 1
    if last and kept[last - 1].endswith(":") and len(kept[last - 1]) < 200:
        start = last - 1
        # Many programs wrap "On Monday, somebody\n<address> wrote:".
        if start and kept[start - 1].strip() and re.match(r"(On|Am|Le|El|Il) ", kept[start - 1]):
            start -= 1
        del kept[start:]
