"""Conversations with Grok in an X archive (grok-chat-item.js), as private dialogues."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from glaswerk.core.document import Document, Message, Rights
from glaswerk.data.times import parse_time

_NO_DATE = datetime.min.replace(tzinfo=UTC)


def grok_dialogues(
    items: Iterable[Mapping[str, Any]], source: str, handle: str, licence: str
) -> Iterator[Document]:
    """One private document per conversation, its turns in the order of their times.

    It is a dialogue if Grok answered, and otherwise a post: tuning needs an answer.
    """
    chats: dict[str, list[Mapping[str, Any]]] = {}
    for item in items:
        message = item.get("message")
        if isinstance(message, str) and message.strip():
            chats.setdefault(str(item.get("chatId") or ""), []).append(item)
    for chat, turns in chats.items():
        # The sort is stable: X writes a conversation in one order, and equal times keep it.
        ordered = sorted(turns, key=_time)
        messages = tuple(
            Message(role=_role(turn), content=turn["message"].replace("\0", "")) for turn in ordered
        )
        first, answered = _time(ordered[0]), any(turn["role"] == "assistant" for turn in messages)
        yield Document(
            id=f"xgrok:{handle}/{chat}",
            source=source,
            text="\n".join(f"{message['role']}: {message['content']}" for message in messages),
            rights=Rights(licence, "own", "private"),
            author=handle,
            created_at=None if first == _NO_DATE else first,
            kind="dialogue" if answered else "post",
            messages=messages if answered else (),
        )


def _time(item: Mapping[str, Any]) -> datetime:
    return parse_time(str(item.get("createdAt", ""))) or _NO_DATE


def _role(item: Mapping[str, Any]) -> str:
    """`sender.name` is "User" for the account, and another word for the program."""
    sender = item.get("sender")
    name = sender.get("name") if isinstance(sender, dict) else sender
    return "user" if str(name).strip().lower() == "user" else "assistant"
