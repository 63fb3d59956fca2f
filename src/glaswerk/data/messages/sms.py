"""Text messages (SMS, MMS) that a telephone's backup program wrote: XML of SMS Backup & Restore, or a table.

The XML is mended on the way to the parser: the program writes an emoji as two references to halves of a
character, which XML forbids, and pictures as attributes of several megabytes.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from glaswerk.data.files.stored import StoredFile
from glaswerk.data.files.xml_events import Readable, xml_events
from glaswerk.data.messages.message import ME, ExportedMessage, moment
from glaswerk.data.messages.tables import table_rows

SMS_ROOT = re.compile(rb"<(?:smses|allsms)[\s>]")
# What a table of messages has, by names of columns without case, blanks and signs.
_TEXTS = ("body", "message", "text", "content", "messagebody", "messagetext", "smsbody", "smstext")
_NAMES = ("contactname", "sendername", "name", "sender", "from")
_NUMBERS = ("address", "phone", "number", "phonenumber", "contactnumber", "mobile", "senderid", "chatsession")
_WAYS = ("type", "direction", "messagetype", "msgtype", "folder", "msgbox", "box", "sentreceived", "isfromme")
_TIMES = ("date", "time", "datetime", "timestamp", "readabledate", "messagedate", "datesent", "sent")
_SENT = ("2", "4", "5", "6", "sent", "outgoing", "outbox", "out", "draft", "3", "true", "to", "me")
_RECEIVED = ("1", "0", "received", "incoming", "inbox", "in", "false", "from")
_SYSTEM = ("notification", "system")
_NO_NAME = ("", "(unknown)", "null", "unknown")
_DELIMITERS = ",;\t|"
# A picture in base64; no word of a message is so long. The second pattern is for one that is not complete.
_DATA = re.compile(rb' data="[A-Za-z0-9+/=]{64,}')
_OPEN_DATA = re.compile(rb' data="[A-Za-z0-9+/=]{64,}\Z')
_REFERENCES = re.compile(rb"(?:&#(?:x[0-9a-fA-F]{1,6}|[0-9]{1,7});)+")
_REFERENCE = re.compile(rb"&#(x?)([0-9a-fA-F]+);")
_PIECE, _LONGEST = 1 << 16, 1 << 20


def is_sms_table(head: bytes) -> bool:
    """Whether the first rows are those of a table of text messages: number, date, text, sent or received."""
    text = head.decode("utf-8", "replace")
    try:
        columns, rows = _columns(text), _rows(text)
    except csv.Error:
        return False
    if not all(columns.get(part) for part in ("text", "number", "way", "time")):
        return False
    place = _header(text).index(columns["way"])
    ways = [row[place].strip().lower() for row in rows if len(row) == len(_header(text))]
    return bool(ways) and all(way in (*_SENT, *_RECEIVED, *_SYSTEM, "sms", "mms", "imessage") for way in ways)


def read_sms_table(stored: StoredFile, chat: str, left_out: Counter[str]) -> Iterator[ExportedMessage]:
    """The messages of a table. What nobody wrote is counted as system_message."""
    text = stored.head.decode("utf-8-sig", "replace")
    columns = _columns(text)
    for number, row in table_rows(stored, left_out, _delimiter(text)):
        way = str(row.get(columns["way"]) or "").strip().lower()
        body = str(row.get(columns["text"]) or "").replace("\0", "").strip()
        if not body or way in _SYSTEM:
            left_out["system_message"] += 1
            continue
        name = str(row.get(columns.get("name", "")) or "").strip()
        other = name if name.lower() not in _NO_NAME else str(row.get(columns["number"]) or "").strip()
        author = ME if way in _SENT or other in ("Me", "You") else other
        yield ExportedMessage(f"sms:{chat}/{number}", author, body, moment(row.get(columns["time"])))


def read_sms(stored: StoredFile, chat: str, left_out: Counter[str]) -> Iterator[ExportedMessage]:
    """The messages of a backup in XML; MMS without words are counted as system_message.

    Raises BrokenXml and LeftOut like `xml_events`, after the messages before the fault.
    """
    number, mms = 0, _Mms()
    for name, what in xml_events(_Mended(stored.stream)):
        if name == "sms" and isinstance(what, dict):
            number += 1
            yield from _written(_sms(what, f"sms:{chat}/{number}"), left_out)
        elif isinstance(what, dict):
            mms.start(name, what)
        elif name == "mms" and what is None:
            number += 1
            yield from _written(mms.message(f"sms:{chat}/{number}"), left_out)


def _written(message: ExportedMessage, left_out: Counter[str]) -> Iterator[ExportedMessage]:
    if message.text:
        yield message
    else:
        left_out["system_message"] += 1


def _sms(said: Mapping[str, str], identifier: str) -> ExportedMessage:
    sent = said.get("type", "1") != "1"
    text = said.get("body", "").replace("\0", "").strip()
    stamp = moment(said.get("date")) or moment(said.get("time"))
    return ExportedMessage(identifier, ME if sent else _person(said), "" if text == "null" else text, stamp)


def _person(said: Mapping[str, str]) -> str:
    names = (said.get(key, "").strip() for key in ("contact_name", "name", "address"))
    return next((name for name in names if name.lower() not in _NO_NAME), "")


class _Mms:
    """The message with pictures that is being read: its attributes, its words, who sent it."""

    def __init__(self) -> None:
        self._said: Mapping[str, str] = {}
        self._words: list[str] = []
        self._sender = ""

    def start(self, name: str, said: Mapping[str, str]) -> None:
        """An element that begins: the message, a part of it, or an address."""
        if name == "mms":
            self._said, self._words, self._sender = said, [], ""
        elif name == "part" and said.get("ct") == "text/plain" and said.get("text", "null") != "null":
            self._words.append(said["text"])
        elif name == "addr" and said.get("type") == "137":
            self._sender = said.get("address", "")

    def message(self, identifier: str) -> ExportedMessage:
        """The message, at its end. In a group, the address is of everybody, so the sender's number counts."""
        sent = self._said.get("msg_box", "1") != "1"
        many = "~" in self._said.get("address", "") or "," in self._said.get("contact_name", "")
        person = (self._sender if many else "") or _person(self._said) or self._sender
        text = "\n".join(self._words).replace("\0", "").strip()
        return ExportedMessage(identifier, ME if sent else person, text, moment(self._said.get("date")))


class _Mended:
    """The bytes of a backup with joined halves of characters, and without pictures."""

    def __init__(self, stream: Readable) -> None:
        self._stream = stream
        self._kept = b""
        self._skipping = self._ended = False

    def read(self, size: int = -1, /) -> bytes:
        """The next piece; none at the end."""
        while not self._ended:
            piece = self._stream.read(_PIECE)
            self._ended = not piece
            found = self._next(self._kept + piece)
            if found:
                return found
        return b""

    def _next(self, data: bytes) -> bytes:
        if self._skipping:
            end = data.find(b'"')
            self._kept = b""
            if end < 0:
                return b""
            data, self._skipping = data[end:], False
        cut = len(data) if self._ended or len(data) > _LONGEST else max(data.rfind(b" "), 0)
        done, self._kept = data[:cut], data[cut:]
        if _OPEN_DATA.match(self._kept):
            done, self._kept, self._skipping = done + b' data="', b"", True
        return _REFERENCES.sub(_characters, _DATA.sub(b' data="', done))


def _characters(match: re.Match[bytes]) -> bytes:
    """References to characters, with two halves joined and what XML forbids replaced by U+FFFD."""
    codes = [int(digits, 16 if x else 10) for x, digits in _REFERENCE.findall(match[0])]
    if all(code < 0xD800 and (code > 31 or code in (9, 10, 13)) for code in codes):
        return match[0]
    text = "".join(chr(code) if 0 < code < 0x110000 else "\ufffd" for code in codes)
    joined = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return "".join(f"&#{ord(c)};" if c >= " " or c in "\t\n\r" else "&#65533;" for c in joined).encode()


def _delimiter(text: str) -> str:
    first = text.partition("\n")[0]
    return max(_DELIMITERS, key=first.count)


def _header(text: str) -> list[str]:
    first = text.removeprefix("\ufeff").partition("\n")[0].strip("\r")
    return next(iter(csv.reader([first], delimiter=_delimiter(text))), [])


def _rows(text: str) -> list[list[str]]:
    """The first rows below the header; the last one may be cut off."""
    lines = text.split("\n")
    return list(csv.reader((line.strip("\r") for line in lines[1:20]), delimiter=_delimiter(text)))[:10]


def _columns(text: str) -> dict[str, Any]:
    """The names of the columns with a message's text, time, number, name and way (sent or received)."""
    parts = {"text": _TEXTS, "name": _NAMES, "number": _NUMBERS, "way": _WAYS, "time": _TIMES}
    plain = {re.sub(r"[^a-z]", "", name.lower()): name for name in reversed(_header(text))}
    found = {part: next((plain[n] for n in names if n in plain), "") for part, names in parts.items()}
    return {part: name for part, name in found.items() if name}
