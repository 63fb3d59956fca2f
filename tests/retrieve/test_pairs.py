"""Tuning pairs made from documents: questions of rules, answers that are the documents' own sentences."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from glaswerk.cli.main import cli
from glaswerk.core.errors import GlaswerkError
from glaswerk.data.curate.curate import curate
from glaswerk.data.documents.add_documents import add_docs
from glaswerk.data.removal.reach import Removed
from glaswerk.lab import Artifact, Lab
from glaswerk.lab.tombstones import Forgotten, Tombstone
from glaswerk.retrieve.pairs import GENERATOR, add_pairs

TEXT = (
    "The old bridge over the river was built by Ada Brook in 1862. It has three arches of grey stone from the"
    " quarry near Saltern. Who paid for it? Nobody in the town remembers the name of the banker any more."
)
ROWS = [
    *({"id": f"en{i}", "text": f"{TEXT} Note number {i}.", "author": "Hazel"} for i in range(40)),
    {"id": "de", "text": "Der Rat beschloss den Bau neuer Brücken über den breiten Fluss.", "lang": "de"},
    {"id": "secret", "text": TEXT + " And a secret.", "audience": "private"},
    {"id": "unclear", "text": TEXT + " And a claim.", "licence": "All rights reserved"},
    {"id": "short", "text": "Too short."},
]


def corpus_of(lab: Lab, tmp_path: Path, share: float = 0.3) -> Artifact:
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    add_docs(lab, [tmp_path / "rows.jsonl"], licence="CC-BY-4.0", acquired="public", name="rows")
    settings = lab.root / "lab.toml"
    settings.write_text(settings.read_text() + "\n[curate]\nnear_duplicate = 1.0\n")
    return curate(Lab.open(lab.root), validation_share=share, audiences=("private", "public"))


def rows_of(made: Artifact) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = pq.read_table(made.path / "documents.parquet").to_pylist()
    return rows


def test_an_answer_is_a_sentence_of_the_document_and_the_question_has_its_passage(
    empty_lab: Lab, tmp_path: Path
) -> None:
    corpus = corpus_of(empty_lab, tmp_path)
    texts = {row["id"]: row for row in rows_of(corpus)}
    pairs = rows_of(add_pairs(empty_lab, corpus))
    assert pairs
    for row in pairs:
        user, assistant = row["messages"]  # type: ignore[misc]
        (parent,) = row["derived_from"]  # type: ignore[misc]
        assert assistant["content"] in texts[parent]["text"]
        assert assistant["content"] in user["content"]
        assert not assistant["content"].endswith("?")
        assert (row["acquired"], row["licence"], row["kind"]) == ("synthetic", "CC-BY-4.0", "dialogue")
        assert row["author"] == texts[parent]["author"]
    german = next(row for row in pairs if row["derived_from"] == ["rows:de"])
    assert "Question: Was " in german["messages"][0]["content"]  # type: ignore[index]


def test_held_out_private_unclear_and_forgotten_documents_give_no_pair(
    empty_lab: Lab, tmp_path: Path
) -> None:
    corpus = corpus_of(empty_lab, tmp_path)
    Forgotten().with_more([Tombstone("id", "rows:en3")]).write(empty_lab.root)
    held_out = {row["id"] for row in rows_of(corpus) if row["split"] != "train"}
    made = add_pairs(empty_lab, corpus)
    parents = {row["derived_from"][0] for row in rows_of(made)}  # type: ignore[index]
    assert held_out
    assert not parents & {*held_out, "rows:secret", "rows:unclear", "rows:en3", "rows:short"}
    assert set(made.stats["left_out"]) <= {"forgotten", "private-audience", "unclear_rights"}


def test_its_generator_is_recorded_and_the_most_is_kept(empty_lab: Lab, tmp_path: Path) -> None:
    corpus = corpus_of(empty_lab, tmp_path)
    made = add_pairs(empty_lab, corpus, most=7)
    assert made.stats["documents"] == 7
    assert made.config["generator"] == GENERATOR
    assert add_pairs(empty_lab, corpus, most=7).id == made.id


def test_a_deletion_reaches_the_pair_through_its_document(empty_lab: Lab, tmp_path: Path) -> None:
    corpus = corpus_of(empty_lab, tmp_path)
    made = add_pairs(empty_lab, corpus)
    parent = rows_of(made)[0]["derived_from"][0]  # type: ignore[index]
    gone = Removed.of(empty_lab.all("source"), Forgotten().with_more([Tombstone("id", str(parent))]))
    assert rows_of(made)[0]["id"] in gone.ids


def test_pairs_come_into_the_corpus_as_dialogues(empty_lab: Lab, tmp_path: Path) -> None:
    corpus_of(empty_lab, tmp_path)
    found = CliRunner().invoke(cli, ["add", "pairs", "--lab", str(empty_lab.root), "--json", "--most", "20"])
    assert found.exit_code == 0, found.output
    assert json.loads(found.stdout)["stats"]["documents"] == 20
    again = curate(Lab.open(empty_lab.root), validation_share=0.3)
    splits = {row["split"] for row in rows_of(again) if row["source"] == "pairs"}
    assert "chat" in splits


def test_a_corpus_without_public_sentences_is_an_error_in_words(empty_lab: Lab, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("Too short a text to ask about")
    add_docs(empty_lab, [tmp_path / "a.txt"], licence="own", acquired="own", name="a")
    with pytest.raises(GlaswerkError, match="found none"):
        add_pairs(empty_lab, curate(empty_lab, validation_share=0.0))
