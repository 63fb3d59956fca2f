"""Long articles that were written on X: in archives (article.js), in API answers and in GraphQL results."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from glaswerk.core.document import Document, Rights
from glaswerk.data.posts.post import within
from glaswerk.data.posts.recognise import dicts, plain_key
from glaswerk.data.times import parse_time

_IDS = ("articleid", "restid", "id", "idstr")
_TEXTS = ("plaintext", "text", "body")
_CONTENTS = ("content", "contentstate", "articlecontent")
_DATES = ("publishedat", "firstpublishedat", "createdat")
_STATES = ("lifecyclestate", "status", "state", "publicationstate")
# States of an article that its author has shown to nobody.
_DRAFTS = ("draft", "unpublished", "deleted", "archived")


def article_text(article: Mapping[str, Any]) -> str:
    """Title and paragraphs of an article, one paragraph per line; empty if it has no text."""
    fields = _plain(article)
    body = next(
        (fields[key] for key in _TEXTS if isinstance(fields.get(key), str) and fields[key].strip()), ""
    )
    if not body:
        body = "\n".join(_paragraphs(fields))
    title = fields.get("title")
    title = title.strip() if isinstance(title, str) else ""
    return f"{title}\n\n{body.strip()}" if title and body.strip() else body.strip()


def is_draft(article: Mapping[str, Any]) -> bool:
    """Whether an article says that it is not published."""
    fields = _plain(article)
    words = (str(fields.get(key, "")).lower() for key in _STATES)
    return any(draft in word for word in words for draft in _DRAFTS)


def article_document(
    article: Mapping[str, Any], number: int, source: str, handle: str, rights: Rights
) -> Document | None:
    """An article as a document of kind "page"; None if it has no text. `number` serves if it has no id."""
    text, fields = article_text(article).replace("\0", ""), _plain(article)
    if not text:
        return None
    found = (fields.get(key) for key in _IDS)
    identifier = next((str(value) for value in found if isinstance(value, str | int) and value), f"#{number}")
    dates = (parse_time(str(fields[key])) for key in _DATES if fields.get(key))
    url = f"https://x.com/{handle or 'i'}/article/{identifier}" if identifier.isdigit() else ""
    return Document(
        id=f"xarticle:{handle}/{identifier}",
        source=source,
        text=text,
        rights=rights,
        author=handle,
        created_at=next((date for date in dates if date), None),
        kind="page",
        url=url,
    )


def with_audience(article: Document, limited: Sequence[tuple[datetime, datetime]]) -> Document:
    """The article, with the audience limited if its account was protected then (or may have been)."""
    if not within(article.created_at, limited):
        return article
    return replace(article, rights=replace(article.rights, audience="limited"))


def _paragraphs(fields: Mapping[str, Any]) -> Iterator[str]:
    """The texts of the blocks that the editor of X (Draft.js) writes; pictures are blocks without one."""
    for key in _CONTENTS:
        content = fields.get(key)
        if isinstance(content, str):
            yield content
        elif isinstance(content, dict | list):
            for block in dicts(content if isinstance(content, list) else content.get("blocks")):
                text = block.get("text")
                if isinstance(text, str) and text.strip():
                    yield text.strip()


def _plain(article: Mapping[str, Any]) -> dict[str, Any]:
    return {plain_key(str(key)): value for key, value in article.items()}
