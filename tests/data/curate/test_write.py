"""A corpus has its documents, a decision on every document, and figures that add up."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from small_labs import doc

from glaswerk.core.document import Document
from glaswerk.data.curate.resolve import resolve
from glaswerk.data.curate.settings import read_settings
from glaswerk.data.curate.shard_task import (
    EVALUATIONS,
    EXCLUSIONS,
    ExclusionList,
    plan_tasks,
    run_task,
)
from glaswerk.data.curate.write import CORPUS_SCHEMA, write_corpus
from glaswerk.data.filters.decontaminate import EvalIndex
from glaswerk.data.removal.reach import Removed
from glaswerk.data.store.decisions import DECISION_SCHEMA, VERSIONS
from glaswerk.data.store.parquet import write_documents

ITEM = "Who kept the keys of the old mill in the winter after the great flood of that year"
SOURCES = {
    "a": [
        doc("a:1", "The ferry leaves the upper bank at seven.", author="hazel"),
        doc("a:2", "Hm."),
        doc("a:3", "Write to ann@mill.example.org or call +49 30 1234567 before noon."),
        doc("a:4", f"{ITEM}? Anna did."),
    ],
    "b": [
        doc("b:1", "THE FERRY leaves the upper bank at seven."),
        doc("b:2", "The words of a reserved page.", tdm_opt_out=True),
        doc("b:3", "The ford is dry since the first of May."),
    ],
}


def written(
    folder: Path, sources: Mapping[str, Sequence[Document]] = SOURCES, **table: Any
) -> dict[str, Any]:
    """Curate into `folder`/corpus; returns the figures."""
    files = []
    for name, documents in sources.items():
        write_documents(folder / name, documents)
        files.append((name, folder / name))
    ExclusionList(frozenset(), Removed()).write(folder / EXCLUSIONS)
    EvalIndex.build([("mill", "q1", ITEM), ("mill", "q2", ITEM[-45:])]).save(folder / EVALUATIONS)
    config = read_settings(table)
    tasks = plan_tasks(files, folder, config, rows=2)
    for task in tasks:
        run_task(task)
    (folder / "corpus").mkdir()
    return write_corpus(folder / "corpus", tasks, resolve(tasks, config, folder), config)


def rows(folder: Path, name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = pq.read_table(folder / "corpus" / f"{name}.parquet").to_pylist()
    return found


def test_every_document_has_one_decision_in_order_with_its_rules_version(tmp_path: Path) -> None:
    written(tmp_path)
    decisions = rows(tmp_path, "decisions")
    assert [(row["document"], row["reason"]) for row in decisions] == [
        ("a:1", "kept"),
        ("a:2", "too-short"),
        ("a:3", "kept"),
        ("a:4", "evaluation-item"),
        ("b:1", "exact-duplicate"),
        ("b:2", "rights-opt-out"),
        ("b:3", "kept"),
    ]
    assert [row["duplicate_of"] for row in decisions] == ["", "", "", "", "a:1", "", ""]
    assert all(row["rule"] == row["reason"] for row in decisions)
    assert all(row["version"] == VERSIONS[row["reason"]] for row in decisions)
    assert all(row["kept"] == (row["reason"] == "kept") for row in decisions)
    assert [row["score"] for row in decisions] == [None, 2.0, None, None, 1.0, None, None]


def test_the_corpus_has_the_kept_documents_masked_with_source_and_split(tmp_path: Path) -> None:
    written(tmp_path)
    found = rows(tmp_path, "documents")
    assert [(row["id"], row["source"]) for row in found] == [("a:1", "a"), ("a:3", "a"), ("b:3", "b")]
    assert found[1]["text"] == "Write to [email] or call [phone] before noon."
    assert Counter(row["split"] for row in found) == Counter(train=2, validation=1)
    file = tmp_path / "corpus" / "documents.parquet"
    assert pq.read_schema(file).equals(CORPUS_SCHEMA, check_metadata=False)
    assert pq.read_schema(tmp_path / "corpus" / "decisions.parquet").equals(DECISION_SCHEMA)


def test_the_figures_count_what_was_written(tmp_path: Path) -> None:
    stats = written(tmp_path)
    documents = rows(tmp_path, "documents")
    assert (stats["documents"], stats["kept"]) == (7, 3)
    assert stats["decisions"] == Counter(row["reason"] for row in rows(tmp_path, "decisions"))
    assert list(stats["decisions"])[-1] == "kept"
    assert stats["bytes"] == sum(len(row["text"].encode()) for row in documents)
    assert stats["masked"] == {"email": 1, "phone": 1}
    assert stats["kinds"] == {"post": 3}
    assert sum(stats["splits"].values()) == 3
    assert stats["leaks"] == {"mill": {"items": 2, "documents": 1}}


def test_leaks_are_written_only_if_there_are_any(tmp_path: Path) -> None:
    written(tmp_path)
    assert [(row["document"], row["item"]) for row in rows(tmp_path, "leaks")] == [
        ("a:4", "q1"),
        ("a:4", "q2"),
    ]
    other = tmp_path / "other"
    other.mkdir()
    assert written(other, {"b": SOURCES["b"]})["leaks"] == {}
    assert not (other / "corpus" / "leaks.parquet").exists()


def test_the_report_counts_each_source_and_shows_no_reserved_text(tmp_path: Path) -> None:
    written(tmp_path)
    text = (tmp_path / "corpus" / "report.json").read_text()
    report = json.loads(text)
    assert report["sources"]["a"]["documents"] == 4
    assert report["sources"]["b"]["kept"] == 1
    assert report["sources"]["b"]["reasons"] == {"rights-opt-out": 1, "exact-duplicate": 1, "kept": 1}
    assert "reserved page" not in text
    assert "reserved page" not in (tmp_path / "corpus" / "report.html").read_text()


@pytest.mark.parametrize("share", [0.0, 0.5])
def test_the_validation_share_decides_the_splits_and_nothing_else(tmp_path: Path, share: float) -> None:
    stats = written(tmp_path, validation_share=share)
    assert stats["kept"] == 3
    assert stats["splits"].get("validation", 0) == 0 if share == 0 else stats["splits"]["validation"] >= 1


def test_a_corpus_without_a_document_left_is_written_with_all_decisions(tmp_path: Path) -> None:
    stats = written(tmp_path, {"a": [doc("a:1", "Hm."), doc("a:2", "Ah.")]})
    assert (stats["kept"], stats["splits"]) == (0, {})
    assert rows(tmp_path, "documents") == []
    assert len(rows(tmp_path, "decisions")) == 2
