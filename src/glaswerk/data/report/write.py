"""The corpus report: what was kept and dropped, by reason, source, language, time and length, with samples.

`Figures` counts the corpus; report.json has every figure that the page report.html shows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import duckdb

from glaswerk.core.artifact_files import DECISIONS, REPORT_FIGURES, REPORT_PAGE
from glaswerk.core.files import write_atomic, write_json
from glaswerk.data.report import page as report_page
from glaswerk.data.report.figures import Figures
from glaswerk.data.report.samples import dropped_samples, kept_samples
from glaswerk.data.store.decisions import KEPT
from glaswerk.data.store.reasons import CURATION

__all__ = ["Figures", "write"]
_REASONS = "SELECT source, reason, count(*) FROM read_parquet(?) GROUP BY ALL ORDER BY ALL"


def write(
    folder: Path,
    stats: Mapping[str, Any],
    sources: Mapping[str, Mapping[str, int]],
    samples: Mapping[str, Sequence[Mapping[str, str]]],
) -> None:
    """Write report.json and report.html into the corpus folder, which has its documents and decisions.

    `stats`: `Figures.totals` with "documents", "kept", "decisions" and "masked". `sources`: counts of
    "documents" and "kept" by source. `samples`: (document, text) by reason.
    """
    reasons = _reasons(folder)
    content = {
        **stats,
        "sources": {name: {**counts, "reasons": reasons.get(name, {})} for name, counts in sources.items()},
        "samples": {
            KEPT: [asdict(sample) for sample in kept_samples(folder, samples.get(KEPT, ()))],
            **{
                reason: [asdict(p) for p in pairs]
                for reason, pairs in dropped_samples(folder, samples).items()
            },
        },
    }
    write_json(folder / REPORT_FIGURES, content)
    write_atomic(folder / REPORT_PAGE, report_page.render_report(content))


def _reasons(folder: Path) -> dict[str, dict[str, int]]:
    """By source, the number of documents by reason, in the order of the rules."""
    counted: dict[str, dict[str, int]] = {}
    with duckdb.connect() as db:
        rows = db.sql(_REASONS, params=[str(folder / DECISIONS)]).fetchall()
    for source, reason, count in sorted(rows, key=lambda row: (row[0], list(CURATION).index(row[1]))):
        counted.setdefault(source, {})[reason] = count
    return counted
