"""A document survives the way to a Parquet row and back; rows of older labs are read."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glaswerk.core.document import (
    DOCUMENT_COLUMNS,
    Document,
    Message,
    Rights,
    from_row,
    from_rows,
    to_columns,
    to_row,
)

_RIGHTS = st.builds(
    Rights,
    st.text(),
    st.sampled_from(["own", "public", "licensed", "synthetic", "unknown"]),
    st.sampled_from(["public", "limited", "private"]),
    st.booleans(),
)
_TURNS = st.lists(
    st.builds(lambda role, content: Message(role=role, content=content), st.text(), st.text()), max_size=3
).map(tuple)
_DOCUMENTS = st.builds(
    Document,
    id=st.text(),
    source=st.text(),
    text=st.text(),
    rights=_RIGHTS,
    author=st.text(),
    created_at=st.none() | st.datetimes(timezones=st.just(UTC)),
    reply_to=st.text(),
    media=st.lists(st.text(), max_size=3).map(tuple),
    derived_from=st.lists(st.text(), max_size=3).map(tuple),
    messages=_TURNS,
    rejected=_TURNS,
)
PLAIN = Document("x:1", "s", "text", Rights("CC0-1.0", "own"))


@settings(max_examples=30)
@given(document=_DOCUMENTS)
def test_documents_survive_the_way_to_a_row_and_back(document: Document) -> None:
    row = to_row(document)
    assert set(row) == set(DOCUMENT_COLUMNS)
    assert from_row(row) == document


@settings(max_examples=10)
@given(documents=st.lists(_DOCUMENTS, max_size=4))
def test_columns_hold_the_rows_one_below_the_other(documents: list[Document]) -> None:
    columns = to_columns(documents)
    rows = [{name: column[i] for name, column in columns.items()} for i in range(len(documents))]
    assert list(from_rows(rows)) == documents


def test_a_time_without_a_zone_is_read_as_utc_and_another_zone_is_kept() -> None:
    naive = datetime(2020, 5, 4, 3, 2, 1)  # noqa: DTZ001
    assert from_row(to_row(PLAIN) | {"created_at": naive}).created_at == naive.replace(tzinfo=UTC)
    east = naive.replace(tzinfo=timezone(timedelta(hours=2)))
    assert from_row(to_row(PLAIN) | {"created_at": east}).created_at == naive.replace(hour=1, tzinfo=UTC)


@pytest.mark.parametrize("gone", ["rejected", "derived_from"])
def test_rows_of_older_labs_lack_newer_columns(gone: str) -> None:
    row = to_row(PLAIN)
    del row[gone]
    assert from_row(row) == PLAIN


@pytest.mark.parametrize("column", ["media", "messages", "rejected", "derived_from"])
def test_a_list_that_parquet_has_as_null_is_empty(column: str) -> None:
    assert from_row(to_row(PLAIN) | {column: None}) == PLAIN


def test_a_row_shares_no_list_and_no_turn_with_its_document() -> None:
    turn = Message(role="user", content="hello")
    document = Document("x:1", "s", "", Rights("CC0-1.0"), media=("a.png",), messages=(turn,))
    row = to_row(document)
    row["media"].append("b.png")
    row["messages"][0]["content"] = "changed"
    assert document.media == ("a.png",)
    assert document.messages[0]["content"] == "hello"


def test_what_nobody_said_is_unknown_public_and_not_reserved() -> None:
    assert Rights("MIT") == Rights("MIT", acquired="unknown", audience="public", tdm_opt_out=False)
