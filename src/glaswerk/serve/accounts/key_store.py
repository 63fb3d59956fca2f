"""Keys in the database: create, list, revoke."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable
from typing import Any

from glaswerk.core.errors import GlaswerkError
from glaswerk.serve.accounts.database import Database, Row
from glaswerk.serve.accounts.keys import Key, digest_of, new_secret
from glaswerk.serve.accounts.limits import limits_from

_COLUMNS = "id, digest, project, name, created, models, endpoints, limits, expires, revoked"


def issue_key(db: Database, **settings: Any) -> tuple[Key, str]:
    """Make a key of these fields and store it; returns its text too, which nobody can learn later."""
    identifier, text = new_secret()
    key = Key(identifier, digest_of(text), created=int(time.time()), **settings)
    add_key(db, key)
    return key, text


def add_key(db: Database, key: Key) -> None:
    """Store a new key."""
    with db.transaction():
        db.execute(f"INSERT INTO api_key ({_COLUMNS}) VALUES (?,?,?,?,?,?,?,?,?,?)", *_row(key))
        _changed(db)


def all_keys(db: Database) -> dict[str, Key]:
    """Every key by its id, the oldest first, revoked ones too."""
    rows = db.execute(f"SELECT {_COLUMNS} FROM api_key ORDER BY created, id")
    return {row[0]: _key(row) for row in rows}


def keys_version(db: Database) -> int:
    """A number that grows whenever a key is added or revoked."""
    return int(db.execute("SELECT value FROM meta WHERE name = 'keys'")[0][0])


def named_keys(db: Database, names: Iterable[str]) -> list[Key]:
    """The keys of these ids or names. Raises GlaswerkError for one that is unknown or ambiguous."""
    keys = all_keys(db)
    return [_named(keys, name) for name in names]


def revoke_keys(db: Database, keys: Iterable[Key], now: int) -> None:
    """Revoke them for good. Those that are revoked already stay as they are."""
    with db.transaction():
        for key in keys:
            db.execute("UPDATE api_key SET revoked = ? WHERE id = ? AND revoked = 0", now, key.id)
        _changed(db)


def _named(keys: dict[str, Key], name: str) -> Key:
    # The whole key is accepted too: a leaked one is at hand, and should be revoked at once.
    wanted = name.removeprefix("gw_").partition("_")[0] if name.startswith("gw_") else name
    found = [key for key in keys.values() if wanted in (key.id, key.name)]
    active = [key for key in found if not key.revoked] or found
    if len(active) != 1:
        there = ", ".join(key.id for key in active) or "none"
        shown = f"gw_{wanted[:12]}…" if name.startswith("gw_") else name
        raise GlaswerkError(
            f"expected the id or the name of one key, found {shown!r:.80}; keys of that name: {there}",
            hint="glaswerk keys ls",
        )
    return active[0]


def _changed(db: Database) -> None:
    db.execute("UPDATE meta SET value = value + 1 WHERE name = 'keys'")


def _row(key: Key) -> tuple[object, ...]:
    limits = {scope: limits.to_json() for scope, limits in key.limits.items()}
    texts = (json.dumps(key.models), json.dumps(key.endpoints), json.dumps(limits))
    return key.id, key.digest, key.project, key.name, key.created, *texts, key.expires, key.revoked


def _key(row: Row) -> Key:
    identifier, digest, project, name, created, models, endpoints, limits, expires, revoked = row
    return Key(
        identifier,
        digest,
        project,
        name,
        created,
        tuple(json.loads(models)),
        tuple(json.loads(endpoints)),
        limits_from(json.loads(limits)),
        expires,
        revoked,
    )
