"""Whether a text is one SELECT over known tables, by DuckDB's own parser.

DuckDB is also told not to touch files and networks; this check comes before it, and keeps a query from the
rows that the views over them leave out.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from typing import Any

import duckdb

LONGEST = 4_000
# Functions that stand where a table does; all others there read files, settings or other tables.
_TABLES = frozenset({"range", "generate_series", "unnest"})
# They say where things are on this machine, or wait.
_BARRED = (
    "current_setting",
    "getenv",
    "getvariable",
    "sleep",
    "write_log",
    "read_",
    "query",
    "pragma_",
    "duckdb_",
)
_ONE = "expected one SELECT, such as SELECT count(*) FROM documents"


class NotOneSelect(ValueError):
    """What was expected and what was found."""


def check(db: duckdb.DuckDBPyConnection, text: str, tables: Collection[str]) -> None:
    """Raises NotOneSelect for what is not one SELECT over `tables`."""
    if len(text) > LONGEST:
        raise NotOneSelect(f"expected a query of up to {LONGEST:,} characters, found {len(text):,}")
    try:
        ((found,),) = db.execute("SELECT json_serialize_sql(?)", [text]).fetchall()
        tree = json.loads(found)
    except (duckdb.Error, ValueError, RecursionError) as error:
        raise NotOneSelect(f"{_ONE}, found {text[:80]!r}") from error
    if tree.get("error"):
        raise NotOneSelect(f"{_ONE}, found: {str(tree.get('error_message'))[:200]}")
    if len(tree.get("statements", ())) != 1:
        raise NotOneSelect(f"{_ONE}, found {len(tree.get('statements', ()))} statements")
    nodes = list(_nodes(tree))
    known = {name.lower() for name in tables} | {name.lower() for node in nodes for name in _named(node)}
    for node in nodes:
        _check_node(node, known)


def _check_node(node: dict[str, Any], known: Collection[str]) -> None:
    kind, function = node.get("type"), str(node.get("function_name") or "").lower()
    if kind == "SHOW_REF":
        raise NotOneSelect(f"{_ONE}, found DESCRIBE or SHOW")
    if kind == "BASE_TABLE":
        name = str(node.get("table_name"))
        if name.lower() not in known or node.get("schema_name") or node.get("catalog_name"):
            raise NotOneSelect(f"expected one of the tables {', '.join(sorted(known))}, found {name[:80]!r}")
    if kind == "TABLE_FUNCTION":
        function = str((node.get("function") or {}).get("function_name")).lower()
        if function not in _TABLES:
            raise NotOneSelect(f"expected a table or {', '.join(sorted(_TABLES))}, found {function[:80]!r}")
    elif function.startswith(_BARRED):
        raise NotOneSelect(f"expected functions of values, found {function[:80]!r}")


def _nodes(tree: Any) -> Iterator[dict[str, Any]]:
    waiting = [tree]
    while waiting:
        found = waiting.pop()
        if isinstance(found, dict):
            yield found
        waiting += (
            list(found.values()) if isinstance(found, dict) else found if isinstance(found, list) else []
        )


def _named(node: dict[str, Any]) -> Iterator[str]:
    """Names that a query gives itself: WITH name AS …"""
    made = node.get("cte_map")
    for one in made.get("map", ()) if isinstance(made, dict) else ():
        yield str(one.get("key"))
