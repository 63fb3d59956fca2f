"""`glaswerk status`."""

from __future__ import annotations

import json
from pathlib import Path

import click

from glaswerk.cli.options import json_option, lab_option
from glaswerk.core.errors import GlaswerkError
from glaswerk.core.ids import short
from glaswerk.lab import Artifact, Lab
from glaswerk.lab.artifact import PURGED
from glaswerk.lab.status import Entry, entries
from glaswerk.lineage.exposure import exposures
from glaswerk.lineage.obstacles import obstacles


@click.command("status")
@lab_option
@json_option
def command(lab_path: Path, as_json: bool) -> None:
    """What the lab holds, what has gone stale, what each part cost, and what keeps models from a release.

    \b
    glaswerk status
    glaswerk status --json | jq '.[] | select(.stale != "")'
    """
    from glaswerk.rerun.exposure import count_exposures

    lab = Lab.open(lab_path)
    found = entries(lab)
    try:
        count_exposures(lab)
    except GlaswerkError as error:
        # What the lab holds can be told even where a source or shards are broken.
        click.echo(f"not counted what models were trained on: {error.message}", err=True)
    if as_json:
        rows = [{**_row(entry), **_of_model(lab, entry.artifact)} for entry in found]
        click.echo(json.dumps(rows, indent=2, ensure_ascii=False))
        return
    click.echo(f"{'kind':10} {'name':24} {'id':12} {'size':>9} {'time':>9} {'cpu':>9}  state")
    for entry in found:
        a = entry.artifact
        state = f"stale: {entry.stale}" if entry.stale else "ok"
        purged = sum(a.stats.get(PURGED, {}).values())
        state += f", {purged:,} documents purged" if purged else ""
        click.echo(
            f"{a.kind:10} {a.name:24} {short(a.id)} {_bytes(a.bytes):>9} {a.seconds:>7.1f} s "
            f"{a.cpu_seconds:>7.1f} s  {state}"
        )
        if a.stats.get("report"):
            click.echo(f"{'':10} run report: {a.stats['report']}")
        for words in obstacles(lab, a) if a.kind == "model" else ():
            click.echo(f"{'':10} no release: {words}")
    total = sum(e.artifact.cpu_seconds for e in found)
    size = sum(e.artifact.bytes for e in found)
    click.echo(f"{len(found)} artifacts, {_bytes(size)}, {total / 60:.1f} CPU minutes")
    if not found:
        click.echo("next: glaswerk add posts ARCHIVE.zip --licence own", err=True)


def _row(entry: Entry) -> dict[str, object]:
    a = entry.artifact
    return {
        "kind": a.kind,
        "name": a.name,
        "id": a.id,
        "digest": a.digest,
        "stale": entry.stale,
        "bytes": a.bytes,
        "seconds": a.seconds,
        "cpu_seconds": a.cpu_seconds,
        "finished_at": a.finished_at,
        "stats": dict(a.stats),
    }


def _of_model(lab: Lab, artifact: Artifact) -> dict[str, object]:
    """What a model learnt from forgotten content, and why it cannot be released."""
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
    return {**counts, "obstacles": obstacles(lab, artifact)}


def _bytes(count: int) -> str:
    value = float(count)
    for unit in ("B", "kB", "MB", "GB"):
        if value < 1000:
            return f"{value:.0f} {unit}" if unit == "B" else f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:.1f} TB"
