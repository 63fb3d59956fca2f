"""Decisions: one row per document with the rule that decided, its score, and whether it was kept."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field

import pyarrow as pa

from glaswerk.data.store.reasons import CURATION

DECISION_SCHEMA = pa.schema(
    [
        ("document", pa.string()),
        ("source", pa.string()),
        ("rule", pa.string()),
        ("version", pa.int32()),
        ("score", pa.float64()),
        ("kept", pa.bool_()),
        ("reason", pa.string()),
        ("duplicate_of", pa.string()),
    ]
)
# Raise a rule's version when its meaning changes: decisions of different versions are not comparable.
VERSIONS = dict.fromkeys(CURATION, 1) | dict.fromkeys(
    ("forgotten", "deleted", "rights-opt-out", "private-audience", "repeated-id"), 2
)
KEPT = "kept"
# Each reason as a small number, in the order in which the rules apply.
CODES = {reason: code for code, reason in enumerate(CURATION)}
SAMPLES_PER_REASON = 4
# Reports do not show the texts of documents dropped for these reasons: they are private or reserved.
UNSHOWN = {"forgotten", "deleted", "copy-of-forgotten", "rights-opt-out", "private-audience"}
_SAMPLE_CHARACTERS = 280


def excerpt(text: str) -> str:
    """The first 280 characters of a text, with … if it is longer."""
    return text if len(text) <= _SAMPLE_CHARACTERS else text[:_SAMPLE_CHARACTERS] + "…"


def _rank(document: str) -> int:
    return zlib.crc32(document.encode("utf-8", "surrogatepass"))


@dataclass(slots=True)
class ReasonSamples:
    """A few texts for each reason, spread over the corpus: those whose ids have the lowest checksums."""

    chosen: dict[str, list[tuple[int, str, str]]] = field(default_factory=dict)

    def wants(self, reason: str, document: str) -> bool:
        """Whether `offer` would keep the text of this document."""
        held = self.chosen.get(reason, [])
        return reason not in UNSHOWN and (len(held) < SAMPLES_PER_REASON or _rank(document) < held[-1][0])

    def offer(self, reason: str, document: str, text: str) -> None:
        """Keep the text as a sample for `reason` if its id is among the lowest so far."""
        if self.wants(reason, document):
            held = self.chosen.setdefault(reason, [])
            held.append((_rank(document), document, excerpt(text)))
            held.sort()
            del held[SAMPLES_PER_REASON:]

    def listed(self) -> dict[str, list[dict[str, str]]]:
        """Samples (document, text) by reason, in the order of the rules."""
        return {
            reason: [{"document": document, "text": text} for _, document, text in self.chosen[reason]]
            for reason in CURATION
            if self.chosen.get(reason)
        }
