"""Headers of mail: encoded words, addresses, identifiers and dates."""

from __future__ import annotations

import email.header
import email.utils
import re
from datetime import UTC
from email.message import Message

from glaswerk.data.documents.html import decode

_MESSAGE_ID = re.compile(r"<([^<>\s]+)>")
_WORD = re.compile(r"(=\?[^?\s]{1,80}\?[qQ]\?)([^?]*)(\?=)")
_SPECIAL = re.compile(r'[,;:<>@()"\\\[\]]')
_COMMENT = re.compile(r"\s*\([^()]*\)\s*$")
_OFFSET = re.compile(r"(?:\s(?:GMT|UTC|UT|Z))?\s?([+-])(\d{1,2}):?(\d\d)?$", re.IGNORECASE)
_ZONE = re.compile(r"(?<=\d)\s+\"?([A-Za-z]{1,5})\"?$")
# Minutes from UTC. RFC 5322 knows only North America's names; programs write these as well. Names that two
# regions use at different offsets (IST, SST) are left out, so that such a date counts as unparsed.
_ZONES = {
    "Z": 0, "UT": 0, "UTC": 0, "GMT": 0, "WET": 0, "WEZ": 0, "WEST": 60, "WESZ": 60, "BST": 60,
    "CET": 60, "MEZ": 60, "MET": 60, "CEST": 120, "MESZ": 120, "MEST": 120, "METDST": 120, "HNEC": 60,
    "HAEC": 120, "EET": 120, "OEZ": 120, "EEST": 180, "OESZ": 180, "MSK": 180, "MSD": 240, "TRT": 180,
    "SAST": 120, "CAT": 120, "EAT": 180, "WAT": 60, "PKT": 300, "NPT": 345, "WIB": 420, "ICT": 420,
    "HKT": 480, "SGT": 480, "AWST": 480, "PHT": 480, "JST": 540, "KST": 540, "ACST": 570, "ACDT": 630,
    "AEST": 600, "AEDT": 660, "NZST": 720, "NZDT": 780, "BRT": -180, "BRST": -120, "ART": -180, "CLT": -240,
    "COT": -300, "PET": -300, "NST": -210, "NDT": -150, "AST": -240, "ADT": -180, "EST": -300, "EDT": -240,
    "CST": -360, "CDT": -300, "MST": -420, "MDT": -360, "PST": -480, "PDT": -420, "AKST": -540,
    "AKDT": -480, "HST": -600,
}  # fmt: skip


# What is before the first comma that is not in quotes.
_FIRST = re.compile(r'(?:"(?:\\.|[^"\\])*+"|[^",])++')


def header(message: Message, name: str, encoding: str = "") -> str:
    """A header with its encoded words decoded; bytes that declare no encoding are UTF-8 or in `encoding`."""
    return _decoded(_raw(message, name, encoding))


def sender(message: Message, encoding: str = "") -> str:
    """The name of who wrote a message, or the address if there is no name."""
    value = _WORD.sub(_protected, _raw(message, "From", encoding))
    # Decoded after it is split: an encoded name may contain a comma.
    name, address = email.utils.parseaddr(value)
    if not name and not address and (first := _FIRST.match(value)):
        # Python 3.13 gives nothing for several addresses.
        name, address = email.utils.parseaddr(first[0])
    return _decoded(name).strip() or address


def identifier(message: Message, name: str) -> str:
    """The first `<id>` in a header; "" if there is none."""
    match = _MESSAGE_ID.search(str(message.get(name) or ""))
    return match[1] if match else ""


def date(message: Message) -> str:
    """The date in ISO 8601; as written if it cannot be read or its time zone is unknown."""
    return written_date(str(message.get("Date") or ""))


def written_date(value: str) -> str:
    """A date in the form of mail (RFC 5322) as `date` gives it; one in another form unchanged."""
    value = " ".join(value.split())
    try:
        return _moment(value[:200]) if value else ""
    except (ValueError, TypeError, OverflowError, IndexError, AttributeError):
        return value


def _moment(value: str) -> str:
    written = _COMMENT.sub("", value)
    written = _OFFSET.sub(lambda m: f" {m[1]}{m[2]:0>2}{m[3] or '00'}", written)
    zone = _ZONE.search(written)
    if zone is not None:
        minutes = _ZONES.get(zone[1].upper())
        if minutes is None:
            return value
        sign = "-" if minutes < 0 else "+"
        written = f"{written[: zone.start()]} {sign}{abs(minutes) // 60:02}{abs(minutes) % 60:02}"
    found = email.utils.parsedate_to_datetime(written)
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).isoformat()


def _raw(message: Message, name: str, encoding: str) -> str:
    """A header on one line."""
    value = str(message.get(name) or "")
    data = value.encode("utf-8", "surrogateescape")
    found = decode(data, fallback=encoding)
    return " ".join((data.decode("utf-8", "replace") if found is None else found).split())


def _decoded(value: str) -> str:
    if "=?" not in value:
        return value
    pieces = email.header.decode_header(value)
    return "".join(piece if isinstance(piece, str) else _piece(piece, charset) for piece, charset in pieces)


def _piece(piece: bytes, charset: str | None) -> str:
    if charset is None:  # the library's form of what is not encoded
        return piece.decode("raw-unicode-escape", "replace")
    found = decode(piece, charset.partition("*")[0], "windows-1252")
    return found or ""


def _protected(word: re.Match[str]) -> str:
    """An encoded word whose punctuation is encoded as well, as RFC 2047 demands in names."""
    return word[1] + _SPECIAL.sub(lambda m: f"={ord(m[0]):02X}", word[2]) + word[3]
