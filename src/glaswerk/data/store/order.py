"""Sorting sources by document id, so that no later step depends on the order of the input."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

# DuckDB's memory while sorting; beyond it, sorting spills to disk.
SORT_MEMORY = "600MB"
# The suffix of an id that an earlier document with another text already had.
_AGAIN = re.compile(r"~[0-9]+$")
GIVEN_ID = "regexp_replace(id, '~[0-9]+$', '')"
# A lookup by id reads one row group: 8,192 posts are about 1 MB. Large documents end a group earlier.
GROUP_ROWS = 8192
GROUP_BYTES = 32 << 20
_ROWS_TABLE = """
    CREATE TEMP TABLE rows AS
    SELECT file_row_number AS row, id, md5_number(text) AS text_hash,
           list_position(['public', 'limited', 'private'], audience) AS tight, tdm_opt_out AS opted_out
    FROM read_parquet(?, file_row_number = true)
"""
# Of documents with the same id, the first keeps it and those with other texts become id~2, id~3 …. An id of
# X belongs to one post, whatever its text. Among repeats with the same text, the choice of the one that
# stays must not decide who may see it: the tightest audience and any reservation among them apply.
# Only repeated ids are examined, so memory grows with their number alone.
_REPEATED = """
    CREATE TEMP TABLE fix AS
    WITH again AS (SELECT id FROM rows GROUP BY id HAVING count(*) > 1),
    texts AS (
        SELECT id, min(row) AS row, max(tight) AS tight, bool_or(opted_out) AS opted_out
        FROM rows SEMI JOIN again USING (id)
        GROUP BY id, CASE WHEN starts_with(id, 'x:') THEN 0 ELSE text_hash END),
    kept AS (
        SELECT *, row_number() OVER (PARTITION BY id ORDER BY row) AS place FROM texts)
    SELECT rows.row, place, CASE WHEN place > 1 THEN rows.id || '~' || place
                                 WHEN place = 1 THEN rows.id END AS new_id,
           ['public', 'limited', 'private'][kept.tight] AS tightest, kept.opted_out
    FROM rows SEMI JOIN again USING (id) LEFT JOIN kept ON rows.row = kept.row
"""
# If another document already has an id made here, the id is extended until it is unique.
_TAKEN = """
    SELECT fix.row, fix.new_id || '~' || (1 + row_number() OVER (PARTITION BY fix.new_id ORDER BY fix.row))
           AS longer
    FROM fix WHERE fix.place > 1 AND fix.new_id IN (
        SELECT id FROM rows UNION ALL
        SELECT new_id FROM fix WHERE place > 1 GROUP BY new_id HAVING count(*) > 1)
"""
_SORTED = """
    SELECT files.* EXCLUDE (file_row_number) REPLACE (
        coalesce(new_id, files.id) AS id, coalesce(tightest, files.audience) AS audience,
        coalesce(opted_out, files.tdm_opt_out) AS tdm_opt_out)
    FROM read_parquet(?, file_row_number = true) files LEFT JOIN fix ON file_row_number = fix.row
    WHERE fix.row IS NULL OR new_id IS NOT NULL ORDER BY coalesce(new_id, files.id)
"""


def given_id(identifier: str) -> str:
    """The id under which a document was added: `id` for `id~2`. GIVEN_ID is the same in SQL."""
    return _AGAIN.sub("", identifier)


def sort_documents(path: Path, schema: Any) -> int:
    """Sort a Parquet file of documents by id and make ids unique; returns the number of repeats dropped.

    The order is by UTF-8 bytes, which is also Python's order of strings. Of documents with the same id and
    text, the first stays, with the tightest audience and any reservation among them; another text under
    the same id becomes `id~2`. Memory: SORT_MEMORY.
    """
    before = pq.read_metadata(path).num_rows
    scratch, spill = path.with_name(f".{path.name}.sorting"), path.with_name(f".{path.name}.spill")
    with connect(spill) as db:
        db.execute(_ROWS_TABLE, [str(path)])
        db.execute(_REPEATED)
        _make_unique(db)
        db.execute("DROP TABLE rows")
        rows = db.sql(_SORTED, params=[str(path)])
        with pq.ParquetWriter(scratch, schema, compression="zstd", compression_level=3) as writer:
            for table in _groups(rows.to_arrow_reader(min(2048, GROUP_ROWS))):
                writer.write_table(conform(table, schema))
    os.replace(scratch, path)
    return int(before - pq.read_metadata(path).num_rows)


def _make_unique(db: duckdb.DuckDBPyConnection) -> None:
    while db.sql(f"SELECT count(*) FROM ({_TAKEN})").fetchall() != [(0,)]:
        db.execute(f"CREATE OR REPLACE TEMP TABLE taken AS {_TAKEN}")
        db.execute("UPDATE fix SET new_id = taken.longer FROM taken WHERE fix.row = taken.row")


def in_order(path: Path, schema: Any, scratch: Path) -> Path:
    """`path` if its ids ascend, else a sorted copy in the folder `scratch`.

    Sources written by older versions may be unsorted.
    """
    last = ""
    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(GROUP_ROWS, columns=["id"]):
            ids = batch.column(0)
            if len(ids) and (last >= ids[0].as_py() or not pc.all(pc.less(ids[:-1], ids[1:])).as_py()):
                break
            last = ids[-1].as_py() if len(ids) else last
        else:
            return path
    copy = scratch / f"{path.parent.name}.sorted"
    if not copy.exists():
        partial = scratch / f"{path.parent.name}.unsorted"
        shutil.copyfile(path, partial)
        sort_documents(partial, schema)
        os.replace(partial, copy)
    return copy


def conform(table: Any, schema: Any) -> Any:
    """A table with the schema's columns; those that an older version did not write are null."""
    for field in schema:
        if field.name not in table.column_names:
            table = table.append_column(field, pa.nulls(table.num_rows, field.type))
    return table.select(schema.names).cast(schema)


def connect(spill: Path, memory: str = SORT_MEMORY) -> duckdb.DuckDBPyConnection:
    """An in-memory DuckDB database that spills to the folder `spill` beyond `memory`."""
    db = duckdb.connect()
    db.execute("SET TimeZone = 'UTC'")
    db.execute(f"SET memory_limit = '{memory}'")
    # Queries state ORDER BY where order matters; preserving it elsewhere costs memory.
    db.execute("SET preserve_insertion_order = false")
    db.execute(f"SET temp_directory = '{str(spill).replace(chr(39), chr(39) * 2)}'")
    return db


def _groups(batches: Any) -> Iterator[Any]:
    """The batches joined into tables of one row group each."""
    held: list[Any] = []
    for batch in batches:
        held.append(batch)
        if sum(b.num_rows for b in held) >= GROUP_ROWS or sum(b.nbytes for b in held) >= GROUP_BYTES:
            yield pa.Table.from_batches(held)
            held = []
    if held:
        yield pa.Table.from_batches(held)
