"""A corpus is read by split and by id."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from small_labs import doc

from glaswerk.core.document import to_row
from glaswerk.core.errors import GlaswerkError
from glaswerk.data.curate.write import CORPUS_SCHEMA
from glaswerk.data.store.corpus import document, documents, read_documents


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """Six documents in row groups of two: four of `train`, one held out, one dialogue."""
    splits = {"a": "train", "b": "validation", "c": "train", "d": "chat", "e": "train", "f": "train"}
    rows = [{**to_row(doc(name, f"text {name}")), "split": split} for name, split in splits.items()]
    table = pa.Table.from_pylist(rows, schema=CORPUS_SCHEMA)
    pq.write_table(table, tmp_path / "documents.parquet", row_group_size=2)
    return tmp_path


def test_all_documents_come_in_the_order_of_the_file(corpus: Path) -> None:
    assert [found.id for found in read_documents(corpus)] == list("abcdef")


@pytest.mark.parametrize(
    ("split", "ids"), [("train", "acef"), ("validation", "b"), ("chat", "d"), ("image", "")]
)
def test_a_split_gives_its_documents_alone(corpus: Path, split: str, ids: str) -> None:
    assert [found.id for found in read_documents(corpus, split)] == list(ids)


def test_documents_are_found_by_id_in_any_order_and_unknown_ids_are_left_out(corpus: Path) -> None:
    found = documents(corpus, ["f", "a", "nobody", "a"])
    assert {name: each.text for name, each in found.items()} == {"a": "text a", "f": "text f"}
    assert documents(corpus, []) == {}


def test_one_document_is_found_or_none(corpus: Path) -> None:
    found = document(corpus, "d")
    assert found is not None
    assert found.text == "text d"
    assert document(corpus, "D") is None


def test_a_corpus_of_an_older_version_lacks_the_newest_columns(corpus: Path) -> None:
    file = corpus / "documents.parquet"
    table = pq.read_table(file).drop_columns(["derived_from", "rejected"])
    pq.write_table(table, file)
    found = document(corpus, "a")
    assert found is not None
    assert (found.derived_from, found.rejected) == ((), ())


def test_an_unknown_split_and_a_missing_corpus_are_refused(tmp_path: Path) -> None:
    with pytest.raises(GlaswerkError, match="found 'test'"):
        read_documents(tmp_path, "test")
    with pytest.raises(GlaswerkError, match=r"documents\.parquet is missing") as caught:
        read_documents(tmp_path)
    assert caught.value.hint == "glaswerk curate"
