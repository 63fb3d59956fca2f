"""Conversations that programs export as JSON: Telegram, Discord, Facebook, Instagram, Google Chat, Matrix.

Each is an object with a list of messages; they differ in the names of the same five fields.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from glaswerk.data.files.lines import read_list
from glaswerk.data.files.stored import StoredFile
from glaswerk.data.messages.message import ExportedMessage, moment, name_of, repaired, text_of

_ALL_CHATS = re.compile(rb'"(?:left_)?chats"')


@dataclass(frozen=True, slots=True)
class Shape:
    """Where an export of one program has its messages (see `JsonStream.listed`) and their fields.

    `written` are the values of `type` of what people wrote; empty if the program exports nothing else.
    `mended`: the program takes UTF-8 for Latin-1.
    """

    places: tuple[str, ...]
    authors: tuple[str, ...]
    times: tuple[str, ...]
    texts: tuple[str, ...] = ("text", "content")
    ids: tuple[str, ...] = ("id",)
    replies: tuple[str, ...] = ()
    written: tuple[str, ...] = ()
    mended: bool = False


SHAPES = {
    "telegram": Shape(
        ("messages.item", "chats|left_chats.list.item.messages.item"),
        ("from", "from_id"),
        ("date_unixtime", "date"),
        replies=("reply_to_message_id",),
        written=("message",),
    ),
    "discord": Shape(
        ("messages.item",),
        ("author",),
        ("timestamp",),
        texts=("content",),
        written=("Default", "Reply", "ThreadStarterMessage", "ChatInputCommand", "0", "19", "20", "21"),
    ),
    "meta": Shape(
        ("messages.item",), ("sender_name",), ("timestamp_ms",), ids=("timestamp_ms",), mended=True
    ),
    "google-chat": Shape(("messages.item",), ("creator",), ("created_date",), ids=("message_id", "topic_id")),
    "matrix": Shape(
        ("messages.item",),
        ("sender_name", "sender"),
        ("origin_server_ts",),
        texts=("content",),
        ids=("event_id",),
        written=("m.room.message",),
    ),
}


def read_chat(app: str, stored: StoredFile, chat: str, left_out: Counter[str]) -> Iterator[ExportedMessage]:
    """The messages of one file; what the program wrote itself is counted as system_message.

    Raises GlaswerkError for broken JSON, after the messages before the fault.
    """
    shape = SHAPES[app]
    place = shape.places[0]
    # A complete export of Telegram has all chats in one file.
    all_chats = _ALL_CHATS.search(stored.head) if app == "telegram" else None
    if all_chats and b'"messages"' not in stored.head[: all_chats.start()]:
        place = shape.places[1]
    for number, row in read_list(stored.stream, Path(stored.name), place):
        # With all chats in one file, ids of messages repeat: the place in the file keeps them apart.
        within = chat if place == shape.places[0] else f"{chat}/{number}"
        found = message_of(row, shape, app, within, number)
        if found is None:
            left_out["system_message"] += 1
        else:
            yield found


def message_of(
    row: Mapping[str, Any], shape: Shape, app: str, chat: str, number: int
) -> ExportedMessage | None:
    """The message in a record; None for what nobody wrote: joins, calls, pictures without words."""
    kind = row.get("type")
    if shape.written and kind is not None and str(kind) not in shape.written:
        return None
    text = next((found for key in shape.texts if (found := text_of(row.get(key)).strip())), "")
    if not text or row.get("is_unsent") is True:
        return None
    author = next((found for key in shape.authors if (found := name_of(row.get(key)))), "")
    identifier = next((str(row[key]) for key in shape.ids if row.get(key) not in (None, "")), str(number))
    reply = next((str(row[key]) for key in shape.replies if row.get(key) not in (None, "")), "")
    if shape.mended:
        text, author = repaired(text), repaired(author)
        identifier = f"{identifier}-{number}"
    return ExportedMessage(
        f"{app}:{chat}/{identifier}",
        author,
        text,
        next((time for key in shape.times if (time := moment(row.get(key)))), None),
        reply_to=f"{app}:{chat}/{reply}" if reply else "",
    )
