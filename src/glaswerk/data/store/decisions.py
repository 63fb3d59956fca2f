"""Decisions: one row a document, saying which rule decided, by which figure, and whether it was kept."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field

import pyarrow as pa

from glaswerk.data.store.reasons import CURATION

SCHEMA = pa.schema(
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
# Raise a rule's version with its meaning; decisions of different versions are not comparable.
VERSIONS = dict.fromkeys(CURATION, 1) | dict.fromkeys(
    ("forgotten", "deleted", "rights-opt-out", "private-audience", "repeated-id"), 2
)
KEPT = "kept"
# Reasons as small numbers, in the order of the rules.
CODES = {reason: code for code, reason in enumerate(CURATION)}
SAMPLES = 4
# Texts of these are not shown in reports either: what is private or reserved stays where it is.
UNSHOWN = {"forgotten", "deleted", "rights-opt-out", "private-audience"}
_SAMPLE_CHARACTERS = 280


def cut(text: str) -> str:
    """The beginning of a text, short enough for a sample."""
    return text if len(text) <= _SAMPLE_CHARACTERS else text[:_SAMPLE_CHARACTERS] + "…"


def _rank(document: str) -> int:
    return zlib.crc32(document.encode("utf-8", "surrogatepass"))


@dataclass(slots=True)
class Samples:
    """A few texts by reason, spread over the corpus: those whose ids have the lowest checksums."""

    chosen: dict[str, list[tuple[int, str, str]]] = field(default_factory=dict)

    def wants(self, reason: str, document: str) -> bool:
        """Whether `offer` would take the text of this document."""
        held = self.chosen.get(reason, [])
        return reason not in UNSHOWN and (len(held) < SAMPLES or _rank(document) < held[-1][0])

    def offer(self, reason: str, document: str, text: str) -> None:
        """Consider a text as a sample for `reason`."""
        if self.wants(reason, document):
            held = self.chosen.setdefault(reason, [])
            held.append((_rank(document), document, cut(text)))
            held.sort()
            del held[SAMPLES:]

    def listed(self) -> dict[str, list[dict[str, str]]]:
        """Samples by reason, in the order of the rules."""
        return {
            reason: [{"document": document, "text": text} for _, document, text in self.chosen[reason]]
            for reason in CURATION
            if self.chosen.get(reason)
        }
