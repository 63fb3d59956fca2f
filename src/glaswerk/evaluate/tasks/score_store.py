"""Scores kept in the lab, so that a run that was cut short, or a second report, asks nothing twice.

Under the model's digest and how it is computed; of a request only the digest is kept, no words.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import closing
from pathlib import Path

from glaswerk.infer import Score

STORE = "scores.db"
# What changes a score beyond rounding: raise it with the way requests are encoded or computed.
_METHOD = "tree/1 fp32"
_AT_ONCE = 500
_FIGURES = "value, tokens, bytes, greedy"
Row = tuple[list[int], int]


class ScoreStore:
    """Scores of one model. Not safe for several threads; several processes may share the file."""

    def __init__(self, path: Path, model_digest: str) -> None:
        self._path, self._model = path, f"{model_digest} {_METHOD}"
        with closing(self._connected()) as database, database:
            database.execute(
                "CREATE TABLE IF NOT EXISTS scores (model TEXT, request BLOB, value REAL, tokens INTEGER, "
                "bytes INTEGER, greedy INTEGER, PRIMARY KEY (model, request)) WITHOUT ROWID"
            )

    def known(self, rows: Sequence[Row]) -> list[Score | None]:
        """The stored score of each row (ids, scored at the end), None where there is none."""
        keys = [_key(row) for row in rows]
        found: dict[bytes, Score] = {}
        with closing(self._connected()) as database:
            for start in range(0, len(keys), _AT_ONCE):
                part = keys[start : start + _AT_ONCE]
                marks = ",".join("?" * len(part))
                query = f"SELECT request, {_FIGURES} FROM scores WHERE model = ? AND request IN ({marks})"
                for key, value, tokens, size, greedy in database.execute(query, [self._model, *part]):
                    found[key] = Score(value, tokens, size, bool(greedy))
        return [found.get(key) for key in keys]

    def keep(self, rows: Iterable[Row], scores: Iterable[Score]) -> None:
        """Store scores; those that another process stored meanwhile stay."""
        values = [
            (self._model, _key(row), s.log_probability, s.tokens, s.bytes, s.greedy)
            for row, s in zip(rows, scores, strict=True)
        ]
        with closing(self._connected()) as database, database:
            database.executemany("INSERT OR IGNORE INTO scores VALUES (?, ?, ?, ?, ?, ?)", values)

    def _connected(self) -> sqlite3.Connection:
        return sqlite3.connect(self._path, timeout=60)


def _key(row: Row) -> bytes:
    return hashlib.blake2b(json.dumps(row).encode(), digest_size=16).digest()
