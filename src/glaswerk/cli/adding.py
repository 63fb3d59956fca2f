"""Adding a source of any kind: into the lab, or with `--dry-run` into a folder that is deleted again."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from glaswerk.cli.echo import echo
from glaswerk.cli.left_out import leave_if_bad, say_bad_files, say_forgotten, say_left_out, show_added
from glaswerk.cli.session import artifact_fields, print_json, writing
from glaswerk.core.artifact_files import DOCUMENTS
from glaswerk.lab import Artifact, Lab

# Documents that a dry run shows.
SHOWN = 10
_EXCERPT = 200
# What a line about a document says, if the document has it; `public` is not said.
_SAID = ("author", "created_at", "kind", "lang", "audience", "reply_to", "retweet_of", "url")


def add_to(
    lab_path: Path, make: Callable[[Lab], Artifact], *figures: str, as_json: bool, dry_run: bool
) -> None:
    """Make a source and show it with `figures` of its statistics, or show what it would be."""
    if dry_run:
        with tempfile.TemporaryDirectory(prefix="glaswerk-dry-run-") as folder:
            lab = Lab.init(Path(folder) / "lab", "")
            with lab.writing():
                _show_trial(make(lab), as_json)
        return
    with writing(lab_path) as lab:
        made = make(lab)
        say_forgotten(lab, made)
    show_added(made, as_json, **{name: made.stats[name] for name in figures})


def _show_trial(made: Artifact, as_json: bool) -> None:
    rows = list(_first_rows(made))
    if as_json:
        print_json({**artifact_fields(made), "path": "", "dry_run": True, "rows": rows})
    else:
        for number, row in enumerate(rows, start=1):
            said = (str(row[name]) for name in _SAID if name in row and row[name] != "public")
            echo(f"{number:2}  {'  '.join([row['id'], *said])}")
            echo(f"    {' '.join(row['text'].split())[:_EXCERPT]}")
        count = made.stats["documents"]
        echo(f"{count:,} {'document' if count == 1 else 'documents'} would come in; nothing was written")
        say_left_out(made)
    say_bad_files(made)
    leave_if_bad(made)


def _first_rows(made: Artifact) -> list[dict[str, Any]]:
    """The first documents in the order of their ids, without their empty fields."""
    from glaswerk.data.store.parquet import read_rows

    found = []
    for row in read_rows(made.path / DOCUMENTS):
        found.append({name: value for name, value in row.items() if value not in (None, "", [], False)})
        if len(found) == SHOWN:
            break
    return found
