"""`glaswerk feedback`."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import click

from glaswerk.cli.echo import echo
from glaswerk.cli.options import json_option, lab_option
from glaswerk.cli.session import next_step, open_lab, print_json
from glaswerk.core.files import write_atomic


@click.command("feedback")
@click.option("--project", default="", help="Only of this project.  [default: all]")
@click.option("--pairs", type=click.Path(dir_okay=False, path_type=Path), help="Write preference pairs here.")
@click.option(
    "--ratings", type=click.Path(dir_okay=False, path_type=Path), help="Write every rated answer here."
)
@lab_option
@json_option
def command(project: str, pairs: Path | None, ratings: Path | None, lab_path: Path, as_json: bool) -> None:
    """What readers of the chat page thought of answers, as data to tune on.

    \b
    glaswerk feedback
    glaswerk feedback --pairs pairs.jsonl
    glaswerk feedback --project research --ratings ratings.jsonl

    A pair is a good and a bad answer to the same messages: {"prompt": …, "chosen": …, "rejected": …}. A rated
    answer is {"prompt": …, "completion": …, "label": true or false}. Of several ratings of an answer the last
    one counts. `feedback = false` under [serve] in lab.toml turns rating off.
    """
    from glaswerk.serve.page.feedback import pairs as pairs_of
    from glaswerk.serve.page.feedback import ratings as ratings_of
    from glaswerk.serve.stored.store import Store

    lab = open_lab(lab_path)
    file = lab.root / "stored.db"
    found: list[dict[str, Any]] = []
    if file.exists():
        store = Store(file)
        found = list(ratings_of(store, project))
        store.close()
    made = list(pairs_of(found))
    if pairs:
        _write(pairs, made)
    if ratings:
        _write(ratings, map(_rated, found))
    counted = Counter(row["rating"] for row in found)
    figures = {"good": counted["up"], "bad": counted["down"], "pairs": len(made)}
    if as_json:
        print_json(figures)
        return
    echo("  ".join(f"{name} {number:,}" for name, number in figures.items()))
    if pairs and made:
        next_step(f"glaswerk add preferences {pairs} --licence own")
    elif made and not ratings:
        next_step("glaswerk feedback --pairs pairs.jsonl")


def _rated(row: Mapping[str, Any]) -> dict[str, Any]:
    said = [{"role": "assistant", "content": row["answer"]}]
    return {"prompt": row["messages"], "completion": said, "label": row["rating"] == "up"}


def _write(file: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    write_atomic(file, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))
