"""Which MIME parts of a message are its text, and their bytes as text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from email.message import Message

from glaswerk.data.documents.html import decode, plain_text

_QUOTED_HTML = ("blockquote", ".gmail_quote", ".gmail_signature", ".moz-cite-prefix", ".moz-signature")
_PLAIN = ("text/plain", "text/markdown", "text/x-markdown")
_ENCRYPTED = ("multipart/encrypted", "application/pkcs7-mime", "application/x-pkcs7-mime")
_SIGNATURES = ("application/pgp-signature", "application/pkcs7-signature", "application/x-pkcs7-signature")
_PART = re.compile(r"^--\S+\r?\nContent-", re.IGNORECASE | re.MULTILINE)
_QUOTES = re.compile(r">*")
# Scripts that put no space between words, so that a deleted space may be meant.
_NO_SPACES = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff]")


class Unreadable(ValueError):
    """A message without readable text; `reason` names why, as in `data/store/adding_reasons.py`."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def body(message: Message, encoding: str) -> str:
    """The text of a message: all its text parts in order, without attachments and attached messages.

    Of alternatives the plain one is taken, or the first that has words. Raises Unreadable.
    """
    if message.get_content_type() in _ENCRYPTED and not _is_signed(message):
        raise Unreadable("encrypted")
    found: list[str] = []
    for text in _texts(message, encoding):
        # Some programs send the same words as plain text and as HTML without calling them alternatives.
        if text.split() and text.split() not in [before.split() for before in found[-1:]]:
            found.append(text)
    return "\n\n".join(text.strip("\r\n") for text in found) if len(found) > 1 else "".join(found)


def attachments(part: Message) -> int:
    """How many files are attached, which are left out; signatures are none, nor are attached mails."""
    kind = part.get_content_type()
    if part.is_multipart():
        return 0 if kind.startswith("message/") else sum(map(attachments, _parts(part)))
    return int(_is_attached(part) and kind not in _SIGNATURES and not kind.startswith("message/"))


def _is_signed(message: Message) -> bool:
    return str(message.get_param("smime-type") or "").startswith(("signed", "certs"))


def _texts(part: Message, encoding: str) -> Iterator[str]:
    kind = part.get_content_type()
    if part.is_multipart():
        if kind == "multipart/alternative":
            yield from _best(part, encoding)
        elif not kind.startswith("message/") and kind != "multipart/digest":
            for inner in _parts(part):
                yield from _texts(inner, encoding)
    elif not _is_attached(part):
        yield from _leaf(part, kind, encoding)


def _best(part: Message, encoding: str) -> list[str]:
    """The texts of the first alternative with words: plain text before HTML."""
    alternatives = sorted(_parts(part), key=lambda inner: inner.get_content_type() not in _PLAIN)
    found = (list(_texts(inner, encoding)) for inner in alternatives)
    return next((texts for texts in found if any(text.strip() for text in texts)), [])


def _parts(part: Message) -> list[Message]:
    payload = part.get_payload()
    return [inner for inner in payload if isinstance(inner, Message)] if isinstance(payload, list) else []


def _is_attached(part: Message) -> bool:
    return bool(part.get_filename()) or part.get_content_disposition() == "attachment"


def _leaf(part: Message, kind: str, encoding: str) -> Iterator[str]:
    if kind.startswith("multipart/"):  # without the boundary that it declares
        text = _decoded(part, encoding)
        if _PART.search(text):
            raise Unreadable("broken_record")
        yield text
    elif kind in _PLAIN:
        text = _decoded(part, encoding)
        flowed = str(part.get_param("format") or "").lower() == "flowed"
        yield unflowed(text, str(part.get_param("delsp") or "").lower() == "yes") if flowed else text
    elif kind == "text/html":
        yield plain_text(_decoded(part, encoding), skip=_QUOTED_HTML)


def _decoded(part: Message, encoding: str) -> str:
    payload = part.get_payload(decode=True)
    data = payload if isinstance(payload, bytes) else b""
    text = decode(data, part.get_content_charset() or "", encoding)
    if text is None:
        raise Unreadable("unknown_encoding")
    return text


def unflowed(text: str, delete_space: bool = False) -> str:
    """Text in `format=flowed` with its paragraphs on one line each (RFC 3676).

    `delete_space` (`DelSp=yes`) deletes the space before each break. Programs that declare it and write one
    space between words do not mean it, so then it is deleted only next to scripts without spaces.
    """
    lines = text.replace("\r\n", "\n").split("\n")
    meant = delete_space and any(line.endswith("  ") for line in lines)
    paragraphs: list[list[str]] = []
    depth, is_open = 0, False
    for line in lines:
        quotes = len(_QUOTES.match(line)[0])  # type: ignore[index]
        words = line[quotes:].removeprefix(" ")
        flows = words.endswith(" ") and words != "-- "
        if is_open and quotes == depth and words != "-- ":
            paragraphs[-1].append(words)
        else:
            paragraphs.append([">" * quotes + (" " if quotes else "") + words])
        depth, is_open = quotes, flows
        if flows and delete_space and (meant or _NO_SPACES.match(words[-2:-1])):
            paragraphs[-1][-1] = paragraphs[-1][-1][:-1]
    return "\n".join("".join(pieces) for pieces in paragraphs)
