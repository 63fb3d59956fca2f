"""Samples pair each dropped document with a kept one, and show public texts only."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from small_labs import doc

from glaswerk.core.document import to_row
from glaswerk.data.curate.write import CORPUS_SCHEMA
from glaswerk.data.report.samples import SamplePair, SampleText, dropped_samples, kept_samples
from glaswerk.data.store.decisions import DECISION_SCHEMA


def corpus(folder: Path, kept: dict[str, str], dropped: dict[str, tuple[str, str, str]]) -> Path:
    """A corpus of `kept` (id → audience) and decisions on `dropped` (id → reason, source, duplicate_of)."""
    documents = [
        {**to_row(doc(name, f"text {name}", audience=audience)), "source": name[0], "split": "train"}
        for name, audience in kept.items()
    ]
    decisions: list[dict[str, Any]] = [
        {"document": name, "source": source, "reason": reason, "score": 0.5, "duplicate_of": original}
        for name, (reason, source, original) in dropped.items()
    ]
    pq.write_table(pa.Table.from_pylist(documents, CORPUS_SCHEMA), folder / "documents.parquet")
    pq.write_table(pa.Table.from_pylist(decisions, DECISION_SCHEMA), folder / "decisions.parquet")
    return folder


def sample(name: str) -> dict[str, str]:
    return {"document": name, "text": f"text {name}"}


def test_a_duplicate_is_paired_with_the_document_that_it_duplicates(tmp_path: Path) -> None:
    made = corpus(tmp_path, {"a:1": "public"}, {"b:1": ("exact-duplicate", "b", "a:1")})
    assert dropped_samples(made, {"exact-duplicate": [sample("b:1")]}) == {
        "exact-duplicate": [
            SamplePair(
                SampleText("b:1", "b", "text b:1"), 0.5, SampleText("a:1", "a", "text a:1"), replaced=True
            )
        ]
    }


def test_any_other_drop_is_paired_with_kept_documents_of_its_source_in_turn(tmp_path: Path) -> None:
    dropped = {f"a:{number}": ("too-short", "a", "") for number in (3, 4, 5)}
    made = corpus(tmp_path, {"a:1": "public", "a:2": "public", "b:1": "public"}, dropped)
    found = dropped_samples(made, {"too-short": [sample(name) for name in dropped]})["too-short"]
    shown = [pair.kept.document for pair in found if pair.kept]
    assert len(shown) == 3
    assert set(shown) == {"a:1", "a:2"}
    assert shown[0] == shown[2] != shown[1]
    assert not any(pair.replaced for pair in found)


@pytest.mark.parametrize("audience", ["limited", "private"])
def test_a_kept_document_that_is_not_public_is_not_shown(tmp_path: Path, audience: str) -> None:
    dropped = {"b:1": ("exact-duplicate", "b", "a:1"), "a:2": ("too-short", "a", "")}
    made = corpus(tmp_path, {"a:1": audience}, dropped)
    found = dropped_samples(made, {"exact-duplicate": [sample("b:1")], "too-short": [sample("a:2")]})
    assert [pair.kept for pairs in found.values() for pair in pairs] == [None, None]
    assert kept_samples(made, [sample("a:1")]) == []


@pytest.mark.parametrize("reason", ["forgotten", "deleted", "rights-opt-out", "private-audience"])
def test_reasons_of_deletion_rights_and_audience_have_no_samples(tmp_path: Path, reason: str) -> None:
    made = corpus(tmp_path, {"a:1": "public"}, {"b:1": (reason, "b", "")})
    assert dropped_samples(made, {reason: [sample("b:1")]}) == {}


def test_kept_samples_are_those_of_the_corpus_in_the_order_given(tmp_path: Path) -> None:
    made = corpus(tmp_path, {"a:1": "public", "a:2": "public"}, {})
    found = kept_samples(made, [sample("a:2"), sample("gone"), sample("a:1")])
    assert [shown.document for shown in found] == ["a:2", "a:1"]
    assert dropped_samples(made, {"kept": [sample("a:1")]}) == {}


def test_a_long_kept_text_is_an_excerpt(tmp_path: Path) -> None:
    made = corpus(tmp_path, {"a:" + "1" * 400: "public"}, {})
    (shown,) = kept_samples(made, [sample("a:" + "1" * 400)])
    assert shown.text is not None
    assert len(shown.text) == 281
    assert shown.text.endswith("…")


def test_a_sample_of_a_source_with_nothing_kept_stands_alone(tmp_path: Path) -> None:
    made = corpus(tmp_path, {"b:1": "public"}, {"a:1": ("too-short", "a", "")})
    (pair,) = dropped_samples(made, {"too-short": [sample("a:1")]})["too-short"]
    assert pair.kept is None
    assert pair.dropped == SampleText("a:1", "a", "text a:1")
