"""Links to what a document was derived from are read in every way that people write them, or refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glaswerk.core.document import Document, Rights, from_row, to_row
from glaswerk.core.errors import GlaswerkError
from glaswerk.data.references import derived_from, document_id
from glaswerk.data.source import add_chats, add_docs, add_images, add_preferences
from glaswerk.data.store.parquet import SCHEMA, read_rows
from glaswerk.lab import Artifact, Lab

TURNS = [{"role": "user", "content": "Is the ford dry?"}, {"role": "assistant", "content": "Since May."}]


def links(source: Artifact) -> list[list[str]]:
    return [row["derived_from"] for row in read_rows(source.path / "documents.parquet")]


def lines(folder: Path, *rows: dict[str, Any]) -> Path:
    path = folder / "rows.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("x:5", ("x:5",)),
        (5, ("x:5",)),
        ("5", ("x:5",)),
        ("https://x.com/hazel/status/5?s=20", ("x:5",)),
        (["x:5", "5", "gazette:week 1.md", " rows:a#1 "], ("x:5", "gazette:week 1.md", "rows:a#1")),
        ([], ()),
        ("", ()),
        (None, ()),
    ],
)
def test_ids_addresses_and_numbers_of_x_mean_the_same_and_others_stay(
    written: Any, read: tuple[str, ...]
) -> None:
    assert derived_from({"derived_from": written}, "here") == read


@pytest.mark.parametrize("written", [1.5, True, {"id": "x:5"}, ["x:5", ""], [["x:5"]], [None]])
def test_a_link_that_cannot_be_read_is_an_error_that_names_its_place(written: Any) -> None:
    with pytest.raises(GlaswerkError, match=r"'derived_from' in rows\.jsonl, line 3, found"):
        derived_from({"derived_from": written}, "rows.jsonl, line 3")


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(_JSON)
def test_whatever_stands_there_is_read_as_ids_or_refused(value: Any) -> None:
    try:
        found = derived_from({"derived_from": value}, "here")
    except GlaswerkError:
        return
    assert all(isinstance(name, str) and name for name in found)


def test_dialogues_preferences_and_documents_carry_their_links(empty_lab: Lab, tmp_path: Path) -> None:
    said = {"derived_from": ["x:5", "gazette:week-1.md"]}
    pair = {"prompt": "Is the ford dry?", "chosen": "Since May.", "rejected": "No.", **said}
    rows = lines(tmp_path, {"messages": TURNS, **said})
    expected = [["x:5", "gazette:week-1.md"]]
    assert links(add_chats(empty_lab, [rows], licence="CC0-1.0", name="chats")) == expected
    assert links(add_preferences(empty_lab, [lines(tmp_path, pair)], licence="CC0", name="pairs")) == expected
    page = lines(tmp_path, {"text": "The ford is dry.", **said})
    assert links(add_docs(empty_lab, [page], licence="CC0-1.0", name="docs")) == expected
    pq.write_table(pa.Table.from_pylist([{"text": "The ford is dry.", **said}]), tmp_path / "rows.parquet")
    made = add_docs(empty_lab, [tmp_path / "rows.parquet"], licence="CC0-1.0", name="table")
    assert links(made) == expected


@pytest.mark.parametrize(
    ("front", "read"), [("x:5", ["x:5"]), ('["5", gazette:week-1.md]', ["x:5", "gazette:week-1.md"])]
)
def test_front_matter_of_a_summary_says_what_it_sums_up(
    empty_lab: Lab, tmp_path: Path, front: str, read: list[str]
) -> None:
    (tmp_path / "sum.md").write_text(f"---\nderived_from: {front}\n---\nThe ford is dry since May.")
    made = add_docs(empty_lab, [tmp_path / "sum.md"], licence="CC0-1.0")
    assert links(made) == [read]


def test_a_list_in_front_matter_that_is_written_below_its_name_is_refused(
    empty_lab: Lab, tmp_path: Path
) -> None:
    (tmp_path / "sum.md").write_text("---\nderived_from:\n  - x:5\n---\nThe ford is dry since May.")
    with pytest.raises(GlaswerkError, match="expected ids of documents as 'derived_from'"):
        add_docs(empty_lab, [tmp_path / "sum.md"], licence="CC0-1.0")


def test_tolerant_reading_counts_rows_with_broken_links(empty_lab: Lab, tmp_path: Path) -> None:
    good, broken = {"messages": TURNS}, {"messages": TURNS, "derived_from": {"id": 5}}
    pairs = [{"prompt": "a", "chosen": "b", "rejected": "c", "derived_from": said} for said in ("x:5", 1.5)]
    rows = lines(tmp_path, good, broken)
    with pytest.raises(GlaswerkError, match=r"derived_from.*line 2"):
        add_chats(empty_lab, [rows], licence="CC0-1.0")
    made = add_chats(empty_lab, [rows], licence="CC0-1.0", tolerant=True)
    assert made.stats["left_out"] == {"broken_record": 1}
    made = add_preferences(empty_lab, [lines(tmp_path, *pairs)], licence="CC0-1.0", tolerant=True)
    assert (links(made), made.stats["left_out"]) == ([["x:5"]], {"broken_record": 1})


def test_captions_carry_their_links_and_broken_ones_are_counted(
    empty_lab: Lab, town: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "images"
    folder.mkdir()
    rows = []
    for number, said in enumerate(("x:5", 1.5)):
        name = f"town-0000{number}.png"
        (folder / name).write_bytes((town / "images" / name).read_bytes())
        rows.append({"file_name": name, "text": "A drawing of the ford", "derived_from": said})
    (folder / "metadata.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    with pytest.raises(GlaswerkError, match="derived_from"):
        add_images(empty_lab, [folder], licence="CC0-1.0")
    made = add_images(empty_lab, [folder], licence="CC0-1.0", tolerant=True)
    assert (links(made), made.stats["left_out"]) == ([["x:5"]], {"broken_record": 1})


def test_rows_of_older_labs_have_no_links() -> None:
    row = to_row(Document("a:1", "a", "text", Rights("CC0-1.0"), derived_from=("x:5",)))
    assert from_row(row).derived_from == ("x:5",)
    del row["derived_from"]
    assert from_row(row).derived_from == ()
    assert "derived_from" in SCHEMA.names


def test_an_address_of_a_post_is_its_id() -> None:
    assert document_id("https://twitter.com/hazel/status/5/photo/1") == "x:5"
    assert document_id("https://example.org/5") == "https://example.org/5"


@pytest.mark.parametrize(
    "address",
    [
        "https://x.com/i/web/status/123",
        "https://twitter.com/u/statuses/123",
        "https://X.com/u/status/123",
        "HTTPS://m.twitter.com/u/status/123",
        "mobile.twitter.com/u/status/123",
        "www.x.com/i/status/123/",
        "x.com/u/status/123?s=20",
        "https://twitter.com/#!/u/status/123",
        "X:123",
        " x:123 ",
        "123",
    ],
)
def test_a_post_is_found_in_whichever_form_its_address_is_written(address: str) -> None:
    assert document_id(address) == "x:123"


@pytest.mark.parametrize("address", ["https://x.com/hazel", "X.com/u/status/hazel", "https://t.twitter.com/"])
def test_an_address_of_x_that_is_no_posts_is_refused_rather_than_marked_in_vain(address: str) -> None:
    with pytest.raises(GlaswerkError, match="expected the address of a post"):
        document_id(address)


@pytest.mark.parametrize(
    "identifier", ["https://mastodon.example/users/u/statuses/123", "https://box.com/u/status/123", "X:hazel"]
)
def test_addresses_of_other_hosts_are_ids_as_they_stand(identifier: str) -> None:
    assert document_id(identifier) == identifier
