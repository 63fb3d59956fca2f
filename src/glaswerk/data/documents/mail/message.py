"""One message as a private document: its fields, or the reason why it is left out."""

from __future__ import annotations

import codecs
import email.errors
import re
from collections import Counter
from email.message import Message
from typing import Any

from glaswerk.data.documents.html import TooDeep
from glaswerk.data.documents.mail.bounded import parse_message
from glaswerk.data.documents.mail.headers import date, header, identifier, sender
from glaswerk.data.documents.mail.own_words import own_words
from glaswerk.data.documents.mail.parts import Unreadable, attachments, body
from glaswerk.data.files.bounded_call import TooCostly

_APPLE_SIZE = re.compile(rb"[ \t]*+(\d{1,9})[ \t]*+\r?\n")
_REPLY = re.compile(r"^\s*(?:re|aw|sv|fwd?|wg)\s*(?:\[\d+\])?:", re.IGNORECASE)
# Google writes labels in the account's language.
_UNWANTED = frozenset(
    (
        "spam", "junk", "trash", "bin", "papierkorb", "corbeille", "papelera", "cestino", "lixeira", "lixo",
        "prullenbak", "kosz", "papperskorgen", "papirkurv", "søppel", "roskakori", "koš", "корзина", "спам",
        "ゴミ箱", "迷惑メール", "垃圾邮件", "已删除邮件", "垃圾郵件", "垃圾桶", "휴지통", "스팸함",
        "çöp kutusu",
    )
)  # fmt: skip
# Pine and mutt write D for a deleted message.
_FLAGS = re.compile(r"[ADFNORST]{1,8}")
# Thunderbird keeps deleted messages in the file until it is compacted.
_MOZILLA_EXPUNGED = 0x0008


def read_message(data: bytes, counts: Counter[str], encoding: str = "") -> dict[str, Any] | None:
    """Fields of one message; None, counted, if it has no text of its own or cannot be read.

    `encoding` applies to parts and headers that declare none and are not UTF-8.
    """
    try:
        return _fields(parse_message(_from_header(data)), counts, encoding)
    except TooCostly:
        counts["too_big"] += 1
    except Unreadable as error:
        counts[error.reason] += 1
    except TooDeep:
        counts["nested_too_deep"] += 1
    except (
        ValueError,
        LookupError,
        TypeError,
        AttributeError,
        RecursionError,
        AssertionError,
        email.errors.MessageError,
    ):
        # Errors that the standard library's parser is known to raise on hostile mail.
        counts["broken_record"] += 1
    return None


def _from_header(data: bytes) -> bytes:
    """A message from its first header on. Apple Mail writes a size before it and a property list after it."""
    data = data.removeprefix(codecs.BOM_UTF8)
    size = _APPLE_SIZE.match(data)
    if size is not None:
        data = data[size.end() : size.end() + int(size[1])]
    return data.lstrip(b" \t\r\n")


def _fields(message: Message, counts: Counter[str], encoding: str) -> dict[str, Any] | None:
    if _is_unwanted(message):
        counts["spam_or_trash"] += 1
        return None
    text = own_words(body(message, encoding))
    if not text:
        counts["no_text"] += 1
    attached = sum(part.get_content_type() == "message/rfc822" for part in message.walk())
    if attached:
        counts["attached_mail"] += attached
    if not text:
        return None
    if left := attachments(message):
        counts["attachment"] += left
    subject = header(message, "Subject", encoding)
    return {
        "text": text,
        "title": "" if _REPLY.match(subject) else " ".join(subject.split()),
        "kind": "page",
        "id": identifier(message, "Message-ID"),
        "reply_to": identifier(message, "In-Reply-To"),
        "author": sender(message, encoding),
        "date": date(message),
        "lang": header(message, "Content-Language").partition(",")[0],
        "audience": "private",
    }


def _is_unwanted(message: Message) -> bool:
    """Whether a mail program marked the message as spam or as deleted."""
    labels = {label.strip(' "').casefold() for label in header(message, "X-Gmail-Labels").split(",")}
    if labels & _UNWANTED or header(message, "X-Spam-Flag").strip().upper() == "YES":
        return True
    flags = (header(message, name).strip() for name in ("Status", "X-Status"))
    if any("D" in found and _FLAGS.fullmatch(found) for found in flags):
        return True
    mozilla = header(message, "X-Mozilla-Status").strip()
    return bool(re.fullmatch(r"[0-9a-fA-F]{4}", mozilla)) and bool(int(mozilla, 16) & _MOZILLA_EXPUNGED)
