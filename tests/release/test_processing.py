"""What curation left out and masked, added up over the corpora of a model."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from records import corpus_file, lineage, record

from glaswerk.core.document import Document, Rights
from glaswerk.lab import Artifact, Lab
from glaswerk.lineage.exposure import Exposure, record_exposure
from glaswerk.release.processing import RIGHTS, processing_of

STATS = {
    "documents": 10,
    "decisions": {"kept": 6, "forgotten": 2, "too-short": 1, "rights-opt-out": 1},
    "masked": {"phone": 3, "email": 2},
}


def test_decisions_are_sorted_into_rights_and_quality(empty_lab: Lab, model: Artifact) -> None:
    found = processing_of(empty_lab, model, lineage(None, corpus_stats=STATS))
    assert (found.documents, found.kept) == (10, 6)
    assert [(rule.name, rule.count) for rule in found.rights] == [
        ("rights-opt-out", 1),
        ("deleted", 0),
        ("forgotten", 2),
        ("private-audience", 0),
    ]
    assert [(rule.name, rule.count) for rule in found.quality] == [("too-short", 1)]
    assert [(rule.name, rule.count) for rule in found.masked] == [("email", 2), ("phone", 3)]
    assert found.artifacts == ("b2:main",)


def test_several_corpora_are_added_up(empty_lab: Lab, model: Artifact) -> None:
    one = lineage(None, corpus_stats=STATS)
    both = replace(one, corpora=(*one.corpora, record("corpus", "other", stats=STATS)))
    found = processing_of(empty_lab, model, both)
    assert (found.documents, found.kept) == (20, 12)
    assert {rule.name: rule.count for rule in found.masked} == {"email": 4, "phone": 6}


@pytest.mark.parametrize("name", RIGHTS)
def test_every_rule_of_rights_says_what_it_means_without_code_marks(
    empty_lab: Lab, model: Artifact, name: str
) -> None:
    found = processing_of(empty_lab, model, lineage(None))
    (rule,) = [rule for rule in found.rights if rule.name == name]
    assert rule.meaning.endswith(".") or len(rule.meaning) > 20
    assert "`" not in rule.meaning


def test_a_rule_of_another_version_is_counted_without_a_meaning(empty_lab: Lab, model: Artifact) -> None:
    made = lineage(None, corpus_stats={"decisions": {"a-rule-of-old": 4}})
    (rule,) = processing_of(empty_lab, model, made).quality
    assert (rule.name, rule.count, rule.meaning) == ("a-rule-of-old", 4, "")


def test_reservations_are_counted_in_the_sources_and_unknown_where_one_is_gone(
    empty_lab: Lab, model: Artifact, tmp_path: Path
) -> None:
    reserved = Rights("MIT", "public", tdm_opt_out=True)
    documents = [Document(f"s:{i}", "s", "x", reserved if i < 2 else Rights("MIT")) for i in range(5)]
    folder = corpus_file(tmp_path / "s", {"": documents})
    there = record("source", "s", path=folder)
    assert processing_of(empty_lab, model, lineage(None, sources=[there])).reserved == 2
    gone = record("source", "t")
    assert processing_of(empty_lab, model, lineage(None, sources=[there, gone])).reserved is None


def test_reservations_made_since_the_training_are_those_that_were_counted(
    empty_lab: Lab, model: Artifact
) -> None:
    assert processing_of(empty_lab, model, lineage(None)).reserved_since is None
    record_exposure(empty_lab, model.id, Exposure(0, 0, 0, True, 7, "b"))
    assert processing_of(empty_lab, model, lineage(None)).reserved_since == 7


def test_limits_and_shares_are_those_of_the_settings(empty_lab: Lab, model: Artifact) -> None:
    config = {"toxicity": {"lexicon_toxicity_max": 0.1}, "validation_share": 0.05}
    found = processing_of(empty_lab, model, lineage(None, corpus_config=config))
    assert (found.toxicity_limits, found.validation_shares) == ((0.1,), (0.05,))
    older = processing_of(empty_lab, model, lineage(None))
    assert (older.toxicity_limits, older.validation_shares) == ((), ())
