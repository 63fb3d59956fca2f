"""The ledger of usage: one row for each answer, finished or cut. It only grows, and has no text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, dataclass, replace
from datetime import date, timedelta
from typing import Literal

from glaswerk.serve.accounts.admission import Demand, month_of, settle
from glaswerk.serve.accounts.database import Database

By = Literal["project", "key", "model", "endpoint", "day"]
_COLUMNS = "response, once, at, project, key, model, endpoint, prompt, cached, completion, spend, finish"
_GROUPS: dict[By, str] = {
    "project": "project",
    "key": "key",
    "model": "model",
    "endpoint": "endpoint",
    # Days of UTC: both databases divide whole numbers to whole numbers.
    "day": "at / 86400000",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """A row of the ledger. `at`: milliseconds since 1970; `once`: the client's idempotency key.

    `prompt`, `cached` (part of `prompt`) and `completion` are tokens, `spend` is in micro-units. `finish` is
    "stop", "length", "tool_calls", "cut" if the client left, "error"; "repeat" for the answer to a retry,
    which costs nothing and is not in the sums. An answer that was cut counts what it used, and its retry,
    too: otherwise a client that leaves at once and asks again would pay for nothing.
    """

    response: str
    once: str | None
    at: int
    project: str
    key: str
    model: str
    endpoint: str
    prompt: int
    cached: int
    completion: int
    spend: int
    finish: str


@dataclass(frozen=True, slots=True)
class Total:
    """Sums of the ledger. `name` is what they are by; `repeats` are not in them."""

    name: str
    requests: int
    prompt: int
    cached: int
    completion: int
    spend: int
    repeats: int


def record(db: Database, entry: Entry, demand: Demand) -> None:
    """Write a row, and settle what the request had taken; a second time does nothing.

    Runs in a transaction.
    """
    written = not _counted(db, entry) and _insert(db, entry)
    if not (written or _insert_repeat(db, entry)):
        return
    if written and entry.spend:
        db.execute(
            "INSERT INTO spent (key, model, month, spend) VALUES (?,?,?,?) ON CONFLICT (key, month, model) "
            "DO UPDATE SET spend = spent.spend + excluded.spend",
            *(entry.key, entry.model, month_of(entry.at), entry.spend),
        )
    settle(db, demand, entry.prompt + entry.completion, entry.at)


def _counted(db: Database, entry: Entry) -> bool:
    """Whether an earlier answer to the same idempotency key was finished, and so counted."""
    if entry.once is None:
        return False
    sql = "SELECT 1 FROM usage WHERE key = ? AND once = ? AND finish NOT IN ('repeat', 'cut')"
    return bool(db.execute(sql, entry.key, entry.once))


def _insert_repeat(db: Database, entry: Entry) -> bool:
    """Write the answer to a retry; false if this very response is there already."""
    return entry.once is not None and _insert(db, replace(entry, spend=0, finish="repeat"))


def _insert(db: Database, entry: Entry) -> bool:
    sql = f"INSERT INTO usage ({_COLUMNS}) VALUES (?,?,?,?,?,?,?,?,?,?,?,?) ON CONFLICT DO NOTHING"
    return db.changed(sql, *astuple(entry)) == 1


def owner(db: Database, response: str) -> str | None:
    """The project that a response was for; None if the ledger does not have it."""
    rows = db.execute("SELECT project FROM usage WHERE response = ?", response)
    return rows[0][0] if rows else None


def totals(db: Database, by: By, since: int = 0, project: str = "") -> list[Total]:
    """Sums by project, key, model, endpoint or day, from a time in milliseconds on."""
    group = _GROUPS[by]
    counted = "sum(CASE WHEN finish <> 'repeat' THEN {} ELSE 0 END)"
    sums = ", ".join(counted.format(name) for name in ("1", "prompt", "cached", "completion", "spend"))
    where, values = ("AND project = ?", (project,)) if project else ("", ())
    rows = db.execute(
        f"SELECT {group}, {sums}, sum(CASE WHEN finish = 'repeat' THEN 1 ELSE 0 END) FROM usage "
        f"WHERE at >= ? {where} GROUP BY {group} ORDER BY {group}",
        *(since, *values),
    )
    return [_total(by, row) for row in rows]


def _total(by: By, row: Sequence[object]) -> Total:
    name, *figures = row
    words = _day(int(str(name))) if by == "day" else str(name)
    # Postgres sums BIGINT to numeric.
    return Total(words, *(int(str(figure)) for figure in figures))


def _day(number: int) -> str:
    return (date(1970, 1, 1) + timedelta(days=number)).isoformat()
