"""Documents go into Parquet and come back unchanged; a corpus is read by split and by id."""

from __future__ import annotations

import tempfile
from datetime import UTC
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glaswerk.core.document import Document, Message, Rights, from_rows
from glaswerk.core.errors import GlaswerkError
from glaswerk.data.curate.curate import curate
from glaswerk.data.source import add_chats, add_docs
from glaswerk.data.store.corpus import document, documents, read_documents
from glaswerk.data.store.parquet import encodable_text, read_rows, write_documents
from glaswerk.lab import Lab

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
DOCUMENTS = st.builds(
    Document,
    id=TEXT,
    source=TEXT,
    text=TEXT,
    rights=st.builds(Rights, licence=TEXT, tdm_opt_out=st.booleans()),
    author=TEXT,
    created_at=st.none() | st.datetimes(timezones=st.just(UTC)),
    url=TEXT,
    reply_to=TEXT,
    media=st.lists(TEXT, max_size=3).map(tuple),
    messages=st.lists(st.builds(Message, role=TEXT, content=TEXT), max_size=3).map(tuple),
)


@settings(max_examples=60)
@given(st.lists(DOCUMENTS, max_size=5, unique_by=lambda document: document.id))
def test_documents_come_back_from_parquet_unchanged_and_in_order(given_documents: list[Document]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "documents.parquet"
        assert write_documents(path, given_documents).documents == len(given_documents)
        assert list(from_rows(read_rows(path))) == sorted(given_documents, key=lambda document: document.id)


def test_repeated_ids_are_told_apart_but_for_posts_of_x(tmp_path: Path) -> None:
    texts = [
        ("b", "one"),
        ("a", "one"),
        ("b", "two"),
        ("b", "one"),
        ("b", "three"),
        ("x:7", "first"),
        ("x:7", "second"),
        ("a~2", "another"),
    ]
    found = [Document(id, "s", text, Rights("CC0-1.0")) for id, text in texts]
    writer = write_documents(tmp_path / "documents.parquet", found)
    rows = [(row["id"], row["text"]) for row in read_rows(tmp_path / "documents.parquet")]
    assert rows == [
        ("a", "one"),
        ("a~2", "another"),
        ("b", "one"),
        ("b~2", "two"),
        ("b~3", "three"),
        ("x:7", "first"),
    ]
    assert (writer.documents, writer.repeated) == (6, 2)
    assert writer.bytes == sum(len(text) for _, text in rows)


@given(st.text(st.characters(), max_size=20))
def test_any_text_becomes_one_that_utf8_can_hold(text: str) -> None:
    whole = encodable_text(text)
    assert whole.encode().decode() == whole
    if not any(0xD800 <= ord(c) < 0xE000 for c in text):
        assert whole == text


def test_surrogate_pairs_are_joined() -> None:
    assert encodable_text("\ud83d\ude00") == "😀"


def test_a_file_that_is_no_parquet_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "documents.parquet"
    path.write_bytes(b"PAR1 and nothing else")
    with pytest.raises(GlaswerkError, match="cannot be read"):
        list(read_rows(path))


def test_documents_are_found_by_their_ids(town: Path, empty_lab: Lab) -> None:
    add_chats(empty_lab, [town / "chats.jsonl"], licence="CC0-1.0", name="chats")
    add_docs(empty_lab, [town / "docs"], licence="CC0-1.0", name="docs")
    corpus = curate(empty_lab)
    everything = {d.id: d for d in read_documents(corpus.path)}
    wanted = list(everything)[:: max(1, len(everything) // 20)]
    assert documents(corpus.path, [*wanted, "x:none"]) == {i: everything[i] for i in wanted}
    assert document(corpus.path, wanted[0]) == everything[wanted[0]]
    assert document(corpus.path, "x:none") is None


def test_an_unknown_split_and_a_missing_corpus_are_refused(tmp_path: Path) -> None:
    with pytest.raises(GlaswerkError, match="found 'test'"):
        read_documents(tmp_path, "test")
    with pytest.raises(GlaswerkError, match=r"documents\.parquet is missing") as caught:
        read_documents(tmp_path)
    assert caught.value.hint == "glaswerk curate"
