"""A Slack workspace's export: a folder for each channel with a file of messages for each day."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from html import unescape
from pathlib import Path
from typing import Any

from glaswerk.data.files.lines import read_list
from glaswerk.data.files.stored import StoredFile
from glaswerk.data.messages.message import ExportedMessage, moment, name_of

# Subtypes of what people write; all others are joins, topics, pins and the like.
_WRITTEN = ("bot_message", "me_message", "thread_broadcast", "file_share", "reply_broadcast")
_LINK = re.compile(r"<(?P<kind>[@#!]?)(?P<target>[^<>|]{1,4000})(?:\|(?P<label>[^<>]{0,4000}))?>")


def read_slack(
    stored: StoredFile, channel: str, people: Mapping[str, str], left_out: Counter[str]
) -> Iterator[ExportedMessage]:
    """The messages of one day of a channel; `people`: the id of each member and their name."""
    for number, row in read_list(stored.stream, Path(stored.name)):
        subtype = row.get("subtype")
        text = readable(str(row.get("text") or ""), people)
        if (subtype and subtype not in _WRITTEN) or not text:
            left_out["system_message"] += 1
            continue
        stamp, thread = str(row.get("ts") or number), str(row.get("thread_ts") or "")
        yield ExportedMessage(
            f"slack:{channel}/{stamp}",
            _author(row, people),
            text,
            moment(row.get("ts")),
            reply_to=f"slack:{channel}/{thread}" if thread and thread != stamp else "",
        )


def people_of(stored: StoredFile) -> dict[str, str]:
    """The names of a workspace's members by id, from users.json."""
    rows = (row for _, row in read_list(stored.stream, Path(stored.name)))
    return {str(row["id"]): name for row in rows if row.get("id") and (name := _member(row))}


def readable(text: str, people: Mapping[str, str]) -> str:
    """Slack's markup as people read it: names for members, labels for links, its three escapes undone."""

    def shown(match: re.Match[str]) -> str:
        target, label = match["target"], match["label"]
        if match["kind"] == "@":
            return "@" + (label or people.get(target, target))
        if match["kind"] in ("#", "!"):
            return match["kind"].replace("!", "@") + (label or target)
        return label or target.removeprefix("mailto:")

    return unescape(_LINK.sub(shown, text)).replace("\0", "").strip()


def _author(row: Mapping[str, Any], people: Mapping[str, str]) -> str:
    identifier = str(row.get("user") or "")
    return (
        people.get(identifier)
        or name_of(row.get("user_profile"))
        or name_of(row.get("username"))
        or identifier
    )


def _member(row: Mapping[str, Any]) -> str:
    return name_of({key: row.get(key) for key in ("name",)}) or name_of(row.get("profile")) or name_of(row)
