"""Corpora, shards and index are rebuilt without what is forgotten; what cannot be rebuilt goes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from glaswerk.core.errors import GlaswerkError
from glaswerk.data.curate.curate import curate
from glaswerk.data.source import add_docs
from glaswerk.lab import Artifact, Lab
from glaswerk.lab.tombstones import Forgotten, Tombstone
from glaswerk.rerun.rebuild import models_of_old_shards, rebuild, shards_by_corpus
from glaswerk.tokenizer import Shards, pack, train_tokenizer
from glaswerk.tokenizer.training import TokenizerConfig
from glaswerk.trace import build

TRADES = ("baker", "smith", "miller", "tailor", "carter", "potter")


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Lab]:
    """A lab of six documents, with corpus, tokenizer, shards and index."""
    folder = tmp_path / "docs"
    folder.mkdir()
    for number, trade in enumerate(TRADES):
        words = f"The {trade} lives in house {number} and opens the {trade}'s door at {number + 5} o'clock."
        (folder / f"{trade}.md").write_text(f"# The {trade}\n\n{words} Whoever needs a {trade} may knock.\n")
    lab = Lab.init(tmp_path / "lab")
    add_docs(lab, [folder], licence="CC0-1.0", name="trades")
    curate(lab, validation_share=0.0)
    train_tokenizer(lab, TokenizerConfig(300))
    build(lab, pack(lab))
    yield lab
    lab.ledger.close()


def _documents(lab: Lab) -> list[str]:
    return list(Shards.open(lab.path("shards", "main.main")).spans("train")[0])


def _forget(lab: Lab, *ids: str) -> None:
    Forgotten.read(lab.root).with_more([Tombstone("id", name) for name in ids]).write(lab.root)


def _ids(lab: Lab) -> dict[tuple[str, str], str]:
    made = [*lab.all("corpus"), *lab.all("shards"), *lab.all("trace")]
    return {(artifact.kind, artifact.name): artifact.id for artifact in made}


def test_a_lab_that_is_up_to_date_is_left_as_it_is(small: Lab) -> None:
    before = _ids(small)
    made = rebuild(small)
    assert [artifact.kind for artifact in made] == ["corpus", "shards", "trace"]
    assert _ids(small) == before


def test_a_forgotten_document_leaves_corpus_shards_and_index(small: Lab) -> None:
    before, documents = _ids(small), _documents(small)
    _forget(small, documents[2])
    made = rebuild(small)
    assert sorted(_documents(small)) == sorted(set(documents) - {documents[2]})
    assert all(_ids(small)[artifact.kind, artifact.name] == artifact.id for artifact in made)
    assert not set(_ids(small).values()) & set(before.values())
    assert [artifact.id for artifact in rebuild(small)] == [artifact.id for artifact in made]


def test_if_everything_is_forgotten_the_old_artifacts_go_and_the_error_names_them(small: Lab) -> None:
    _forget(small, *_documents(small))
    with pytest.raises(GlaswerkError, match=r"removed, as it cannot be rebuilt: .*main") as failed:
        rebuild(small)
    assert failed.value.hint
    assert _ids(small) == {}


def test_orphans_are_reported_only_if_they_may_contain_forgotten_content(small: Lab) -> None:
    small.remove(small.all("corpus")[0])
    reports: list[list[str]] = []

    def note(artifacts: object) -> None:
        reports.append([f"{made.kind} {made.name}" for made in artifacts])  # type: ignore[attr-defined]

    rebuild(small, report_removed=note)
    assert reports == []
    assert small.all("shards"), "nothing is forgotten: shards without a corpus may stay"
    _forget(small, _documents(small)[0])
    rebuild(small, report_removed=note)
    assert reports == [["trace main.main", "shards main.main"]]
    assert _ids(small) == {}


def test_rebuilding_prints_nothing(small: Lab, capsys: pytest.CaptureFixture[str]) -> None:
    small.remove(small.all("corpus")[0])
    _forget(small, _documents(small)[0])
    rebuild(small)
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "removed" not in captured.err


def test_shards_belong_to_the_corpus_that_their_name_and_inputs_point_to(small: Lab) -> None:
    second = curate(small, name="main.v2", validation_share=0.0)
    pack(small, corpus="main.v2")
    found = shards_by_corpus(small, small.all("corpus"))
    names = {corpus: [shards.name for shards in shards] for corpus, shards in found.items()}
    assert names == {"main": ["main.main"], second.name: ["main.v2.main"]}


def test_models_whose_shards_are_gone_know_an_old_corpus(small: Lab) -> None:
    assert models_of_old_shards(small) == []


def test_a_model_without_shards_knows_no_corpus(model: Artifact, empty_lab: Lab) -> None:
    assert models_of_old_shards(empty_lab) == []
    empty_lab.remove(empty_lab.all("shards")[0])
    assert [made.name for made in models_of_old_shards(empty_lab)] == [model.name]
