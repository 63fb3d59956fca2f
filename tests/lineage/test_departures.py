"""Copies of models that left the lab are remembered, and a deletion names those that learnt it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from glaswerk.cli.main import cli
from glaswerk.core.errors import GlaswerkError
from glaswerk.data.curate.curate import curate
from glaswerk.data.source import add_docs
from glaswerk.lab import Artifact, Lab, Spec
from glaswerk.lineage.departures import departed_models, departed_shards, departures, record_departure
from glaswerk.tokenizer import pack, train_tokenizer
from glaswerk.tokenizer.training import TokenizerConfig


@pytest.fixture
def trained(empty_lab: Lab, tmp_path: Path) -> Artifact:
    """A model trained on six rows, of which a copy left the lab, and one of which none did."""
    rows = [
        {"id": str(n), "text": f"Row number {n} tells of the mill and of house {n + 7} by the river."}
        for n in range(6)
    ]
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    add_docs(empty_lab, [tmp_path / "rows.jsonl"], licence="CC0-1.0", name="rows")
    curate(empty_lab, validation_share=0.0)
    train_tokenizer(empty_lab, TokenizerConfig(300))
    shards = pack(empty_lab)

    def make(name: str, lot: int) -> Artifact:
        spec = Spec("model", name, "test/1", {"shards": shards.id}, {"stage": "pretrain", "lot": lot})
        return empty_lab.make(spec, lambda folder: {"epochs": 2})

    make("own/step-1", 1)
    model = make("base/step-1", 2)
    record_departure(empty_lab, model, "release", tmp_path / "out")
    record_departure(empty_lab, model, "export", tmp_path / "base.gguf")
    return model


def said(lab: Lab, *words: str) -> str:
    result = CliRunner().invoke(cli, [words[0], "--lab", str(lab.root), *words[1:]], standalone_mode=False)
    if result.exception is not None:
        raise result.exception
    return result.stdout


def test_each_copy_is_remembered_with_what_it_was_and_when(empty_lab: Lab, trained: Artifact) -> None:
    first, second = departures(empty_lab)
    assert (first.way, second.way) == ("release", "export")
    assert first.place.endswith("/out")
    assert (first.model, first.digest, first.name) == (trained.id, trained.digest, "base/step-1")
    assert departed_models(empty_lab) == [trained]
    assert departed_shards(empty_lab) == {trained.inputs["shards"]}


def test_forget_what_if_and_status_name_the_copies_that_learnt_it(empty_lab: Lab, trained: Artifact) -> None:
    day = departures(empty_lab)[0].at[:10]
    words = f"copies left this lab on {day}: release of base/step-1 to "
    dry = said(empty_lab, "forget", "--id", "rows:1", "--dry-run")
    assert dry.count("copies left this lab on ") == 2
    assert words in dry
    assert "trained on 1 documents of it" in dry
    assert words in said(empty_lab, "what-if", "--id", "rows:1")
    assert "copies left" not in said(empty_lab, "status")
    said(empty_lab, "forget", "--id", "rows:1")
    assert words in said(empty_lab, "status")
    rows = json.loads(said(empty_lab, "status", "--json"))
    left = {row["name"]: [one["way"] for one in row["departures"]] for row in rows if row["kind"] == "model"}
    assert left == {"base/step-1": ["release", "export"], "own/step-1": []}


def test_a_copy_is_named_after_its_model_and_its_shards_are_gone(empty_lab: Lab, trained: Artifact) -> None:
    for model in empty_lab.all("model"):
        empty_lab.remove(model)
    said(empty_lab, "forget", "--id", "rows:1")
    said(empty_lab, "rebuild", "--purge")
    assert empty_lab.need("shards", "main.main", hint="").id != trained.inputs["shards"]
    found = json.loads(said(empty_lab, "forget", "--id", "rows:2", "--dry-run", "--json"))
    assert [(one["documents"], one["certain"]) for one in found["departures"]] == [(1, True)] * 2
    assert "trained on 1 documents of it" in said(empty_lab, "status")


def test_an_export_of_a_model_that_learnt_forgotten_content_is_refused(
    empty_lab: Lab, trained: Artifact, tmp_path: Path
) -> None:
    said(empty_lab, "forget", "--id", "rows:1")
    with pytest.raises(GlaswerkError, match="found base/step-1: trained on 1 forgotten documents") as error:
        said(empty_lab, "export", "base", "--gguf", "--to", str(tmp_path / "again.gguf"))
    assert "glaswerk retrain" in str(error.value.hint)
    assert "--despite-obstacles" in str(error.value.hint)
    assert not (tmp_path / "again.gguf").exists()
    assert len(departures(empty_lab)) == 2
