"""The tool `tables`: one SELECT over the documents that may be shown, within bounds, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from glaswerk.core.document import Document, Message, Rights, to_row
from glaswerk.data.store.parquet import SCHEMA
from glaswerk.tools.sql import NotOneSelect
from glaswerk.tools.tables import Rows, Shown, TableBounds, select

Ask = Callable[..., Rows]


@pytest.fixture
def shown(tmp_path: Path) -> Shown:
    """Two posts for everybody; a private one, a hidden one and a dialogue."""
    public, private = Rights("CC0-1.0", "own"), Rights("CC0-1.0", "own", audience="private")
    said = (Message(role="user", content="?"), Message(role="assistant", content="!"))
    documents = [
        Document("a1", "posts", "The mill burned.", public, author="clara", kind="post"),
        Document("a2", "posts", "One | two\nthree", public, author="jonas", kind="post"),
        Document("p1", "posts", "My diary.", private, author="clara", kind="post"),
        Document("h1", "posts", "Forgotten.", public, author="clara", kind="post"),
        Document("d1", "chats", "", public, kind="dialogue", messages=said),
    ]
    file = tmp_path / "documents.parquet"
    pq.write_table(pa.Table.from_pylist([to_row(one) for one in documents], schema=SCHEMA), file)
    return Shown(file, ("public",), {"h1"})


@pytest.fixture
def ask(shown: Shown) -> Ask:
    def run(query: str, **bounds: Any) -> Rows:
        return select(shown, query, TableBounds(**bounds))

    return run


def test_only_what_may_be_shown_is_there(ask: Ask) -> None:
    found = ask("SELECT id, author FROM documents ORDER BY id")
    assert found.columns == ["id", "author"]
    assert found.rows == [["a1", "clara"], ["a2", "jonas"]]


def test_a_query_may_join_group_and_name_parts_of_itself(ask: Ask) -> None:
    query = """WITH authors AS (SELECT author, count(*) AS n FROM documents GROUP BY author)
    SELECT a.author, a.n FROM authors a JOIN documents d ON d.author = a.author ORDER BY 1"""
    assert ask(query).rows == [["clara", "1"], ["jonas", "1"]]


def test_rows_and_cells_are_bounded_and_say_so(ask: Ask) -> None:
    found = ask("SELECT i, repeat('x', 100) FROM range(100) t(i)", rows=3, cell=10)
    assert len(found.rows) == 3
    assert found.rows[0][1] == "x" * 10 + "…"
    assert found.as_text().endswith("(3 or more rows)")


def test_no_text_of_a_document_looks_like_another_row_or_cell(ask: Ask) -> None:
    assert ask("SELECT text FROM documents WHERE id = 'a2'").as_text() == "text\nOne ¦ two three\n(1 rows)"


@pytest.mark.parametrize(
    "query",
    [
        "ATTACH '/tmp/x.db'",
        "ATTACH 'http://127.0.0.1/x.db'",
        "COPY documents TO '/tmp/x.csv'",
        "COPY (SELECT 1) TO '/tmp/x.parquet'",
        "INSTALL httpfs",
        "LOAD httpfs",
        "SET enable_external_access = true",
        "PRAGMA database_list",
        "CALL pragma_version()",
        "EXPORT DATABASE '/tmp/x'",
        "IMPORT DATABASE '/tmp/x'",
        "CREATE TABLE t (a int)",
        "DROP VIEW documents",
        "INSERT INTO documents VALUES (1)",
        "UPDATE documents SET id = 1",
        "DELETE FROM documents",
        "BEGIN",
        "SELECT 1; SELECT 2",
        "SELECT 1; DROP VIEW documents",
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM read_text('/etc/passwd')",
        "SELECT * FROM read_blob('/etc/passwd')",
        "SELECT * FROM read_parquet('/tmp/*.parquet')",
        "SELECT * FROM read_json('http://127.0.0.1/')",
        "SELECT * FROM '/etc/passwd'",
        "FROM 'documents.parquet'",
        "SELECT * FROM glob('/*')",
        "SELECT * FROM sqlite_scan('a', 'b')",
        "SELECT * FROM query('SELECT * FROM arrow_rows')",
        "SELECT * FROM query_table('arrow_rows')",
        "SELECT * FROM arrow_rows",
        "SELECT * FROM main.arrow_rows",
        "SELECT * FROM memory.main.documents",
        "SELECT (SELECT count(*) FROM arrow_hidden)",
        "WITH t AS (SELECT * FROM arrow_rows) SELECT * FROM t",
        "SELECT * FROM documents WHERE id IN (SELECT id FROM arrow_hidden)",
        "SELECT * FROM information_schema.tables",
        "SELECT * FROM duckdb_settings()",
        "SELECT * FROM duckdb_secrets()",
        "SELECT * FROM pragma_table_info('arrow_rows')",
        "SELECT current_setting('temp_directory')",
        "SELECT getenv('HOME')",
        "SHOW TABLES",
        "DESCRIBE documents",
        "SELECT * FROM (SHOW ALL TABLES)",
        "EXPLAIN SELECT 1",
        "SELECT nothing FROM documents",
        "SELECT * FROM nowhere",
        "SELECT",
        "",
        "x" * 5000,
        "SELECT\x00 1",
    ],
)
def test_what_is_not_one_select_over_the_documents_is_refused(ask: Ask, query: str) -> None:
    with pytest.raises(NotOneSelect):
        ask(query)


@pytest.mark.slow
@pytest.mark.parametrize(
    "query",
    [
        "SELECT sum(a) FROM range(1000000000000) t(a)",
        "WITH RECURSIVE t AS (SELECT 1 a UNION ALL SELECT a + 1 FROM t) SELECT count(*) FROM t",
        "SELECT length(repeat('x', 2000000000))",
        "SELECT list(range) FROM range(1000000000)",
        "SELECT string_agg(text, '') FROM documents, range(100000000)",
    ],
)
def test_a_query_without_end_or_with_too_much_memory_ends(ask: Ask, query: str) -> None:
    with pytest.raises(NotOneSelect, match="expected a query"):
        ask(query, seconds=1)


def test_a_file_that_is_gone_or_broken_is_an_error_in_words(ask: Ask, shown: Shown) -> None:
    shown.file.write_bytes(b"PAR1 no parquet")
    with pytest.raises(NotOneSelect):
        ask("SELECT id FROM documents")
    shown.file.unlink()
    with pytest.raises(NotOneSelect):
        ask("SELECT id FROM documents")
