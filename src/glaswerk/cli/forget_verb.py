"""`glaswerk forget`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from glaswerk.cli.echo import echo
from glaswerk.cli.options import json_option, lab_option, selectors
from glaswerk.cli.session import next_step, open_lab, print_json, writing
from glaswerk.lab import Lab

if TYPE_CHECKING:
    from glaswerk.data.removal.reach import Reach
    from glaswerk.lab.tombstones import Tombstone


@click.command("forget")
@selectors
@click.option("--why", default="", help="A note, such as who requested it.")
@click.option("--ahead", is_flag=True, help="Also names that the lab does not hold yet.")
@click.option("--dry-run", is_flag=True, help="Print what it reaches, and stop.")
@lab_option
@json_option
def command(
    authors: tuple[str, ...],
    ids: tuple[str, ...],
    sources: tuple[str, ...],
    from_file: Path | None,
    copies: str | None,
    why: str,
    ahead: bool,
    dry_run: bool,
    lab_path: Path,
    as_json: bool,
) -> None:
    """Mark content to be forgotten, and print everything that this reaches.

    \b
    glaswerk forget --author hazel_hogben --dry-run
    glaswerk forget --id https://x.com/hazel_hogben/status/1850000000000000123 --why "her letter of 3 May"

    Marks also cover content that is added later; --ahead marks a name before anything of it is there. Then
    `glaswerk rebuild` removes it from corpora, shards and index, and `glaswerk rebuild --purge` from the
    sources as well.
    """
    from glaswerk.cli.deletion import forget_command, selector_options
    from glaswerk.data.removal.selection import named_marks, reached, with_marks
    from glaswerk.lab.tombstones import Forgotten
    from glaswerk.rerun.exposure import count_exposures
    from glaswerk.rerun.removal import check_each_known

    lab = open_lab(lab_path)
    if not ahead:
        options = selector_options(authors, ids, sources, from_file, copies or "")
        options += ["--why", why] if why else []
        marked_ahead = f"{forget_command([*options, '--ahead'])} marks it for content that is added later"
        check_each_known(lab, named_marks(authors, ids, sources), marked_ahead)
    stones, touched = reached(lab, authors, ids, sources, from_file, copies=copies or "", why=why)
    if not dry_run:
        with writing(lab_path) as held:
            with_marks(Forgotten.read(held.root), stones, touched, copies or "").write(held.root)
            count_exposures(held)
    found = _found(lab, stones, touched)
    if as_json:
        print_json(found)
        return
    echo(*_lines(touched, found))
    _say_next(lab, found, dry_run)


def _found(lab: Lab, stones: list[Tombstone], touched: Reach) -> dict[str, Any]:
    """What is reached, as JSON: documents, what others made of them, tokens, models, and the cost."""
    from glaswerk.data.removal.wording import reach_figures
    from glaswerk.rerun.departed import departed_with
    from glaswerk.rerun.report import entries_going
    from glaswerk.tokenizer import Shards

    ids = touched.going
    shards: list[dict[str, Any]] = [
        {"name": packed.name, "id": packed.id, "split": split, "documents": documents, "tokens": tokens}
        for packed in lab.all("shards")
        for split, documents, tokens in Shards.open(packed.path).count(ids)
    ]
    return {
        "marks": [asdict(stone) for stone in stones],
        **reach_figures(touched),
        "shards": shards,
        "tokenizers": entries_going(lab, ids),
        "models": list(_models(lab, ids)),
        "departures": departed_with(lab, ids),
        "rebuild_seconds": round(
            sum(made.seconds for kind in ("corpus", "shards", "trace") for made in lab.all(kind)), 1
        ),
    }


def _models(lab: Lab, ids: set[str]) -> Iterator[dict[str, Any]]:
    """Models trained on these documents, or possibly trained on them: the spans of their shards are lost."""
    from glaswerk.rerun.exposure import learnt

    for model in lab.all("model"):
        found = learnt(lab, model, ids)
        if found.documents or not found.certain:
            seconds = model.stats.get("train_seconds", model.seconds)
            row = {"name": model.name, "epochs": model.stats.get("epochs"), "steps": model.stats.get("steps")}
            counts = {"documents": found.documents, "tokens": found.tokens, "tokens_seen": found.seen}
            yield {**row, **counts, "train_seconds": seconds, "certain": found.certain}


def _lines(touched: Reach, found: dict[str, Any]) -> list[str]:
    from glaswerk.data.removal.wording import reach_lines
    from glaswerk.rerun.departed import departure_lines
    from glaswerk.rerun.report import entry_lines

    lines = list(reach_lines(touched))
    lines += [
        f"shards     {row['name']}, {row['split']}: {row['documents']:,} documents, {row['tokens']:,} tokens"
        for row in found["shards"]
    ]
    lines += entry_lines(found["tokenizers"])
    lines += [
        f"model      {row['name']} {'was' if row['certain'] else 'may have been'} trained on it "
        f"({row['documents']:,} documents, {row['tokens']:,} tokens, {row['tokens_seen']:,} in all epochs); "
        f"to train it took {row['train_seconds']:,.0f} s"
        for row in found["models"]
    ]
    lines += departure_lines(found["departures"])
    lines.append(f"rebuild    corpora, shards and index took {found['rebuild_seconds']:,} s")
    return lines


def _say_next(lab: Lab, found: dict[str, Any], dry_run: bool) -> None:
    if dry_run:
        next_step(
            "the same without --dry-run" + (", perhaps with --copies forget" if found["copies"] else "")
        )
    elif not any((found["documents"], found["related"], found["derived"])):
        next_step("glaswerk add posts ARCHIVE.zip --licence own; the marks hold for what is added later")
    elif not lab.all("corpus"):
        next_step("glaswerk curate, which leaves it out")
    else:
        _say_what_is_left(lab, bool(found["models"]))


def _say_what_is_left(lab: Lab, models: bool) -> None:
    """The next command of those that are still needed: a purge or an earlier rebuild may have left none."""
    from glaswerk.lab.status import entries
    from glaswerk.rerun.removal import to_retrain

    if any(entry.stale for entry in entries(lab) if entry.artifact.kind in ("corpus", "shards", "trace")):
        next_step("glaswerk rebuild" + (", then glaswerk retrain MODEL" if models else ""))
    elif waiting := to_retrain(lab):
        next_step(f"glaswerk retrain {waiting[-1].name.partition('/')[0]}; nothing is left to rebuild")
    else:
        echo("nothing is left to rebuild or to retrain", err=True)
