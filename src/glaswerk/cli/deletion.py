"""What `what-if` and `retrain` share: the printed report, the run, and the commands they suggest."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from glaswerk.cli.echo import echo
from glaswerk.cli.session import next_step, print_json, show, writing
from glaswerk.cli.tables import duration
from glaswerk.lab import Artifact, Lab

if TYPE_CHECKING:
    from glaswerk.data.removal.reach import Reach


def selector_options(
    authors: Sequence[str], ids: Sequence[str], sources: Sequence[str], from_file: Path | None, copies: str
) -> list[str]:
    """The selectors as options of `forget` and `what-if`."""
    words = [word for name in authors for word in ("--author", name)]
    words += [word for name in ids for word in ("--id", name)]
    words += [word for name in sources for word in ("--source", name)]
    words += ["--from-file", str(from_file)] if from_file else []
    return words + (["--copies", copies] if copies else [])


def forget_command(options: Sequence[str]) -> str:
    """The command that marks what `options` (see `selector_options`) select."""
    return shlex.join(["glaswerk", "forget", *options])


def retrain_command(model: str, how: str, options: Sequence[str]) -> str:
    """The `glaswerk retrain` command for what `options` (see `selector_options`) select."""
    words = ["glaswerk", "retrain", model, "--how", how]
    names = {"--author": "author", "--id": "id", "--source": "source"}
    rest = iter(options)
    for option in rest:
        if option == "--copies":
            words += [option, next(rest)]
        elif option == "--from-file":
            words += ["--without-file", next(rest)]
        else:
            words += ["--without", f"{names[option]}:{next(rest)}"]
    return shlex.join(words)


def print_report(lab: Lab, touched: Reach, model: Artifact | None, price: float, as_json: bool) -> None:
    """Print what `touched` reaches and what each option costs: for all models, or for `model` alone."""
    from glaswerk.data.removal.wording import reach_lines
    from glaswerk.rerun.report import reach_report

    found = reach_report(lab, touched, model, price)
    if as_json:
        print_json(found)
        return
    for line in (*reach_lines(touched), *report_lines(found)):
        echo(line)
    if model and not found["models"]:
        echo(f"model      {model.name} learnt from none of them")
    elif any(len(row["options"]) > 1 for row in found["models"]):
        next_step("glaswerk forget with the same selectors, then glaswerk retrain MODEL")


def carry_out(
    lab: Lab, touched: Reach, model: Artifact, how: str, lab_path: Path, as_json: bool, *, forget: str
) -> None:
    """Rebuild the data and retrain `model` without what `touched` reaches, and print the new model.

    Raises GlaswerkError, with `forget` as the next command, if some of it is not forgotten yet.
    """
    from glaswerk.cli.interrupts import resumable
    from glaswerk.rerun.removal import check_forgotten, rebuild_and_retrain

    check_forgotten(lab, touched.going, command=forget)
    with resumable(), writing(lab_path) as held:
        made = rebuild_and_retrain(held, model, how, report_removed=print_removed)
    figures = {key: made.stats[key] for key in ("steps", "tokens", "train_loss", "tokens_per_second")}
    show(made, as_json, **figures)
    if not as_json:
        echo(f"{model.name} is still in {model.path}, with what it learnt from them", err=True)


def print_removed(artifacts: Sequence[Artifact]) -> None:
    """Report on standard error what a rebuild removed because its corpus is gone."""
    names = ", ".join(f"{artifact.kind} {artifact.name}" for artifact in artifacts)
    echo(f"removed, as the corpus is gone: {names}", err=True)


def report_lines(found: dict[str, Any]) -> Iterator[str]:
    """`reach_report` as lines: the data that contains the documents, the models and their options."""
    from glaswerk.rerun.departed import departure_lines
    from glaswerk.rerun.report import entry_lines

    for row in found["corpora"]:
        splits = ", ".join(f"{split} {count:,}" for split, count in row["splits"].items())
        yield f"corpus     {row['name']}: {row['documents']:,} documents ({splits})"
    for row in found["shards"]:
        counts = f"{row['documents']:,} documents, {row['tokens']:,} tokens"
        yield f"shards     {row['name']}, {row['split']}: {counts}"
    yield from entry_lines(found["tokenizers"])
    for name in found["traces"]:
        yield f"index      {name}"
    yield from departure_lines(found["departures"])
    for row in found["models"]:
        yield ""
        yield from model_lines(row)


def model_lines(row: dict[str, Any]) -> Iterator[str]:
    """What a model learnt from the documents, and its options, one line each."""
    through = f", tuned from {row['base']}" if row["base"] else ""
    yield f"model      {row['name']}{through}: {row['documents']:,} documents, {row['tokens']:,} tokens"
    if row["first_step"] is not None:
        tokens = f"{row['tokens_in_steps']:,} tokens ({row['share_of_tokens']:.2%})"
        yield (
            f"  seen     first at step {row['first_step']:,} of {row['steps']:,}; {row['steps_touched']:,} "
            f"steps ({row['share_of_steps']:.1%}), {tokens} in its {row['epochs']} epochs"
        )
    elif row["certain"] and row["base"]:
        yield f"  seen     only through {row['base']}"
    if not row["certain"]:
        yield "  seen     perhaps more than this: the spans of its shards are lost"
    for option in row["options"]:
        yield option_line(option)


def option_line(option: dict[str, Any]) -> str:
    """One option: steps, tokens, time and price, unless it trains nothing."""
    if not option["steps"]:
        return f"  {option['name']:8} {option['words']}"
    price = "" if option["price"] is None else f", price {option['price']:,.2f}"
    return (
        f"  {option['name']:8} {option['steps']:,} steps, {option['tokens']:,} tokens, "
        f"{duration(option['seconds'])}{price}: {option['words']}"
    )
