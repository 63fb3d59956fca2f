"""What a trace says: spans of the answer that stand word for word in the training data, and where."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

# Never "because of" or "from": the same words in the data are no proof that they caused the answer.
LABEL = "verbatim match in training data"


@dataclass(frozen=True, slots=True)
class Match:
    """A training document that holds the span.

    `text` is the whole document or a window around the match, a dialogue as readable turns;
    `match_start` and `match_end` are character offsets in it; `created_at` is ISO 8601 or "".
    `side` is "chosen" or "rejected" in a preference pair, else ""; `duplicates` counts the documents that
    curation left out because this one stands for them.
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
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Span:
    """`start` and `end` are character offsets in the answer; `count` is exact over all training splits.

    `rarity` is the sum over the span's tokens of ln((count of the token + 1) / (tokens + vocabulary)) in the
    index, in nats: the lower, the less its words alone explain it. `rank` is 1 for the rarest span of the
    answer, the longer one among equals. `counts` are the occurrences in each split that has any.
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
        return asdict(self) | {"documents": [match.to_json() for match in self.documents]}


@dataclass(frozen=True, slots=True)
class Trace:
    """An answer with its maximal spans, in the order of the text; spans may overlap, none holds another."""

    text: str
    spans: tuple[Span, ...]
    label: str = LABEL

    def to_json(self) -> dict[str, Any]:
        return {"text": self.text, "label": self.label, "spans": [span.to_json() for span in self.spans]}


@dataclass(frozen=True, slots=True)
class Count:
    """How often a phrase stands in the training data, at word borders; `text` is what was counted of it.

    `documents` are the different ones that hold it, `counts` and `documents_by_split` the same in each
    split that has any.
    """

    text: str
    count: int
    documents: int
    counts: Mapping[str, int]
    documents_by_split: Mapping[str, int]

    def to_json(self) -> dict[str, Any]:
        return asdict(self)
