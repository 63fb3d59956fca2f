"""The document: one post, page, speech, story, caption or dialogue, with its rights and relations."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from operator import attrgetter
from typing import Any, Literal, TypedDict

Role = Literal["system", "user", "assistant", "tool"]
Kind = Literal["post", "thread", "page", "book", "speech", "dialogue", "preference", "caption"]


class Message(TypedDict):
    """One turn of a dialogue, in OpenAI's shape."""

    role: str
    content: str


@dataclass(frozen=True, slots=True)
class Rights:
    """What may be done with a document, and how it was acquired.

    licence: SPDX id or free text; acquired: own, public, licensed, synthetic or unknown;
    audience: public, limited or private; tdm_opt_out: whether the owner reserved text and data mining.
    """

    licence: str
    acquired: str = "unknown"
    audience: str = "public"
    tdm_opt_out: bool = False


@dataclass(frozen=True, slots=True)
class Document:
    """One document. Ids are strings, stable within their source; `created_at` is UTC, None if unknown.

    For the kind "preference", the last of `messages` is the chosen answer, and `rejected` is the other
    continuation of the messages before it. For the kind "caption", `media` names pictures (see
    `data.pictures`). `derived_from` lists the ids of the documents or posts that it was derived from.
    """

    id: str
    source: str
    text: str
    rights: Rights
    author: str = ""
    created_at: datetime | None = None
    lang: str = ""
    kind: str = "page"
    url: str = ""
    reply_to: str = ""
    quote_of: str = ""
    retweet_of: str = ""
    edit_of: str = ""
    media: tuple[str, ...] = ()
    derived_from: tuple[str, ...] = ()
    messages: tuple[Message, ...] = field(default=())
    rejected: tuple[Message, ...] = field(default=())


def to_row(document: Document) -> dict[str, Any]:
    """The document as one flat Parquet row (see `DOCUMENT_COLUMNS`)."""
    return {name: column[0] for name, column in to_columns([document]).items()}


def to_columns(documents: Sequence[Document]) -> dict[str, list[Any]]:
    """The documents as the columns of a Parquet table, by the names in `DOCUMENT_COLUMNS`."""
    rights = [document.rights for document in documents]
    columns: dict[str, list[Any]] = {name: list(map(attrgetter(name), documents)) for name in _PLAIN}
    columns |= {name: list(map(attrgetter(name), rights)) for name in _RIGHTS}
    columns["media"] = [list(document.media) for document in documents]
    columns["derived_from"] = [list(document.derived_from) for document in documents]
    columns["messages"] = [[dict(turn) for turn in document.messages] for document in documents]
    columns["rejected"] = [[dict(turn) for turn in document.rejected] for document in documents]
    return columns


def from_row(row: dict[str, Any]) -> Document:
    """The inverse of `to_row`. Naive times are read as UTC; rows of older labs lack `rejected` and
    `derived_from`."""
    created = row["created_at"]
    if isinstance(created, datetime) and created.tzinfo is None:
        created = created.replace(tzinfo=UTC)
    plain = {name: row[name] for name in _PLAIN if name != "created_at"}
    return Document(
        **plain,
        created_at=created,
        rights=Rights(**{name: row[name] for name in _RIGHTS}),
        media=tuple(row["media"] or ()),
        derived_from=tuple(row.get("derived_from") or ()),
        messages=_messages(row["messages"]),
        rejected=_messages(row.get("rejected")),
    )


def _messages(turns: Iterable[Mapping[str, str]] | None) -> tuple[Message, ...]:
    return tuple(Message(role=turn["role"], content=turn["content"]) for turn in turns or ())


def from_rows(rows: Iterable[dict[str, Any]]) -> Iterator[Document]:
    """`from_row` over many rows."""
    return (from_row(row) for row in rows)


_PLAIN = (
    "id",
    "source",
    "author",
    "created_at",
    "text",
    "lang",
    "kind",
    "url",
    "reply_to",
    "quote_of",
    "retweet_of",
    "edit_of",
)
_RIGHTS = ("licence", "acquired", "audience", "tdm_opt_out")
DOCUMENT_COLUMNS = (*_PLAIN, *_RIGHTS, "media", "messages", "rejected", "derived_from")
