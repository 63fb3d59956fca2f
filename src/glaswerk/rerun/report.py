"""What a deletion reaches and costs, as one JSON report: documents, corpora, shards, traces and models."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from glaswerk.lab import Artifact, Lab

if TYPE_CHECKING:
    from glaswerk.data.removal.reach import Reach


def reach_report(lab: Lab, touched: Reach, model: Artifact | None, price: float) -> dict[str, Any]:
    """Everything that `touched` reaches in the lab, and the options of every model, or of `model` alone.

    `price`: of one hour of training, 0 if unknown. `rebuild_seconds`: what corpora, shards and traces took
    to make. The result is what `glaswerk what-if --json` prints.
    """
    from glaswerk.data.removal.wording import reach_figures
    from glaswerk.rerun.departed import departed_with
    from glaswerk.rerun.options import affected

    ids = touched.going
    models = [row.to_json() for row in affected(lab, ids, price_per_hour=price)]
    shards = list(_shards(lab, ids))
    made = [found for kind in ("corpus", "shards", "trace") for found in lab.all(kind)]
    return {
        **reach_figures(touched),
        "corpora": list(_corpora(lab, ids)),
        "shards": shards,
        "traces": sorted({row["name"] for row in shards if lab.find("trace", row["name"])}),
        "tokenizers": entries_going(lab, ids),
        "rebuild_seconds": round(sum(artifact.seconds for artifact in made), 1),
        "departures": departed_with(lab, ids),
        "models": [row for row in models if model is None or row["id"] == model.id],
    }


def entries_going(lab: Lab, ids: set[str]) -> list[dict[str, Any]]:
    """By tokenizer, the number of entries that occur in these documents only: a rebuild removes them."""
    from glaswerk.tokenizer.renewal import entries_only_in

    return [{"name": name, "entries": count} for name, count in entries_only_in(lab, ids).items()]


def entry_lines(rows: list[dict[str, Any]]) -> Iterator[str]:
    """`entries_going` as lines of text."""
    for row in rows:
        yield (
            f"tokenizer  {row['name']}: {row['entries']:,} entries occur in it only; a rebuild removes them, "
            "and all others keep their ids"
        )


def _corpora(lab: Lab, ids: set[str]) -> Iterator[dict[str, Any]]:
    from glaswerk.core.artifact_files import DOCUMENTS
    from glaswerk.data.store.parquet import read_rows

    for corpus in lab.all("corpus"):
        rows = read_rows(corpus.path / DOCUMENTS, ["id", "split"])
        splits = Counter(row["split"] for row in rows if row["id"] in ids)
        if splits:
            yield {"name": corpus.name, "documents": splits.total(), "splits": dict(sorted(splits.items()))}


def _shards(lab: Lab, ids: set[str]) -> Iterator[dict[str, Any]]:
    from glaswerk.tokenizer import Shards

    for packed in lab.all("shards"):
        for split, documents, tokens in Shards.open(packed.path).count(ids):
            yield {"name": packed.name, "split": split, "documents": documents, "tokens": tokens}
