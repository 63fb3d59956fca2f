"""The results of a trace: spans of an answer that appear verbatim in the training data, and where."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

# Never "because of" or "from": the same words in the data do not prove that they caused the answer.
LABEL = "verbatim match in training data"


@dataclass(frozen=True, slots=True)
class Match:
    """A training document that contains the span.

    `text` is the document or an excerpt around the match, a dialogue as readable turns; `match_start` and
    `match_end` are character offsets in it. `created_at` is ISO 8601 or "". `side` is "chosen" or "rejected"
    in a preference pair, else "". `duplicates` counts the documents that curation dropped as duplicates of
    this one.
    """

    id: str
    author: str
    created_at: str
    text: str
    match_start: int
    match_end: int
    licence: str
    url: str
    source: str
    kind: str
    split: str
    side: str = ""
    duplicates: int = 0

    def to_json(self) -> dict[str, Any]:
        """The match as in the API."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Span:
    """A verbatim span. `start` and `end` are character offsets in the answer; `count` is exact over all
    splits.

    `rarity` is the sum over the span's tokens of ln((count of the token + 1) / (tokens + vocabulary)) in the
    index, in nats: the lower, the less likely these words are by chance. `rank` is 1 for the rarest span of
    the answer; of equally rare spans the longer one ranks first. `counts` are the occurrences in each split
    that has any.
    """

    start: int
    end: int
    text: str
    words: int
    count: int
    documents: tuple[Match, ...]
    rarity: float = 0.0
    rank: int = 1
    counts: Mapping[str, int] | None = None

    def to_json(self) -> dict[str, Any]:
        """The span as in the API, with its documents."""
        return asdict(self) | {"documents": [match.to_json() for match in self.documents]}


@dataclass(frozen=True, slots=True)
class Trace:
    """An answer with its maximal spans, in text order. Spans may overlap, but none contains another."""

    text: str
    spans: tuple[Span, ...]
    label: str = LABEL

    def to_json(self) -> dict[str, Any]:
        """The trace as in the API and in `glaswerk trace --json`."""
        return {"text": self.text, "label": self.label, "spans": [span.to_json() for span in self.spans]}


@dataclass(frozen=True, slots=True)
class Count:
    """How often a phrase occurs in the training data as whole words; `text` is the part that was counted.

    `documents` is the number of distinct documents that contain it. `counts` and `documents_by_split` give
    the occurrences and documents in each split that has any.
    """

    text: str
    count: int
    documents: int
    counts: Mapping[str, int]
    documents_by_split: Mapping[str, int]

    def to_json(self) -> dict[str, Any]:
        """The count as in `glaswerk count --json`."""
        return asdict(self)
