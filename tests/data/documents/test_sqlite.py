"""Databases give the rows of their tables; nothing that their schema says is run."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterable
from contextlib import closing, suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from x_docs import add, documents, mutated, zipped

from glaswerk.core.errors import GlaswerkError
from glaswerk.data.documents.sqlite import read_sqlite
from glaswerk.data.files.stored import DAMAGE, Unpacker
from glaswerk.lab import Lab

NOTES = (
    "CREATE TABLE notes (id TEXT, author TEXT, Text TEXT, picture BLOB)",
    "INSERT INTO notes VALUES ('n1', 'Ada', 'The mill turns.', x'00ff'), ('n2', 'Ada', NULL, NULL)",
    "CREATE TABLE figures (year INTEGER)",
)


def database(path: Path, statements: Iterable[str] = NOTES) -> bytes:
    path.unlink(missing_ok=True)
    with closing(sqlite3.connect(path)) as made:
        for statement in statements:
            made.execute(statement)
        made.commit()
    return path.read_bytes()


@pytest.mark.parametrize("inside", [False, True])
def test_rows_of_a_table_with_text_are_documents(empty_lab: Lab, tmp_path: Path, inside: bool) -> None:
    path = tmp_path / "base"
    data = database(path)
    if inside:
        path = tmp_path / "all.zip"
        path.write_bytes(zipped({"base": data}))
    made = add(empty_lab, path)
    (found,) = documents(made)
    assert (found.id, found.text, found.author) == ("docs:n1", "The mill turns.", "Ada")
    assert made.stats["left_out"] == {"no_text": 1, "no_text_column": 1}
    assert sorted(each.name for each in tmp_path.iterdir() if "-" in each.name) == []


def test_the_column_that_the_user_names_is_the_text(empty_lab: Lab, tmp_path: Path) -> None:
    database(tmp_path / "base", ["CREATE TABLE a (review TEXT)", "INSERT INTO a VALUES ('Good mill.')"])
    with pytest.raises(GlaswerkError, match=r"a \(review\)"):
        add(empty_lab, tmp_path / "base")
    (found,) = documents(add(empty_lab, tmp_path / "base", text_column="review"))
    assert (found.id, found.text) == ("docs:base/a#1", "Good mill.")


HOSTILE = (
    "CREATE VIEW everything AS WITH RECURSIVE n(text) AS (SELECT 1 UNION ALL SELECT text FROM n) "
    "SELECT text FROM n",
    "CREATE VIRTUAL TABLE search USING fts5(text)",
    "INSERT INTO search VALUES ('Indexed.')",
    "CREATE TABLE made (a TEXT, text TEXT GENERATED ALWAYS AS (upper(a)) VIRTUAL)",
    "INSERT INTO made (a) VALUES ('x')",
    'CREATE TABLE "odd "" name" ("text" TEXT, "a "" b" TEXT)',
    """INSERT INTO "odd "" name" VALUES ('Odd.', 'x')""",
)


def test_views_virtual_tables_and_generated_columns_are_not_run(empty_lab: Lab, tmp_path: Path) -> None:
    database(tmp_path / "base", HOSTILE)
    made = add(empty_lab, tmp_path / "base")
    assert [document.text for document in documents(made)] == ["Odd."]
    assert made.stats["left_out"] == {"no_text_column": 1}


def test_a_cut_database_is_counted_and_an_empty_one_names_what_it_lacks(
    empty_lab: Lab, tmp_path: Path
) -> None:
    data = database(tmp_path / "base")
    (tmp_path / "all.zip").write_bytes(zipped({"a.db": data[:5000], "b.db": data[:100], "c.txt": "Words."}))
    made = add(empty_lab, tmp_path / "all.zip")
    assert [document.text for document in documents(made)] == ["Words."]
    assert set(made.stats["left_out"]) <= {"cut_off", "no_text_column"}
    assert sum(made.stats["left_out"].values()) == 2


def test_a_database_with_rows_in_its_log_is_an_error(empty_lab: Lab, tmp_path: Path) -> None:
    database(tmp_path / "base")
    (tmp_path / "base-wal").write_bytes(b"rows")
    with pytest.raises(GlaswerkError, match="base-wal") as caught:
        add(empty_lab, tmp_path / "base")
    assert "close the program" in (caught.value.hint or "")


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_bytes_raise_anything_but_a_named_error(tmp_path: Path, data: st.DataObject) -> None:
    good = tmp_path / "good"
    content = good.read_bytes() if good.exists() else database(good)
    path = tmp_path / "fuzz"
    path.write_bytes(b"SQLite format 3\0" + mutated(data, content[16:]))
    with path.open("rb") as raw, suppress(GlaswerkError, *DAMAGE):
        for stored in Unpacker(Counter()).files(raw, "fuzz"):
            assert all("text" in row for _, row in read_sqlite(stored, path, Counter()))
