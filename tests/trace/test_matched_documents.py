"""Documents behind a match: the excerpt always contains the match, and names what the reader may know."""

from __future__ import annotations

import unicodedata
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from handmade import write_corpus
from hypothesis import given
from hypothesis import strategies as st

from glaswerk.core.artifact_files import DECISIONS
from glaswerk.core.document import Document, Message, Rights
from glaswerk.core.errors import GlaswerkError
from glaswerk.data.store.decisions import DECISION_SCHEMA
from glaswerk.lab import Lab
from glaswerk.trace.matched_documents import DocumentCache, copies_of, locate, readable

CC0 = Rights("CC0-1.0", acquired="own")
WORDS = st.lists(st.sampled_from(["mill", "öl", "学校", "a", "🦆", "don't"]), min_size=1, max_size=400)


def page(text: str) -> Document:
    return Document("p", "pages", text, CC0, author="anna", url="https://example.org/p", kind="page")


def turns(*texts: str) -> tuple[Message, ...]:
    return tuple(Message(role=("user", "assistant")[i % 2], content=text) for i, text in enumerate(texts))


@given(WORDS, WORDS)
def test_the_offsets_of_a_match_are_those_of_the_span_in_the_excerpt(
    before: list[str], after: list[str]
) -> None:
    text = " ".join([*before, "the quince jam", *after])
    match = locate(page(text), "the quince jam", "train")
    assert match is not None
    assert match.text[match.match_start : match.match_end] == "the quince jam"
    assert match.text in text
    assert len(match.text) <= 2000 + len("the quince jam")
    if len(text) <= 2000:
        assert match.text == text


@given(WORDS.filter(lambda words: len(words) > 300))
def test_an_excerpt_of_a_long_document_cuts_no_word(words: list[str]) -> None:
    text = " ".join([*words, *words, "the quince jam", *words, *words])
    match = locate(page(text), "the quince jam", "train")
    assert match is not None
    start = text.index(match.text)
    assert start == 0 or text[start - 1] == " "
    assert set(match.text.split()) <= {*words, "the", "quince", "jam"}


def test_a_very_long_word_is_cut_rather_than_dropped() -> None:
    match = locate(page("x" * 5000 + " the mill " + "y" * 5000), "the mill", "train")
    assert match is not None
    assert match.text[match.match_start : match.match_end] == "the mill"
    assert len(match.text) <= 2010


def test_a_span_inside_a_longer_word_is_not_the_match() -> None:
    match = locate(page("The treadmill. The mill."), "mill", "train")
    assert match is not None
    assert match.match_start == len("The treadmill. The ")
    assert locate(page("The treadmill."), "mill", "train") is None


def test_a_match_carries_author_rights_and_place() -> None:
    created = datetime(2021, 5, 1, tzinfo=UTC)
    document = Document(
        "x:1", "posts", "the mill", CC0, author="anna", created_at=created, kind="post", url="https://x"
    )
    match = locate(document, "the mill", "train", duplicates=3)
    assert match is not None
    assert match.to_json() == {
        "id": "x:1",
        "author": "anna",
        "created_at": "2021-05-01T00:00:00+00:00",
        "text": "the mill",
        "match_start": 0,
        "match_end": 8,
        "licence": "CC0-1.0",
        "url": "https://x",
        "source": "posts",
        "kind": "post",
        "split": "train",
        "side": "",
        "duplicates": 3,
    }


@pytest.mark.parametrize(
    ("span", "found"), [("Who lives here", True), ("user Who", False), ("here assistant assistant", False)]
)
def test_role_names_between_turns_are_not_part_of_a_match(span: str, found: bool) -> None:
    document = Document("d", "chats", "", CC0, messages=turns("Who lives here", "assistant work"))
    assert (locate(document, span, "chat") is not None) is found


@given(st.lists(st.text(max_size=10), min_size=1, max_size=5))
def test_the_ranges_of_a_readable_dialogue_are_its_turns(texts: list[str]) -> None:
    document = Document("d", "chats", "", CC0, messages=turns(*texts))
    text, ranges = readable(document)
    assert [text[start:end] for start, end in ranges] == texts
    assert text.count("user: ") >= (len(texts) + 1) // 2


@given(st.text(max_size=30))
def test_a_page_is_readable_as_it_is(text: str) -> None:
    assert readable(page(text)) == (text, [(0, len(text))])


def test_each_side_of_a_pair_shows_its_own_answer() -> None:
    document = Document(
        "q", "pairs", "", CC0, messages=turns("Who?", "Anna."), rejected=turns("x", "Go away.")[1:]
    )
    assert readable(document, "chosen")[0] == "user: Who?\n\nassistant: Anna."
    assert readable(document, "rejected")[0] == "user: Who?\n\nassistant: Go away."
    match = locate(document, "Go away", "preference", side="rejected")
    assert match is not None
    assert match.side == "rejected"
    assert locate(document, "Go away", "preference", side="chosen") is None


def test_a_composed_span_is_found_in_a_decomposed_document() -> None:
    decomposed = unicodedata.normalize("NFD", "das Café")
    match = locate(page(decomposed), unicodedata.normalize("NFC", "das Café"), "train")
    assert match is not None
    assert match.text[match.match_start : match.match_end] == "das Café"


@pytest.fixture
def corpus(empty_lab: Lab) -> Path:
    documents = [Document(f"p{i}", "s", f"text {i}", CC0) for i in range(5)]
    return write_corpus(empty_lab, {"train": documents}).path


def test_documents_are_read_by_id_in_any_order_and_more_than_once(corpus: Path) -> None:
    cache = DocumentCache(corpus)
    found = cache.get(["p3", "p0", "p3"])
    assert {name: document.text for name, document in found.items()} == {"p3": "text 3", "p0": "text 0"}
    assert cache.get(["p0", "p4"])["p0"] is found["p0"]
    assert cache.get([]) == {}


def test_a_document_that_the_corpus_lacks_is_an_error_with_its_name(corpus: Path) -> None:
    with pytest.raises(GlaswerkError, match="lacks the document 'p9'") as error:
        DocumentCache(corpus).get(["p0", "p9"])
    assert error.value.hint == f"glaswerk verify corpus:{corpus.name}"


def write_decisions(corpus: Path, duplicate_of: list[str]) -> None:
    rows = [
        {"document": f"c{i}", "kept": False, "reason": "repeated-text", "duplicate_of": kept}
        for i, kept in enumerate(duplicate_of)
    ]
    pq.write_table(pa.Table.from_pylist(rows, schema=DECISION_SCHEMA), corpus / DECISIONS)


def test_copies_are_counted_by_the_document_that_was_kept(corpus: Path) -> None:
    write_decisions(corpus, ["p0", "p0", "p1", ""])
    assert copies_of(corpus) == {"p0": 2, "p1": 1}
    assert copies_of(corpus, {"c0", "c2", "c3"}) == {"p0": 1, "p1": 1}
    assert copies_of(corpus, set()) == {}
    assert DocumentCache(corpus).copies(["c1"]) == {"p0": 1}


def test_a_corpus_without_decisions_has_no_copies(corpus: Path) -> None:
    assert copies_of(corpus) == {}
