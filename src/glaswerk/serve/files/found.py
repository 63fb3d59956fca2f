"""What a search of a vector store is asked for, and what it finds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from glaswerk.serve.contract.schema import Schema
from glaswerk.serve.contract.shapes import only
from glaswerk.serve.files.attribute_filters import FILTERS

RESULTS = 10
_HYBRID = "passages are found by their words alone"


def searching(rankers: list[str | None]) -> dict[str, Schema]:
    """The fields that say how to search; rankers: names of rankings, all of which mean the only one here."""
    ranking: Schema = {
        "type": ["object", "null"],
        "required": [],
        "properties": {
            "ranker": {"enum": rankers},
            "score_threshold": {"type": ["number", "null"], "minimum": 0, "maximum": 1},
            "hybrid_search": only(None, why=_HYBRID),
        },
        "additionalProperties": False,
    }
    most: Schema = {"type": ["integer", "null"], "minimum": 1, "maximum": 50}
    return {"filters": FILTERS, "max_num_results": most, "ranking_options": ranking}


@dataclass(frozen=True, slots=True)
class Search:
    """A question and how to search for it. least: the score from which a passage counts."""

    question: str
    filters: Mapping[str, Any] | None = None
    most: int = RESULTS
    least: float = 0.0

    @classmethod
    def of(cls, question: str, asked: Mapping[str, Any]) -> Search:
        """With the fields of `searching`."""
        least = (asked.get("ranking_options") or {}).get("score_threshold") or 0.0
        return cls(question, asked.get("filters"), asked.get("max_num_results") or RESULTS, least)


@dataclass(frozen=True, slots=True)
class Found:
    """A passage of a file. store: id of its vector store; score: from 0 to below 1."""

    store: str
    file: str
    filename: str
    score: float
    text: str
    attributes: Mapping[str, Any]

    def to_json(self) -> dict[str, Any]:
        """As a result of the tool `file_search`."""
        return {
            "file_id": self.file,
            "filename": self.filename,
            "score": round(self.score, 6),
            "text": self.text,
            "attributes": dict(self.attributes),
            "vector_store_id": self.store,
        }
