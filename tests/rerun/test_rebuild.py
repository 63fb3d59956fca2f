"""Corpora, shards and index are rebuilt without what is forgotten; what cannot be rebuilt goes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from tokenizers import Tokenizer as HuggingFaceTokenizer

from glaswerk.core.errors import GlaswerkError
from glaswerk.data.curate.curate import curate
from glaswerk.data.source import add_docs
from glaswerk.data.store.corpus import read_documents
from glaswerk.lab import Artifact, Lab, Spec
from glaswerk.lab.status import entries
from glaswerk.lab.tombstones import Forgotten, Tombstone
from glaswerk.lineage.verify import Register, check, everything
from glaswerk.rerun.rebuild import models_of_old_shards, rebuild, shards_by_corpus
from glaswerk.rerun.tokenizers import purge_models
from glaswerk.tokenizer import Shards, Tokenizer, pack, train_tokenizer
from glaswerk.tokenizer.renewal import entries_only_in, trained_id
from glaswerk.tokenizer.tokenizer_files import copy_tokenizer
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
    made = [*lab.all("corpus"), *lab.all("tokenizer"), *lab.all("shards"), *lab.all("trace")]
    return {(artifact.kind, artifact.name): artifact.id for artifact in made}


def test_a_lab_that_is_up_to_date_is_left_as_it_is(small: Lab) -> None:
    before = _ids(small)
    assert rebuild(small) == []
    assert _ids(small) == before


def test_a_forgotten_document_leaves_corpus_shards_and_index(small: Lab) -> None:
    before, documents = _ids(small), _documents(small)
    _forget(small, documents[2])
    made = rebuild(small)
    assert sorted(_documents(small)) == sorted(set(documents) - {documents[2]})
    assert all(_ids(small)[artifact.kind, artifact.name] == artifact.id for artifact in made)
    assert not set(_ids(small).values()) & set(before.values())
    assert rebuild(small) == []


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
    assert reports == [["trace main.main", "shards main.main"], ["tokenizer main"]]
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


def _entries(folder: Path) -> set[str]:
    vocabulary: dict[str, int] = json.loads((folder / "tokenizer.json").read_text())["model"]["vocab"]
    return set(vocabulary)


def _with_word_of_one(lab: Lab, folder: Path) -> None:
    """One document says Qwyxolith so often that the tokenizer has entries of it."""
    words = " ".join(f"The Qwyxolith of {n} stands near the Qwyxolith of {n + 1}." for n in range(30))
    (folder / "stone.md").write_text(f"# The Qwyxolith\n\n{words}\n")
    add_docs(lab, [folder / "stone.md"], licence="CC0-1.0", name="stones")
    curate(lab, validation_share=0.0)
    train_tokenizer(lab, TokenizerConfig(400))
    build(lab, pack(lab))


@pytest.mark.slow
def test_entries_that_only_a_forgotten_document_needed_go_and_all_others_keep_their_ids(
    small: Lab, tmp_path: Path
) -> None:
    _with_word_of_one(small, tmp_path)
    folder = small.path("tokenizer", "main")
    before, old = Tokenizer.load(folder), json.loads((folder / "tokenizer.json").read_text())
    texts = [document.text for document in read_documents(small.path("corpus", "main"))]
    kept = [text for text in texts if "Qwyxolith" not in text]
    assert any("Qwyxolith" in entry for entry in _entries(folder))
    assert entries_only_in(small, ["stones:stone.md"])["main"] >= 5
    assert entries_only_in(small, ["trades:nobody.md"]) == {}
    _forget(small, "stones:stone.md")
    rebuild(small)
    assert not any("Qw" in entry or "xolith" in entry for entry in _entries(folder))
    after = Tokenizer.load(folder)
    assert after.vocab_size == before.vocab_size
    assert [after.encode(text) for text in kept] == [before.encode(text) for text in kept]
    assert after.decode(after.encode("The Qwyxolith")) == "The Qwyxolith"
    gone = next(i for token, i in old["model"]["vocab"].items() if token.endswith("Qwyxolith"))
    assert set(after.decode([gone])) == {"\ufffd"}
    again = HuggingFaceTokenizer.from_file(str(folder / "tokenizer.json"))
    assert [again.encode(text).ids for text in kept] == [after.encode(text) for text in kept]


@pytest.mark.slow
def test_after_a_rebuild_nothing_is_stale_and_a_second_one_changes_nothing(
    small: Lab, tmp_path: Path
) -> None:
    _with_word_of_one(small, tmp_path)
    _forget(small, "stones:stone.md")
    made = rebuild(small)
    assert [artifact.kind for artifact in made] == ["corpus", "tokenizer", "shards", "trace"]
    assert {entry.artifact.kind: entry.stale for entry in entries(small) if entry.stale} == {}
    assert rebuild(small) == []
    _forget(small, "trades:baker.md")
    rebuild(small)
    assert not any("baker" in entry for entry in _entries(small.path("tokenizer", "main")))
    tokenizer = small.need("tokenizer", "main", hint="")
    first = small.ledger.rows("SELECT id FROM artifact WHERE kind = 'tokenizer' ORDER BY finished_at")
    ids = [row["id"] for row in first]
    assert {trained_id(small, identifier) for identifier in ids[1:]} == {ids[1]}
    assert ids[-1] == tokenizer.id
    assert tokenizer.stats["entries_removed"] > 5


def test_new_sources_alone_take_nothing_from_the_tokenizer(small: Lab, tmp_path: Path) -> None:
    before = _entries(small.path("tokenizer", "main"))
    (tmp_path / "new.md").write_text("# News\n\nThe council met again and talked about the price of bread.\n")
    add_docs(small, [tmp_path / "new.md"], licence="CC0-1.0", name="news")
    rebuild(small)
    assert _entries(small.path("tokenizer", "main")) == before
    assert all(not entry.stale for entry in entries(small))


@pytest.mark.slow
def test_a_purge_takes_the_entries_from_the_files_of_models_and_they_verify(
    small: Lab, tmp_path: Path
) -> None:
    _with_word_of_one(small, tmp_path)

    def write(folder: Path) -> dict[str, int]:
        copy_tokenizer(small.path("tokenizer", "main"), folder)
        (folder / "model.safetensors").write_bytes(b"weights")
        return {"parameters": 7}

    shards = small.need("shards", "main.main", hint="")
    spec = Spec("model", "base/step-1", "test/1", {"shards": shards.id}, {"stage": "pretrain"})
    model = small.make(spec, write)
    weights = (model.path / "model.safetensors").stat().st_ino
    _forget(small, "stones:stone.md")
    rebuild(small)
    assert any("Qwyxolith" in entry for entry in _entries(model.path))
    (changed,) = purge_models(small)
    assert not any("Qwyxolith" in entry for entry in _entries(model.path))
    assert (changed.id, changed.finished_at) == (model.id, model.finished_at)
    assert changed.digest != model.digest
    assert (model.path / "model.safetensors").stat().st_ino == weights
    register = Register.read(small)
    faults = [check(register, node, lambda _: None).faults for node in everything(register)]
    assert faults == [()] * len(faults)
    assert purge_models(small) == []
