"""`glaswerk keys create|ls|revoke`."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from glaswerk.cli.echo import echo
from glaswerk.cli.groups import Words
from glaswerk.cli.options import json_option, lab_option
from glaswerk.cli.session import next_step, open_lab, print_json
from glaswerk.cli.tables import columns
from glaswerk.core.errors import GlaswerkError

if TYPE_CHECKING:
    from glaswerk.serve.accounts.database import Database
    from glaswerk.serve.accounts.keys import Key

_SPAN = re.compile(r"([1-9][0-9]{0,4})([hdw])")
_SECONDS = {"h": 3600, "d": 86_400, "w": 604_800}


@click.group("keys", cls=Words)
def command() -> None:
    """Create, list and revoke keys of the API.

    \b
    glaswerk keys create laptop
    glaswerk keys ls
    glaswerk keys revoke laptop

    A server on this machine needs no key while there is none. With one, every request under /v1 needs a key,
    and `glaswerk serve --host` opens the server to others. Running servers follow within a second.
    """


@command.command("create")
@click.argument("name")
@click.option("--project", default="default", show_default=True, help="Whose usage and things it counts to.")
@click.option("--model", "models", multiple=True, help="May use this model (repeatable).  [default: all]")
@click.option(
    "--endpoint", "endpoints", multiple=True, help="May call this endpoint (repeatable).  [default: all]"
)
@click.option("--expires", default="", help="12h, 90d, 8w, or a date such as 2027-01-31.  [default: never]")
@click.option(
    "--limit",
    "limits",
    multiple=True,
    metavar="[MODEL:]KIND=NUMBER",
    help="requests or tokens a minute, concurrent answers, spend a month in micro-units (repeatable).",
)
@click.option("--dry-run", is_flag=True, help="Check everything and make nothing.")
@lab_option
@json_option
def create(
    name: str,
    project: str,
    models: tuple[str, ...],
    endpoints: tuple[str, ...],
    expires: str,
    limits: tuple[str, ...],
    dry_run: bool,
    lab_path: Path,
    as_json: bool,
) -> None:
    """Make a key and print it: this once, because only its hash is kept.

    \b
    glaswerk keys create laptop
    glaswerk keys create ci --project research --expires 90d --limit requests=60
    glaswerk keys create bot --model chat --endpoint chat/completions --limit chat:tokens=100000
    """
    from glaswerk.serve.accounts.key_store import issue_key
    from glaswerk.serve.accounts.keys import Key, checked_endpoint, checked_name, checked_project
    from glaswerk.serve.accounts.limits import parse_limits

    fields: dict[str, Any] = {
        "project": checked_project(project),
        "name": checked_name(name),
        "models": models,
        "endpoints": tuple(map(checked_endpoint, endpoints)),
        "expires": _expiry(expires),
        "limits": parse_limits(limits),
    }
    if dry_run:
        open_lab(lab_path)
        key, text = Key("", "", created=int(time.time()), **fields), None
    else:
        with _accounts(lab_path, create=True) as db:
            key, text = issue_key(db, **fields)
    if as_json:
        print_json(key.to_json(time.time()) | {"key": text, "dry_run": dry_run})
    elif text is None:
        echo(f"would make a key named {key.name} of the project {key.project}")
    else:
        echo(text)
        echo("keep it: it is not shown again", err=True)


@command.command("ls")
@lab_option
@json_option
def list_(lab_path: Path, as_json: bool) -> None:
    """List the keys, the oldest first, revoked and expired ones too. No secret is shown: none is kept.

    \b
    glaswerk keys ls
    glaswerk keys ls --json | jq -r '.[].id'
    """
    from glaswerk.serve.accounts.key_store import all_keys

    with _accounts(lab_path) as db:
        found = list(all_keys(db).values())
    if as_json:
        print_json([key.to_json(time.time()) for key in found])
    elif found:
        for line in columns(
            ("id", "name", "project", "state", "expires", "models", "endpoints", "limits"),
            [_cells(key) for key in found],
        ):
            echo(line)
    else:
        echo("there is no key yet", err=True)
        next_step("glaswerk keys create laptop")


@command.command("revoke")
@click.argument("names", nargs=-1, required=True, metavar="KEY...")
@click.option("--dry-run", is_flag=True, help="Say which keys would be revoked, and stop.")
@lab_option
@json_option
def revoke(names: tuple[str, ...], dry_run: bool, lab_path: Path, as_json: bool) -> None:
    """Revoke keys for good. KEY is an id or a name; a key itself is taken, too.

    \b
    glaswerk keys revoke laptop --dry-run
    glaswerk keys revoke 4f1c0a9be2d7

    Running servers refuse it within a second. The ledger of usage keeps its rows.
    """
    from glaswerk.serve.accounts.key_store import named_keys, revoke_keys

    with _accounts(lab_path) as db:
        found = named_keys(db, names)
        if not dry_run:
            revoke_keys(db, found, int(time.time()))
    if as_json:
        rows = [{"id": key.id, "name": key.name, "project": key.project} for key in found]
        print_json({"revoked": rows, "dry_run": dry_run})
        return
    for key in found:
        echo(f"{'would revoke' if dry_run else 'revoked'} {key.id}  {key.name}  {key.project}")


@contextmanager
def _accounts(lab_path: Path, *, create: bool = False) -> Iterator[Database]:
    """The database of the lab's accounts. No write lock: a key can be revoked while a training runs."""
    from glaswerk.serve.accounts.database import open_database
    from glaswerk.serve.accounts.settings import AccountSettings

    lab = open_lab(lab_path)
    db = open_database(lab.root, AccountSettings.of(lab).accounts, create=create)
    try:
        yield db
    finally:
        db.close()


def _expiry(words: str) -> int:
    """Seconds since 1970; 0: never. Raises GlaswerkError."""
    if not words:
        return 0
    now, span = int(time.time()), _SPAN.fullmatch(words)
    found = now + int(span[1]) * _SECONDS[span[2]] if span else _date(words)
    if found <= now:
        raise GlaswerkError(
            f"expected a time to come, such as 90d or 2100-01-31, for --expires, found {words!r:.40}",
            hint="glaswerk keys create laptop --expires 90d",
        )
    return found


def _date(words: str) -> int:
    """The beginning of a day in UTC, or the given time; 0 for other words."""
    try:
        found = datetime.fromisoformat(words)
        return int((found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp())
    except (ValueError, OverflowError):
        return 0


def _cells(key: Key) -> list[str]:
    limits = [
        f"{f'{scope}:' if scope else ''}{kind}={value}"
        for scope, one in key.limits.items()
        for kind, value in one.to_json().items()
    ]
    expires = datetime.fromtimestamp(key.expires, UTC).strftime("%Y-%m-%d %H:%M") if key.expires else "never"
    return [
        key.id,
        key.name,
        key.project,
        key.state(time.time()),
        expires,
        *(" ".join(words) or "all" for words in (key.models, key.endpoints)),
        " ".join(limits) or "none",
    ]
