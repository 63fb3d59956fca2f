"""`glaswerk what-if`."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from glaswerk.cli.forget_verb import reached, selectors
from glaswerk.cli.options import json_option, lab_option
from glaswerk.cli.session import show, writing
from glaswerk.core.errors import GlaswerkError
from glaswerk.lab import Artifact, Lab
from glaswerk.rerun.report import reach_report

if TYPE_CHECKING:
    from glaswerk.data.removal.reach import Reach
    from glaswerk.lab.tombstones import Tombstone

_NEAREST = """
    SELECT author FROM read_parquet(?, union_by_name = true) WHERE author <> '' GROUP BY author
    ORDER BY jaro_winkler_similarity(lower(author), lower(?)) DESC, author LIMIT 3
"""


@click.command("what-if")
@selectors
@click.option("--model", default="", help="This model alone.  [default: every model of the lab]")
@click.option("--price-per-hour", default=0.0, type=click.FloatRange(min=0), help="Of what trains.")
@click.option(
    "--do",
    "how",
    type=click.Choice(["rebuild", "replay"]),
    help="Carry it out for --model. What is named must be forgotten already.",
)
@lab_option
@json_option
def command(
    authors: tuple[str, ...],
    ids: tuple[str, ...],
    sources: tuple[str, ...],
    from_file: Path | None,
    copies: bool,
    model: str,
    price_per_hour: float,
    how: str | None,
    lab_path: Path,
    as_json: bool,
) -> None:
    """What if this were deleted: what holds it, the steps that saw it, what each way out costs.

    Without --do it changes nothing. Steps are counted from 0, as in a run's metrics. --do makes corpora,
    shards and index anew, then the model: `rebuild` over the new shards, `replay` in the old run's order
    with what is gone left out. Both begin at the newest milestone that saw nothing of it (see
    `glaswerk train --milestones`), else at step 0. The old model stays beside the new one.

    \b
    glaswerk what-if --author hazel_hogben --price-per-hour 2.5
    glaswerk forget --author hazel_hogben
    glaswerk what-if --author hazel_hogben --model chat --do replay
    """
    if not math.isfinite(price_per_hour):
        raise GlaswerkError("--price-per-hour takes a number", hint="--price-per-hour 2.5")
    lab = Lab.open(lab_path)
    stones, touched = reached(lab, authors, ids, sources, from_file, copies=copies)
    if not touched.going:
        raise _unknown(lab, stones)
    chosen = _model(lab, model) if model else None
    if how:
        _carry_out(lab, touched, chosen, how, lab_path, as_json)
        return
    found = reach_report(lab, touched, chosen, price_per_hour)
    if as_json:
        click.echo(json.dumps(found, indent=2, ensure_ascii=False))
        return
    for line in _words(found):
        click.echo(line)
    if chosen and not found["models"]:
        click.echo(f"model      {chosen.name} learnt from none of them")
    elif any(len(row["options"]) > 1 for row in found["models"]):
        click.echo(
            "next: glaswerk forget with the same selectors, then again with --model and --do", err=True
        )


def _unknown(lab: Lab, stones: Sequence[Tombstone]) -> GlaswerkError:
    """The error for names that reach no document of the lab, with what there is instead of the first."""
    first, others = stones[0], len(stones) - 1
    there = f" (sources: {', '.join(source.name for source in lab.all('source')) or 'none'})"
    if first.kind == "author" and (near := _nearest_authors(lab, first.value)):
        there = f" (the names most like it: {', '.join(near)})"
    wanted = f"{first.kind} {first.value!r}" + (f", nor of {others:,} more" if others else "")
    return GlaswerkError(
        f"the lab holds no document of {wanted}{there}",
        hint="glaswerk search PHRASE prints ids and authors of the documents that hold it",
    )


def _nearest_authors(lab: Lab, name: str) -> list[str]:
    import duckdb

    from glaswerk.data.removal.reach import files_of

    files = [file for source in lab.all("source") for file in files_of(source)]
    return [row[0] for row in duckdb.execute(_NEAREST, [files, name]).fetchall()] if files else []


def _model(lab: Lab, name: str) -> Artifact:
    """Raises GlaswerkError where the lab has none of that name."""
    found = lab.latest("model", name)
    if found is None:
        there = ", ".join(made.name for made in lab.all("model")) or "none"
        raise GlaswerkError(f"the lab has no model named {name!r} (there: {there})", hint="--model base")
    return found


def _carry_out(
    lab: Lab, touched: Reach, model: Artifact | None, how: str, lab_path: Path, as_json: bool
) -> None:
    from glaswerk.cli.interrupts import resumable
    from glaswerk.data.removal.reach import forgotten_ids
    from glaswerk.rerun.exposure import count_exposures
    from glaswerk.rerun.rebuild import rebuild
    from glaswerk.rerun.retrain import retrain

    if model is None:
        there = ", ".join(made.name for made in lab.all("model")) or "none"
        raise GlaswerkError(f"--do takes one model (there: {there})", hint=f"--model base --do {how}")
    if missing := sorted(touched.going - forgotten_ids(lab)):
        raise GlaswerkError(
            f"{len(missing):,} of these documents are not forgotten yet, the first one {missing[0]}",
            hint="glaswerk forget with the same selectors, then this command again",
        )
    with resumable(), writing(lab_path) as held:
        rebuild(held)
        made = retrain(held, model, how)
        count_exposures(held)
    figures = {key: made.stats[key] for key in ("steps", "tokens", "train_loss", "tokens_per_second")}
    show(made, as_json, **figures)
    if not as_json:
        click.echo(f"{model.name} is still in {model.path}, and still knows what is gone", err=True)


def _words(found: dict[str, Any]) -> Iterator[str]:
    by = ", ".join(f"{name} {count:,}" for name, count in found["documents"].items())
    yield f"documents  {len(found['ids']):,}" + (f"  ({by})" if by else "")
    yield f"copies     {len(found['copies']):,} with the same words by others" + _some(found["copies"])
    related = ", ".join(f"{count:,} {relation}" for relation, count in found["related"].items())
    yield f"related    {related or 'nothing'} by others (retweets go with it, the rest is theirs)"
    yield f"derived    {len(found['derived']):,} made from it, which go with it" + _some(found["derived"])
    for row in found["corpora"]:
        splits = ", ".join(f"{split} {count:,}" for split, count in row["splits"].items())
        yield f"corpus     {row['name']}: {row['documents']:,} documents ({splits})"
    for row in found["shards"]:
        yield (
            f"shards     {row['name']}, {row['split']}: {row['documents']:,} documents, "
            f"{row['tokens']:,} tokens"
        )
    for name in found["traces"]:
        yield f"index      {name}"
    for row in found["models"]:
        yield ""
        yield from _model_words(row)


def _some(names: list[str]) -> str:
    return f": {', '.join(names[:5])}{' …' if len(names) > 5 else ''}" if names else ""


def _model_words(row: dict[str, Any]) -> Iterator[str]:
    through = f", tuned from {row['base']}" if row["base"] else ""
    yield f"model      {row['name']}{through}: {row['documents']:,} documents, {row['tokens']:,} tokens"
    if row["first_step"] is not None:
        tokens = f"{row['tokens_in_steps']:,} tokens ({row['share_of_tokens']:.2%})"
        yield (
            f"  seen     first at step {row['first_step']:,} of {row['steps']:,}; {row['steps_touched']:,} "
            f"steps ({row['share_of_steps']:.1%}), {tokens}, {row['epochs']} epochs"
        )
    elif row["certain"] and row["base"]:
        yield f"  seen     through {row['base']} alone"
    if not row["certain"]:
        yield "  seen     nobody can tell all of it: the spans of its shards are lost"
    for option in row["options"]:
        yield _option_words(option)


def _option_words(option: dict[str, Any]) -> str:
    from glaswerk.cli.tables import duration

    if not option["steps"]:
        return f"  {option['name']:8} {option['words']}"
    price = "" if option["price"] is None else f", price {option['price']:,.2f}"
    return (
        f"  {option['name']:8} {option['steps']:,} steps, {option['tokens']:,} tokens, "
        f"{duration(option['seconds'])}{price}: {option['words']}"
    )
