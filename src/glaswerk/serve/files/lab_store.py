"""The lab's own corpus as a vector store of a fixed id, to be searched and not to be changed.

It has the passages of `glaswerk index`, within the rules of grounded answers: without forgotten documents,
without private ones unless [serve.ground] says otherwise, each compared with its document when it is shown.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from glaswerk.lab import Artifact
from glaswerk.retrieve import Filters, Hit
from glaswerk.serve.errors import ApiError
from glaswerk.serve.files.attribute_filters import keeps
from glaswerk.serve.files.found import Found
from glaswerk.serve.grounded.content import LONGEST, Content

LAB = "vs_lab"
# Passages that are looked at where not every filter is one of the index.
_LOOKED_AT = 500
# Values of attributes are no longer in OpenAI's API.
_LONGEST_VALUE = 512
_EXACT = ("author", "source", "lang")
_DAYS = {"gte": "since", "lte": "until"}


class LabStore:
    """The vector store of one lab. private: whether it may have documents of its owner alone."""

    def __init__(self, content: Content, *, private: bool) -> None:
        self._content, self.private = content, private

    def there(self) -> bool:
        """Whether the lab has passages that may be shown."""
        return self._content.there()

    def card(self) -> dict[str, Any]:
        """As the API shows it. Raises ApiError 404 if the lab has no passages."""
        return _card(self._content.check())

    def search(
        self, question: str, filters: Mapping[str, Any] | None, most: int, least: float = 0.0
    ) -> list[Found]:
        """The best passages. Raises ApiError 404 without any, 503 while the corpus is replaced."""
        exact, whole = _exact(filters)
        limit = most if whole else _LOOKED_AT
        hits = self._content.ground(question[-LONGEST:], (), exact, limit).near
        found = (_found(hit) for hit in hits)
        return [one for one in found if one.score >= least and keeps(filters, one.attributes)][:most]


def check_writable(name: str) -> None:
    """Raises ApiError 403 for the lab's own: what is in it, `glaswerk add` and `glaswerk index` say."""
    if name == LAB:
        message = (
            f"{LAB} is the lab's own corpus and read only; GET /v1/documents/ID shows one of its documents\n"
            "hint: glaswerk index"
        )
        raise ApiError(403, message, param="vector_store_id", code="read_only")


def _card(passages: Artifact) -> dict[str, Any]:
    created = int(datetime.fromisoformat(passages.finished_at).timestamp())
    documents = int(passages.stats.get("documents", 0))
    counts = {"in_progress": 0, "completed": documents, "failed": 0, "cancelled": 0, "total": documents}
    return {
        "id": LAB,
        "object": "vector_store",
        "created_at": created,
        "last_active_at": created,
        "name": f"corpus {passages.name}",
        "description": "The lab's own documents, read only",
        "status": "completed",
        "usage_bytes": sum(file.stat().st_size for file in passages.path.iterdir() if file.is_file()),
        "file_counts": counts,
        "expires_after": None,
        "expires_at": None,
        "metadata": {},
    }


def _found(hit: Hit) -> Found:
    facts = {
        "author": hit.author,
        "source": hit.source,
        "date": hit.created_at[:10],
        "url": hit.url,
        "licence": hit.licence,
        "lang": hit.lang,
    }
    kept = {name: value for name, value in facts.items() if 0 < len(value) <= _LONGEST_VALUE}
    name = hit.url if 0 < len(hit.url) <= _LONGEST_VALUE else hit.document
    return Found(LAB, hit.document, name, hit.score / (1 + hit.score), hit.text, kept)


def _exact(wanted: Mapping[str, Any] | None) -> tuple[Filters, bool]:
    """What the index filters by itself, and whether that is all that is wanted."""
    if wanted is None:
        return Filters(), True
    parts: Sequence[Mapping[str, Any]] = wanted["filters"] if wanted["type"] == "and" else [wanted]
    found, whole = Filters(), True
    for part in parts:
        field = _field(part)
        if field and not getattr(found, field):
            found = replace(found, **{field: part["value"]})
        else:
            whole = False
    return found, whole


def _field(part: Mapping[str, Any]) -> str:
    """The filter of the index that a comparison is; "" if it is none."""
    key, value = part.get("key"), part.get("value")
    if not isinstance(value, str) or not value:
        return ""
    if part["type"] == "eq" and key in _EXACT:
        return str(key)
    return _DAYS.get(part["type"], "") if key == "date" and _is_day(value) else ""


def _is_day(value: str) -> bool:
    try:
        return datetime.fromisoformat(value).date().isoformat() == value
    except ValueError:
        return False
