"""A new source gets a stable name, and is refused without rights or documents."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_labs import doc

from glaswerk.core.errors import GlaswerkError
from glaswerk.data.store.new_source import ORIGINS, AuthorGate, check_rights, default_name, need_documents
from glaswerk.data.store.parquet import write_documents


@pytest.mark.parametrize(
    ("file", "begins"),
    [
        ("twitter-2024.zip", "twitter-2024-"),
        ("My Letters (final).JSONL", "my-letters-final-"),
        ("notes.tar.gz", "notes-"),
        ("日記.txt", "source-"),
        ("...", "source-"),
        ("x" * 100, "x" * 40 + "-"),
        ("a" * 39 + "-b.txt", "a" * 39 + "-"),
    ],
)
def test_a_source_is_named_after_its_first_file(file: str, begins: str) -> None:
    name = default_name(Path(file), {"licence": "CC0-1.0"})
    assert name.startswith(begins)
    assert re.fullmatch(r"[0-9a-f]{8}", name.removeprefix(begins))


def test_other_settings_make_another_name_and_the_same_ones_the_same() -> None:
    file = Path("notes.md")
    assert default_name(file, {"licence": "a"}) == default_name(file, {"licence": "a"})
    assert default_name(file, {"licence": "a"}) != default_name(file, {"licence": "b"})


@given(st.text(max_size=60).filter(lambda name: "/" not in name and "\0" not in name))
def test_any_file_name_gives_a_name_fit_for_a_folder(file: str) -> None:
    name = default_name(Path(f"_{file}"), {})
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name)
    assert len(name) <= 49


@pytest.mark.parametrize("licence", ["", "   ", "\n"])
def test_content_without_a_licence_is_refused(licence: str) -> None:
    with pytest.raises(GlaswerkError, match="expected the licence of the content") as caught:
        check_rights(licence, "own")
    assert "--licence" in (caught.value.hint or "")


@pytest.mark.parametrize("acquired", ORIGINS)
def test_every_known_origin_is_accepted(acquired: str) -> None:
    check_rights("CC0-1.0", acquired)
    with pytest.raises(GlaswerkError, match=f"{', '.join(ORIGINS)}.*found '{acquired}!'"):
        check_rights("CC0-1.0", f"{acquired}!")


def test_a_source_without_documents_is_refused_with_the_reasons_of_what_was_left_out(tmp_path: Path) -> None:
    nothing = write_documents(tmp_path / "documents.parquet", [])
    with pytest.raises(
        GlaswerkError, match=r"found none in a, b, c \(left out: like 1,200, retweet 3\)"
    ) as c:
        need_documents(nothing, ["a", "b", "c", "d"], {"retweet": 3, "like": 1200, "notice": 0})
    assert c.value.hint == "glaswerk explain like"


def test_a_source_of_nothing_at_all_asks_for_the_right_paths(tmp_path: Path) -> None:
    nothing = write_documents(tmp_path / "documents.parquet", [])
    with pytest.raises(GlaswerkError, match=r"found none in notes\.md") as caught:
        need_documents(nothing, [Path("notes.md")], {"retweet": 0})
    assert caught.value.hint == "check that the paths are right"


def test_one_document_is_enough(tmp_path: Path) -> None:
    writer = write_documents(tmp_path / "documents.parquet", [doc("a")])
    need_documents(writer, ["notes.md"], {"retweet": 3})
    assert writer.documents == 1


def test_content_of_several_authors_needs_a_word_on_how_it_was_acquired() -> None:
    gate = AuthorGate(stated=False)
    for author in ("Ada", "", "@ada"):
        gate.passed(doc("n:1", author=author, acquired="own"))
    gate.passed(doc("n:2", author="Bo", acquired="public"))
    with pytest.raises(GlaswerkError, match="'Ada' and 'Bo'") as caught:
        gate.passed(doc("n:3", author="Bo", acquired="own"))
    assert "--acquired" in str(caught.value.hint)


def test_content_of_several_authors_passes_once_its_origin_is_stated() -> None:
    gate = AuthorGate(stated=True)
    documents = [doc(f"n:{name}", author=name, acquired="own") for name in ("Ada", "Bo")]
    assert [gate.passed(document) for document in documents] == documents
