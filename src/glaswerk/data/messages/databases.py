"""Databases in which telephones and programs keep messages: iMessage's chat.db and Android's mmssms.db.

Others are recognised by their tables, so that they are never read as tables of documents.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from glaswerk.core.errors import GlaswerkError
from glaswerk.data.files.sqlite_file import (
    MAGIC,
    bytes_allowed,
    columns_of,
    is_file_of_its_own,
    opened,
    tables_of,
)
from glaswerk.data.files.stored import Bomb, StoredFile
from glaswerk.data.messages.message import ME, ExportedMessage, moment

# By program: tables that only its database has, in lower case.
_TABLES = {
    "imessage-database": {"message", "handle", "chat_message_join"},
    "sms-database": {"sms", "canonical_addresses"},
    "whatsapp-database": {"message", "jid", "chat"},
    "whatsapp-old-database": {"messages", "chat_list", "message_thumbnails"},
    "whatsapp-ios-database": {"zwamessage", "zwachatsession"},
    "skype-database": {"messages", "conversations", "participants"},
    "signal-database": {"messages", "conversations", "sessions", "identitykeys"},
    "signal-android-database": {"message", "thread", "recipient"},
    "telegram-database": {"messages_v2", "dialogs"},
    "viber-database": {"messages", "participants_info", "conversations"},
    "thunderbird-database": {"messages", "conversations", "folderlocations"},
}
DATABASES = ("imessage-database", "sms-database")
_SINCE = datetime(2001, 1, 1, tzinfo=UTC)
# Reactions to a message are messages with such a number.
_REACTIONS = range(2000, 4000)
# What a message takes in its file, at least.
_ROW = 64
_STRING = b"NSString\x01"


def database_of(stored: StoredFile) -> str:
    """The program whose database of messages this is; "" for any other file.

    Inside a container only the first bytes are looked at, because a stream is read once.
    """
    if not stored.head.startswith(MAGIC):
        return ""
    if not is_file_of_its_own(stored):
        head = stored.head.lower().translate(None, b"\"'`[]")
        names = {name for tables in _TABLES.values() for name in tables if _created(name, head)}
        return next((app for app, tables in _TABLES.items() if tables <= names), "")
    try:
        with closing(opened(stored, Path(stored.name), live=True)) as database:
            names = {name.lower() for name in tables_of(database)}
    except (sqlite3.Error, GlaswerkError):
        return ""  # its reader says what is wrong
    return next((app for app, tables in _TABLES.items() if tables <= names), "")


def _created(name: str, head: bytes) -> bool:
    return any(b"create table %s%s" % (name.encode(), end) in head for end in (b" ", b"("))


def read_database(
    app: str, stored: StoredFile, chat: str, left_out: Counter[str]
) -> Iterator[ExportedMessage]:
    """The messages of a database.

    Raises GlaswerkError for one that a program has open, OSError for a corrupt one, and Bomb.
    """
    read = _imessage if app == "imessage-database" else _sms
    try:
        left = bytes_allowed(stored)
        with closing(opened(stored, Path(stored.name))) as database:
            for message in read(database, chat):
                left -= _ROW + len(message.text)
                if left < 0:
                    raise Bomb("tables that give more than their file holds")
                if message.text:
                    yield message
                else:
                    left_out["system_message"] += 1
    except sqlite3.Error as error:
        raise OSError(str(error)) from error


def _imessage(database: sqlite3.Connection, chat: str) -> Iterator[ExportedMessage]:
    has = {name.lower() for name in columns_of(database, "message")}
    wanted = ("guid", "text", "attributedbody", "date", "is_from_me", "handle_id", "associated_message_type")
    chosen = ", ".join(name if name in has else "NULL" for name in (*wanted, "item_type"))
    people = dict(database.execute("SELECT ROWID, id FROM handle"))
    for number, row in enumerate(database.execute(f"SELECT {chosen} FROM message"), start=1):
        guid, text, rich, date, mine, handle, reaction, kind = row
        words = text if isinstance(text, str) and text.strip() else _attributed(rich)
        if reaction in _REACTIONS or kind:
            words = ""
        author = ME if mine else str(people.get(handle) or "")
        yield ExportedMessage(
            f"imessage:{guid or f'{chat}/{number}'}",
            author,
            words.replace("\ufffc", "").replace("\0", "").strip(),
            _apple(date),
        )


def _apple(date: Any) -> datetime | None:
    """Seconds, or since 2017 nanoseconds, from the start of 2001."""
    if not isinstance(date, int | float) or not date:
        return None
    try:
        return _SINCE + timedelta(seconds=date / 10**9 if abs(date) > 10**11 else date)
    except OverflowError:
        return None


def _attributed(rich: Any) -> str:
    """The text in a typed stream of an attributed string, which newer systems write instead of `text`."""
    if not isinstance(rich, bytes) or _STRING not in rich:
        return ""
    data = rich[rich.index(_STRING) + len(_STRING) :]
    start = data.find(b"+", 0, 16) + 1
    # One byte of length; 0x81 and 0x82 announce two and four.
    wide = {0x81: 2, 0x82: 4}.get(data[start] if start and start < len(data) else 0, 0)
    length = int.from_bytes(data[start + 1 : start + 1 + wide], "little") if wide else data[start : start + 1]
    size = length if isinstance(length, int) else (length[0] if length else 0)
    begin = start + 1 + wide
    return data[begin : begin + size].decode("utf-8", "replace") if start else ""


def _sms(database: sqlite3.Connection, chat: str) -> Iterator[ExportedMessage]:
    for number, address, date, kind, body in database.execute(
        "SELECT _id, address, date, type, body FROM sms"
    ):
        text = body.replace("\0", "").strip() if isinstance(body, str) else ""
        author = str(address or "") if kind == 1 else ME
        yield ExportedMessage(f"sms:{chat}/{number}", author, text, moment(date))
