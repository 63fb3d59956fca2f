"""What an account wrote itself, from its own export: Discord's package, LinkedIn's tables, posts on Meta.

Posts are public only if the export says so. LinkedIn's tables also have the messages of others.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from glaswerk.data.files.lines import read_list
from glaswerk.data.files.stored import StoredFile
from glaswerk.data.messages.message import ExportedMessage, moment, repaired
from glaswerk.data.messages.tables import table_rows

_PUBLIC = ("public", "anyone", "everyone", "everybody")


def read_discord_package(
    stored: StoredFile, channel: str, author: str, left_out: Counter[str]
) -> Iterator[ExportedMessage]:
    """The account's messages in one channel: messages.json, or messages.csv until 2023."""
    rows = (
        table_rows(stored, left_out)
        if stored.name.lower().endswith(".csv")
        else read_list(stored.stream, Path(stored.name))
    )
    for number, row in rows:
        text = str(row.get("Contents") or "").strip()
        if text:
            identifier = row.get("ID") or number
            yield ExportedMessage(
                f"discord:{channel}/{identifier}", author, text, moment(row.get("Timestamp"))
            )


def read_linkedin(stored: StoredFile, left_out: Counter[str]) -> Iterator[ExportedMessage]:
    """Messages (messages.csv), shares (Shares.csv) and comments (Comments.csv) of a LinkedIn export."""
    for number, raw in table_rows(stored, left_out):
        row = {str(key or "").strip().lower(): str(value or "").strip() for key, value in raw.items()}
        if "conversation id" in row:
            text, author, kind = row.get("content", ""), row.get("from", ""), "message"
            place = row["conversation id"]
        else:
            text = row.get("sharecommentary") or row.get("message", "")
            author, place, kind = "", row.get("sharelink") or row.get("link", ""), "post"
        if not text:
            left_out["no_text"] += 1
            continue
        yield ExportedMessage(
            f"linkedin:{place}/{number}",
            author,
            text.replace('""', '"') if kind == "post" else text,
            moment(row.get("date", "")),
            "private" if kind == "message" else _audience(row.get("visibility", "")),
        )


def read_meta_posts(stored: StoredFile, left_out: Counter[str]) -> Iterator[ExportedMessage]:
    """An account's own posts on Facebook or Instagram; without a stated audience they are limited."""
    for number, row in read_list(stored.stream, Path(stored.name)):
        text = repaired("\n".join(_words(row))).replace("\0", "").strip()
        if not text:
            left_out["no_text"] += 1
            continue
        stamp = (
            row.get("timestamp")
            or row.get("creation_timestamp")
            or _first_media(row).get("creation_timestamp")
        )
        audience = _audience(str(row.get("privacy") or row.get("audience") or ""))
        yield ExportedMessage(f"meta:post/{stamp}-{number}", "", text, moment(stamp), audience)


def _words(row: Mapping[str, Any]) -> Iterator[str]:
    data = row.get("data")
    for piece in data if isinstance(data, list) else []:
        if isinstance(piece, dict) and isinstance(piece.get("post"), str):
            yield piece["post"]
    if "data" not in row:
        # Facebook's title says what was done ("Ada shared a link."); Instagram's is the caption.
        title = row.get("title") or _first_media(row).get("title")
        if isinstance(title, str):
            yield title


def _first_media(row: Mapping[str, Any]) -> Mapping[str, Any]:
    media = row.get("media")
    first = media[0] if isinstance(media, list) and media else {}
    return first if isinstance(first, dict) else {}


def _audience(word: str) -> str:
    return "public" if word.strip().lower() in _PUBLIC else "limited"
