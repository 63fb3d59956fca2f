"""What was left out, on screen: counts by reason after `add` and `curate`, and the files that were bad."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import click

from glaswerk.cli.echo import echo, echo_warnings
from glaswerk.cli.session import show
from glaswerk.lab import Artifact, Lab

# Content was added, but a file in it could not be read to its end.
EXIT_INCOMPLETE = 3
_NAMED = 10


def show_added(made: Artifact, as_json: bool, **figures: Any) -> None:
    """A new source and what was left out of it; exits with EXIT_INCOMPLETE if files were bad."""
    show(made, as_json, **figures)
    if not as_json:
        say_left_out(made)
    say_bad_files(made)
    leave_if_bad(made)


def say_forgotten(lab: Lab, made: Artifact) -> None:
    """Warn on standard error of documents in a new source that marks cover."""
    from glaswerk.data.removal.reach import documents_named
    from glaswerk.lab.tombstones import Forgotten

    count = len(documents_named([made], Forgotten.read(lab.root)))
    if count:
        what = "document is marked" if count == 1 else "documents are marked"
        echo(
            f"warning: {count:,} {what} as forgotten: nothing of it enters a corpus; the text stays in the "
            "source until: glaswerk rebuild --purge",
            err=True,
        )


def say_left_out(made: Artifact) -> None:
    """Counts by reason of what is not in a source, on standard output."""
    _say("left out", made.stats.get("left_out", {}))
    undated = made.stats.get("unparsed_dates", 0)
    _say("added without a date", {"unparsed_date": undated} if undated else {})


def say_bad_files(made: Artifact, own: Callable[[str], str] = str) -> None:
    """The names of bad files and what is wrong with them, on standard error.

    `own`: puts the user's paths into a message in place of paths in the lab.
    """
    bad, count = made.stats.get("bad_files", []), made.stats.get("bad_file_count", 0)
    for file in bad[:_NAMED]:
        echo(f"bad file: {file['file']}: {file['reason']}{_because(own(file['error']))}", err=True)
    if bad:
        more = f"; the first {_NAMED} are named here" if count > _NAMED else ""
        echo(f"{count:,} bad {'file' if count == 1 else 'files'} left out{more}", err=True)


def leave_if_bad(made: Artifact) -> None:
    """Exit with EXIT_INCOMPLETE if files were bad."""
    if made.stats.get("bad_files"):
        click.get_current_context().exit(EXIT_INCOMPLETE)


def show_curated(made: Artifact, as_json: bool) -> None:
    """A new corpus and which rules dropped how many documents."""
    from glaswerk.plan.enough import corpus_warnings

    warnings = corpus_warnings(int(made.stats["bytes"]))
    show(made, as_json, documents=made.stats["documents"], kept=made.stats["kept"], warnings=warnings)
    if not as_json:
        echo_warnings(warnings)
        from glaswerk.data.store.decisions import KEPT

        dropped = {reason: n for reason, n in made.stats["decisions"].items() if reason != KEPT}
        _say("dropped", dropped)


def _say(label: str, counts: Mapping[str, int]) -> None:
    """One line of counts, the largest first."""
    ordered = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    if ordered:
        words = ", ".join(f"{reason} {count:,}" for reason, count in ordered)
        echo(f"{label}: {words}  (glaswerk explain {ordered[0][0]})")


def _because(error: str) -> str:
    return f": {error}" if error else ""
