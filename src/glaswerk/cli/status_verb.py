"""`glaswerk status`."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from glaswerk.cli.echo import echo
from glaswerk.cli.nouns import entry_fields
from glaswerk.cli.options import json_option, lab_option
from glaswerk.cli.session import next_step, open_lab, print_json
from glaswerk.cli.tables import size_words
from glaswerk.core.errors import GlaswerkError
from glaswerk.core.ids import short
from glaswerk.lab import Artifact, Lab
from glaswerk.lab.artifact import PURGED
from glaswerk.lab.status import entries
from glaswerk.lineage.exposure import exposures


@click.command("status")
@lab_option
@json_option
def command(lab_path: Path, as_json: bool) -> None:
    """What the lab holds, what is stale, what each part cost, and what keeps models from a release.

    \b
    glaswerk status
    glaswerk status --json | jq '.[] | select(.stale != "")'
    """
    from glaswerk.data.removal.reach import forgotten_ids
    from glaswerk.lineage.departures import departures
    from glaswerk.lineage.obstacles import obstacles
    from glaswerk.rerun.departed import departed_with, departure_lines
    from glaswerk.rerun.exposure import count_exposures

    lab = open_lab(lab_path)
    found = entries(lab)
    try:
        count_exposures(lab)
    except GlaswerkError as error:
        # The list is still right if a source or shards are broken.
        echo(f"forgotten content in models was not counted: {error.message}", err=True)
    if as_json:
        rows = [{**entry_fields(entry), **_of_model(lab, entry.artifact)} for entry in found]
        print_json(rows)
        return
    echo(f"{'kind':10} {'name':24} {'id':12} {'size':>9} {'time':>9} {'cpu':>9}  state")
    for entry in found:
        a = entry.artifact
        state = f"stale: {entry.stale}" if entry.stale else "ok"
        purged = sum(a.stats.get(PURGED, {}).values())
        state += f", {purged:,} documents purged" if purged else ""
        echo(
            f"{a.kind:10} {a.name:24} {short(a.id)} {size_words(a.bytes):>9} {a.seconds:>7.1f} s "
            f"{a.cpu_seconds:>7.1f} s  {state}"
        )
        if a.stats.get("report"):
            echo(f"{'':10} run report: {a.stats['report']}")
        for words in obstacles(lab, a) if a.kind == "model" else ():
            echo(f"{'':10} no release: {words}")
    if departures(lab):
        for line in departure_lines(departed_with(lab, forgotten_ids(lab))):
            echo(line)
    total = sum(e.artifact.cpu_seconds for e in found)
    size = sum(e.artifact.bytes for e in found)
    echo(f"{len(found)} artifacts, {size_words(size)}, {total / 60:.1f} CPU minutes")
    if not found:
        next_step("glaswerk add posts ARCHIVE.zip --licence own")


def _of_model(lab: Lab, artifact: Artifact) -> dict[str, object]:
    """What a model learned from forgotten content, and why it cannot be released."""
    from glaswerk.lineage.departures import departures
    from glaswerk.lineage.obstacles import obstacles

    if artifact.kind != "model":
        return {}
    found = exposures(lab).get(artifact.id)
    counts: dict[str, object] = {"forgotten": None, "reserved_documents": None}
    if found is not None:
        forgotten = {"documents": found.documents, "tokens": found.tokens, "tokens_seen": found.seen}
        counts = {
            "forgotten": {**forgotten, "certain": found.certain},
            "reserved_documents": found.reserved,
        }
    left = [asdict(one) for one in departures(lab) if one.model == artifact.id]
    return {**counts, "departures": left, "obstacles": obstacles(lab, artifact)}
