"""Ids, files and documents."""

from __future__ import annotations

import gc
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glaswerk.core.document import Document, Message, Rights, from_row, to_row
from glaswerk.core.errors import GlaswerkError
from glaswerk.core.files import write_atomic
from glaswerk.core.ids import digest_bytes, digest_file, digest_json, digest_text
from glaswerk.core.memory import no_cycle_search
from glaswerk.core.progress import track

_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(value=st.dictionaries(st.text(), _JSON, max_size=4))
def test_the_order_of_keys_does_not_change_an_id(value: dict[str, object]) -> None:
    assert digest_json(value) == digest_json(dict(reversed(value.items())))


def test_a_known_digest_stays_what_it_is() -> None:
    assert (
        digest_bytes(b"glass") == "b2:" + __import__("hashlib").blake2b(b"glass", digest_size=20).hexdigest()
    )
    assert digest_text("glass") == digest_bytes(b"glass")


def test_a_files_id_is_that_of_its_bytes(tmp_path: Path) -> None:
    data = os.urandom(3 << 20)
    (tmp_path / "f").write_bytes(data)
    assert digest_file(tmp_path / "f") == digest_bytes(data)


def test_a_failed_write_leaves_the_old_file_and_no_temporary_one(tmp_path: Path) -> None:
    path = tmp_path / "f"
    write_atomic(path, "old")
    with pytest.raises(UnicodeEncodeError):
        write_atomic(path, "new \ud800")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


@given(text=st.text(), author=st.text(), media=st.lists(st.text()), asked=st.text())
def test_documents_survive_the_way_to_a_row_and_back(
    text: str, author: str, media: list[str], asked: str
) -> None:
    document = Document(
        id="x:1",
        source="s",
        text=text,
        rights=Rights("CC0-1.0", "own"),
        author=author,
        created_at=datetime(2020, 5, 4, 3, 2, 1, tzinfo=UTC),
        media=tuple(media),
        messages=(Message(role="user", content=asked),),
    )
    assert from_row(to_row(document)) == document


def test_an_error_says_its_hint_on_a_line_of_its_own() -> None:
    assert str(GlaswerkError("expected a zip, found a folder", hint="zip it")).splitlines() == [
        "expected a zip, found a folder",
        "hint: zip it",
    ]


def test_the_search_for_cycles_rests_and_goes_on_also_after_an_error() -> None:
    with no_cycle_search():
        assert not gc.isenabled()
    with pytest.raises(KeyError), no_cycle_search():
        raise KeyError
    assert gc.isenabled()


@given(items=st.lists(st.integers()))
def test_a_bar_passes_every_item_on_in_order(items: list[int]) -> None:
    assert list(track(items, "counting")) == items
