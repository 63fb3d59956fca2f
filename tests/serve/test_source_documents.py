"""What the server says of a real lab's documents agrees with the corpus, the run and the rights."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from glaswerk.lab import Lab
from glaswerk.rerun.first_seen import Sightings
from glaswerk.serve.errors import ApiError
from glaswerk.serve.served_model import ServedModel
from glaswerk.serve.source_documents import SourceDocuments
from glaswerk.tokenizer import Shards


def decisions(lab: Lab) -> list[dict[str, object]]:
    rows = pq.read_table(lab.need("corpus", "main", hint="").path / "decisions.parquet").to_pylist()
    return [dict(row) for row in rows]


def trained(lab: Lab) -> set[str]:
    return set(Shards.open(lab.need("shards", "main.main", hint="").path).spans("train")[0])


@pytest.mark.slow
def test_copies_are_those_that_curation_left_out_for_the_document(lab: Lab) -> None:
    evidence = SourceDocuments(ServedModel.load(lab))
    counted = Counter(str(row["duplicate_of"]) for row in decisions(lab) if row["duplicate_of"])
    ((most, copies),) = counted.most_common(1)
    assert copies > 1
    assert evidence.details(most)["duplicates"] == copies
    single = next(
        str(row["document"]) for row in decisions(lab) if row["document"] in trained(lab) - counted.keys()
    )
    assert evidence.details(single)["duplicates"] == 0


def test_a_document_says_in_which_stages_it_was_seen_and_what_was_decided(lab: Lab) -> None:
    served = ServedModel.load(lab)
    name = Shards.open(lab.need("shards", "main.main", hint="").path).spans("train")[0][0]
    found = SourceDocuments(served).details(name)
    assert found["seen"] == [seen.to_json() for seen in Sightings(lab, served.artifact).of([name])[name]]
    assert found["seen"][0]["stage"] == "pretraining"
    assert [(row["corpus"], row["kept"], row["split"]) for row in found["decisions"]] == [
        ("main", True, "train")
    ]
    assert found["added"][0]["source"] == found["source"]


@pytest.mark.parametrize(("column", "value"), [("audience", "limited"), ("tdm_opt_out", True)])
def test_a_document_that_is_not_public_or_is_reserved_is_not_shown_though_the_corpus_has_it(
    own_lab: Path, column: str, value: object
) -> None:
    lab = Lab.open(own_lab)
    file = lab.need("corpus", "main", hint="").path / "documents.parquet"
    table = pq.read_table(file)
    rows = table.to_pylist()
    name = next(row["id"] for row in rows if row["split"] == "train")
    closed = [row | {column: value} if row["id"] == name else row for row in rows]
    pq.write_table(type(table).from_pylist(closed, schema=table.schema), file)
    evidence = SourceDocuments(ServedModel.load(lab))
    assert name in evidence.hidden()
    with pytest.raises(ApiError, match="may be shown"):
        evidence.details(name)
    lab.ledger.close()
