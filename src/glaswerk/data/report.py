"""The corpus report: what was kept and dropped, by reason, source, language and kind, with samples."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.compute as pc

from glaswerk.core.files import write_atomic, write_json
from glaswerk.core.page import page, table
from glaswerk.data.decisions import KEPT
from glaswerk.data.reasons import CURATION, MASKED

_QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)


@dataclass(slots=True)
class Figures:
    """Totals of the kept documents, gathered batch by batch."""

    bytes: int = 0
    languages: Counter[str] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)
    splits: Counter[str] = field(default_factory=Counter)
    lengths: dict[str, list[int]] = field(default_factory=dict)

    def add(self, batch: Any) -> None:
        """Count one batch (a table of the corpus)."""
        self.bytes += pc.sum(pc.binary_length(batch["text"])).as_py() or 0
        self.languages.update(batch["lang"].to_pylist())
        self.splits.update(batch["split"].to_pylist())
        kinds = batch["kind"].to_pylist()
        self.kinds.update(kinds)
        for kind, length in zip(kinds, pc.utf8_length(batch["text"]).to_pylist(), strict=True):
            self.lengths.setdefault(kind, []).append(length)

    def totals(self) -> dict[str, Any]:
        """Figures for the manifest and the report; lengths are in characters, by kind."""
        return {
            "bytes": self.bytes,
            "languages": dict(self.languages.most_common()),
            "kinds": dict(self.kinds.most_common()),
            "splits": dict(sorted(self.splits.items())),
            "lengths": {kind: _quantiles(values) for kind, values in sorted(self.lengths.items())},
        }


def _quantiles(values: Sequence[int]) -> dict[str, int]:
    cuts = np.quantile(values, _QUANTILES).tolist()
    return {f"p{q * 100:.0f}": round(cut) for q, cut in zip(_QUANTILES, cuts, strict=True)}


def write(
    folder: Path,
    stats: Mapping[str, Any],
    sources: Mapping[str, Mapping[str, int]],
    samples: Mapping[str, Sequence[Mapping[str, str]]],
) -> None:
    """Write report.json and report.html into the corpus folder."""
    content = {**stats, "sources": sources, "samples": samples}
    write_json(folder / "report.json", content)
    write_atomic(folder / "report.html", page("Corpus report", _body(stats, sources, samples)))


def _body(
    stats: Mapping[str, Any],
    sources: Mapping[str, Mapping[str, int]],
    samples: Mapping[str, Sequence[Mapping[str, str]]],
) -> Iterator[str]:
    share = stats["kept"] / max(stats["documents"], 1)
    yield (
        f"<p>{stats['kept']:,} of {stats['documents']:,} documents are in the corpus ({share:.1%}), "
        f"{stats['bytes']:,} bytes of text. Every document has one row in decisions.parquet.</p>"
    )
    yield "<h2>Decisions</h2>"
    yield table(
        ["reason", "documents", "meaning"],
        [(r, f"{n:,}", CURATION[r].meaning) for r, n in stats["decisions"].items()],
        numeric=(1,),
    )
    yield "<h2>Sources</h2>"
    yield table(
        ["source", "documents", "kept"],
        [(name, f"{n['documents']:,}", f"{n['kept']:,}") for name, n in sources.items()],
        numeric=(1, 2),
    )
    for title, key in (("Languages", "languages"), ("Kinds", "kinds"), ("Splits", "splits")):
        yield f"<h2>{title}</h2>"
        yield table([key, "documents"], [(k, f"{n:,}") for k, n in stats[key].items()], numeric=(1,))
    yield from _lengths(stats["lengths"])
    yield "<h2>Masked in kept text</h2>"
    yield table(
        ["what", "times", "meaning"],
        [(k, f"{stats['masked'].get(k, 0):,}", reason.meaning) for k, reason in MASKED.items()],
        numeric=(1,),
    )
    for reason in (KEPT, *(r for r in samples if r != KEPT)):
        yield f"<h2>Samples: {escape(reason)}</h2>"
        yield table(["document", "text"], [(s["document"], s["text"]) for s in samples.get(reason, ())])


def _lengths(lengths: Mapping[str, Mapping[str, int]]) -> Iterator[str]:
    yield "<h2>Lengths in characters (quantiles)</h2>"
    head = ["kind", *(f"{q:.0%}" for q in _QUANTILES)]
    rows = [(kind, *(f"{n:,}" for n in cuts.values())) for kind, cuts in lengths.items()]
    yield table(head, rows, numeric=range(1, len(head)))
