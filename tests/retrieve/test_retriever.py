"""What documents say to a question: quotes are theirs, what is forgotten or not public is never shown."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from glaswerk.cli.main import cli
from glaswerk.data.curate.curate import curate
from glaswerk.data.documents.add_documents import add_docs
from glaswerk.lab import Lab
from glaswerk.lab.tombstones import Forgotten, Tombstone
from glaswerk.rerun.rebuild import rebuild
from glaswerk.retrieve import Answer, Filters, Retriever, answers, build

FILES = {
    "bridge": "The old bridge was built by Ada Brook in 1862. It has three arches. Children fish from it.",
    "mill": "The mill burned down in 1901. Nobody was hurt. The miller, Otto Hale, built a bakery instead.",
    "copy": "The mill burned down in 1901. Nobody was hurt! The miller, Otto Hale, built a bakery instead.",
    "bruecke": "Die Ratsversammlung beschloss den Bau neuer Brücken. Der Rat tagte lange im Saal. "
    "Eine Versammlung der Bürger gab es nicht, sagte der Rat der Stadt nach der Versammlung.",
}


@pytest.fixture
def asked(empty_lab: Lab, tmp_path: Path) -> Callable[..., list[Answer]]:
    rows = [
        {"id": name, "text": text, "author": "Hazel" if name == "mill" else "", "lang": "de"}
        for name, text in FILES.items()
    ]
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    add_docs(empty_lab, [tmp_path / "rows.jsonl"], licence="CC0-1.0", acquired="synthetic", name="rows")
    (empty_lab.root / "lab.toml").write_text(
        (empty_lab.root / "lab.toml").read_text() + "\n[curate]\nnear_duplicate = 1.0\n"
    )
    corpus = curate(Lab.open(empty_lab.root), validation_share=0.0)
    retriever = Retriever.open(empty_lab, build(empty_lab, corpus))

    def ask(question: str, filters: Filters | None = None) -> list[Answer]:
        return answers(retriever, question, retriever.find(question, 10, filters))

    return ask


def test_a_quote_is_the_documents_own_sentence_at_its_place(asked: Callable[..., list[Answer]]) -> None:
    (answer,) = asked("Who built the bridge in 1862?")
    assert answer.text == "The old bridge was built by Ada Brook in 1862. It has three arches."
    assert FILES["bridge"][answer.start : answer.end] == answer.text


def test_the_passage_with_the_rarer_word_is_first(empty_lab: Lab, tmp_path: Path) -> None:
    texts = [f"The mill has number {i} and a baker who lives near the mill." for i in range(30)]
    rows = [
        {"id": str(i), "text": text} for i, text in enumerate([*texts, "A sculptor lives here, not far."])
    ]
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    add_docs(empty_lab, [tmp_path / "rows.jsonl"], licence="CC0-1.0", acquired="synthetic", name="rows")
    (empty_lab.root / "lab.toml").write_text(
        (empty_lab.root / "lab.toml").read_text() + "\n[curate]\nnear_duplicate = 1.0\n"
    )
    corpus = curate(Lab.open(empty_lab.root), validation_share=0.0)
    retriever = Retriever.open(empty_lab, build(empty_lab, corpus))
    found = retriever.find("Which mill lives with the sculptor?")
    assert found[0].text == "A sculptor lives here, not far."
    assert found[0].score > found[1].score > 0
    retriever.close()


def test_other_forms_of_words_and_halves_of_compounds_are_found(asked: Callable[..., list[Answer]]) -> None:
    (answer,) = asked("Was sagte die Versammlung zur Brücke?")
    assert answer.hit.text == FILES["bruecke"]


def test_near_copies_are_one_passage_that_counts_them(asked: Callable[..., list[Answer]]) -> None:
    (answer,) = asked("When did the mill burn down?")
    assert answer.text.startswith("The mill burned down in 1901.")
    assert answer.hit.copies == 1


@pytest.mark.parametrize(
    "question",
    [
        "When was Elena Marchetti born?",
        "Who built the bridge in 1974?",
        "Did the bakery of Elena burn down?",
        "quantum chromodynamics",
        "",
        "?!",
    ],
)
def test_what_no_document_names_is_declined(asked: Callable[..., list[Answer]], question: str) -> None:
    assert asked(question) == []


@pytest.mark.parametrize(
    "question", ['"mill" OR bridge*', "NEAR(mill, 3)", "words:mill", "mill'; DROP TABLE", "-mill"]
)
def test_signs_of_a_query_language_are_only_words(asked: Callable[..., list[Answer]], question: str) -> None:
    asked(question)
    assert asked("When did the mill burn down?")


def test_a_filter_leaves_other_documents_out(asked: Callable[..., list[Answer]]) -> None:
    (answer,) = asked("When did the mill burn down?", Filters(author="Hazel"))
    assert (answer.hit.author, answer.hit.copies) == ("Hazel", 0)
    assert asked("When did the mill burn down?", Filters(since="2026-01-01")) == []


def test_a_forgotten_document_is_not_in_the_next_answer(
    asked: Callable[..., list[Answer]], empty_lab: Lab
) -> None:
    (answer,) = asked("Who built the bridge in 1862?")
    marks = Forgotten.read(empty_lab.root).with_more([Tombstone("id", answer.hit.document)])
    marks.write(empty_lab.root)
    assert asked("Who built the bridge in 1862?") == []


def test_after_a_rebuild_no_byte_of_the_passages_has_a_forgotten_word(
    asked: Callable[..., list[Answer]], empty_lab: Lab
) -> None:
    (answer,) = asked("Who built the bridge in 1862?")

    def found() -> bool:
        return any(b"hild" in path.read_bytes() for path in (empty_lab.root / "passages").rglob("*.db"))

    assert found()
    marks = Forgotten.read(empty_lab.root).with_more([Tombstone("id", answer.hit.document)])
    marks.write(empty_lab.root)
    rebuild(empty_lab)
    assert not found()
    (made,) = empty_lab.all("passages")
    assert made.inputs["corpus"] == empty_lab.need("corpus", "main", hint="").id
    retriever = Retriever.open(empty_lab, made)
    near = retriever.find("Who built the bridge in 1862?")
    assert answer.hit.document not in [hit.document for hit in near]
    assert retriever.find("When did the mill burn down?")
    retriever.close()


def test_the_verb_builds_once_and_shows_quotes_with_their_sources(
    asked: Callable[..., list[Answer]], empty_lab: Lab
) -> None:
    def run(*more: str) -> str:
        found = CliRunner().invoke(cli, ["find", "--lab", str(empty_lab.root), *more], catch_exceptions=False)
        assert found.exit_code == 0
        return found.output

    assert "» The old bridge was built by Ada Brook in 1862." in run("Who built the bridge in 1862?")
    assert "nothing in your content answers this" in run("Who built the bridge in 1974?")
    assert "has these words" in run("quantum chromodynamics")
    (answer,) = json.loads(run("--json", "Who built the bridge in 1862?"))["quotes"]
    assert FILES["bridge"][answer["quote_start"] : answer["quote_end"]] == answer["quote"]


def test_a_day_that_is_none_is_refused_in_words(empty_lab: Lab) -> None:
    found = CliRunner().invoke(cli, ["find", "--lab", str(empty_lab.root), "--since", "May", "mill"])
    assert "expected --since to be a day" in str(found.exception)
