"""Decisions: one row a document, saying which rule decided, by which figure, and whether it was kept."""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa

from glaswerk.data.parquet import write_table
from glaswerk.data.reasons import CURATION

DECISIONS = "decisions.parquet"
SCHEMA = pa.schema([
    ("document", pa.string()), ("source", pa.string()), ("rule", pa.string()), ("version", pa.int32()),
    ("score", pa.float64()), ("kept", pa.bool_()), ("reason", pa.string()), ("duplicate_of", pa.string()),
])  # fmt: skip
# Raise a rule's version with its meaning; decisions of different versions are not comparable.
VERSIONS = dict.fromkeys(CURATION, 1)
KEPT = "kept"
SAMPLES = 4
# Texts of these are not shown in reports either: what is private or reserved stays where it is.
UNSHOWN = {"forgotten", "deleted", "rights-opt-out", "private-audience"}
_SAMPLE_CHARACTERS = 280


@dataclass(slots=True)
class Decisions:
    """Rows in document order, held in memory (about 300 bytes a document)."""

    documents: list[str] = field(default_factory=list)
    sources: list[str] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)
    scores: list[float | None] = field(default_factory=list)
    duplicates: list[str] = field(default_factory=list)

    def add(
        self, document: str, source: str, reason: str, score: float | None = None, duplicate_of: str = ""
    ) -> int:
        """Enter a decision; returns its row number, by which `change` can revise it."""
        self.documents.append(document)
        self.sources.append(source)
        self.reasons.append(reason)
        self.scores.append(score)
        self.duplicates.append(duplicate_of)
        return len(self.reasons) - 1

    def change(self, row: int, reason: str, score: float | None, duplicate_of: str) -> None:
        """Replace what was decided for one document."""
        self.reasons[row], self.scores[row], self.duplicates[row] = reason, score, duplicate_of

    def redirect(self, kept: Mapping[str, str]) -> None:
        """Let `duplicate_of` name the document in the corpus where the one it named was dropped since."""
        self.duplicates = [kept.get(named, named) for named in self.duplicates]

    def counts(self) -> dict[str, int]:
        """Documents by reason, in the order of the rules."""
        found = Counter(self.reasons)
        return {reason: found[reason] for reason in CURATION if found[reason]}

    def by_source(self) -> dict[str, dict[str, int]]:
        """Documents and kept documents of each source."""
        total = Counter(self.sources)
        kept = Counter(s for s, r in zip(self.sources, self.reasons, strict=True) if r == KEPT)
        return {source: {"documents": total[source], "kept": kept[source]} for source in sorted(total)}

    def write(self, path: Path) -> None:
        """Write all rows as Parquet."""
        columns: dict[str, Any] = {
            "document": self.documents, "source": self.sources, "rule": self.reasons,
            "version": [VERSIONS[reason] for reason in self.reasons], "score": self.scores,
            "kept": [reason == KEPT for reason in self.reasons], "reason": self.reasons,
            "duplicate_of": self.duplicates,
        }  # fmt: skip
        write_table(path, columns, SCHEMA)


def cut(text: str) -> str:
    """The beginning of a text, short enough for a sample."""
    return text if len(text) <= _SAMPLE_CHARACTERS else text[:_SAMPLE_CHARACTERS] + "…"


@dataclass(slots=True)
class Samples:
    """A few texts by reason, spread over the corpus: those whose ids have the lowest checksums."""

    chosen: dict[str, list[tuple[int, str, str]]] = field(default_factory=dict)

    def offer(self, reason: str, document: str, text: str) -> None:
        """Consider a text as a sample for `reason`."""
        if reason in UNSHOWN:
            return
        rank = zlib.crc32(document.encode("utf-8", "surrogatepass"))
        held = self.chosen.setdefault(reason, [])
        if len(held) < SAMPLES or rank < held[-1][0]:
            held.append((rank, document, cut(text)))
            held.sort()
            del held[SAMPLES:]

    def listed(self) -> dict[str, list[dict[str, str]]]:
        """Samples by reason, in the order of the rules."""
        return {
            reason: [{"document": document, "text": text} for _, document, text in self.chosen[reason]]
            for reason in CURATION
            if self.chosen.get(reason)
        }
