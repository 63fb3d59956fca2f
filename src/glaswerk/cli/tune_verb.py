"""`glaswerk tune`."""

from __future__ import annotations

import os
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from glaswerk.cli.echo import echo
from glaswerk.cli.options import PRECISION_HELP, json_option, lab_option
from glaswerk.cli.session import open_lab, print_json, show, writing
from glaswerk.core.errors import GlaswerkError
from glaswerk.lab import Artifact, Lab

if TYPE_CHECKING:
    from glaswerk.train.grpo import Key

# The default base and name of each method.
_NAMES = {"chat": ("base", "chat"), "dpo": ("chat", "preferred"), "grpo": ("chat", "rewarded")}
# Options that only some methods take.
_OF = {
    "epochs": ("chat", "dpo"),
    "lora": ("chat",),
    "context": ("chat",),
    "beta": ("dpo",),
    "reward": ("grpo",),
    "key": ("grpo",),
    "steps": ("grpo",),
    "samples": ("grpo",),
    "max_tokens": ("grpo",),
    "kl": ("grpo",),
    "dry_run": ("dpo", "grpo"),
}
_DPO, _GRPO = ("epochs", "beta"), ("steps", "samples", "max_tokens", "kl")
_EXISTING = click.Path(exists=True, dir_okay=False, path_type=Path)
Config = TypeVar("Config")


@click.command("tune")
@click.option(
    "--method",
    type=click.Choice(list(_NAMES)),
    default="chat",
    show_default=True,
    help="chat: on dialogues; dpo: on pairs of answers; grpo: by rewards of a rule.",
)
@click.option("--base", help="Model to start from.  [default: base; for dpo and grpo: chat]")
@click.option("--name", help="Name of the model.  [default: chat, preferred or rewarded]")
@click.option("--epochs", default=0.0, help="Passes over the chats or pairs.  [default: 3; for dpo: 1]")
@click.option(
    "--beta", type=float, help="dpo: strength of the KL penalty towards the base model.  [default: 0.1]"
)
@click.option(
    "--reward",
    type=click.Choice(["town", "arithmetic"]),
    default="town",
    help="grpo: questions that --key answers, or sums.  [default: town]",
)
@click.option("--key", type=_EXISTING, help="grpo: answer key (JSON).")
@click.option("--steps", type=int, help="grpo: updates of the weights.  [default: 200]")
@click.option("--samples", type=int, help="grpo: answers sampled for each question.  [default: 8]")
@click.option("--max-tokens", type=int, help="grpo: longest answer, in tokens.  [default: 48]")
@click.option(
    "--kl", type=float, help="grpo: strength of the KL penalty towards the base model.  [default: 0]"
)
@click.option("--learning-rate", default=0.0, help="Peak learning rate.  [default: from the base model]")
@click.option("--precision", default="auto", show_default=True, help=PRECISION_HELP)
@click.option(
    "--lora", default=0, help="chat: rank of LoRA adapters, trained instead of all weights.  [default: none]"
)
@click.option(
    "--context",
    default=0,
    help="chat: tokens of a row, up to the base model's context.  [default: that, at most 1024]",
)
@click.option("--seed", default=0, show_default=True, help="Seed of the order and of sampling.")
@click.option("--dry-run", is_flag=True, help="dpo, grpo: print the resolved settings and stop.")
@lab_option
@json_option
def command(
    method: str,
    base: str | None,
    name: str | None,
    dry_run: bool,
    lab_path: Path,
    as_json: bool,
    **given: Any,
) -> None:
    """Tune a model on chats, on preferences or by rewards.

    \b
    glaswerk tune
    glaswerk tune --base smollm2 --lora 16
    glaswerk tune --method dpo --base chat --name preferred
    glaswerk tune --method grpo --reward town --key town/answer_key.json
    glaswerk tune --method grpo --reward arithmetic --max-tokens 8

    Ctrl-C saves the state, and the same command resumes.
    """
    from glaswerk.cli.interrupts import resumable

    _check(method)
    if (ranks := os.environ.get("WORLD_SIZE", "1")) != "1":
        raise GlaswerkError(
            f"expected one process for tuning, found {ranks} ranks", hint="glaswerk tune, without torchrun"
        )
    base, name = base or _NAMES[method][0], name or _NAMES[method][1]
    if dry_run:
        print_json(asdict(_planned(open_lab(lab_path), method, base, given)))
        return
    with resumable(), writing(lab_path) as lab:
        made = {"chat": _chat, "dpo": _dpo, "grpo": _grpo}[method](lab, base, name, given)
    _show(made, method, as_json)


def _check(method: str) -> None:
    """Refuse options of other methods. Raises GlaswerkError."""
    context = click.get_current_context()
    for option, methods in _OF.items():
        source = context.get_parameter_source(option)
        if method not in methods and source is click.core.ParameterSource.COMMANDLINE:
            raise GlaswerkError(
                f"--{option.replace('_', '-')} is for --method {' or '.join(methods)}, found {method}",
                hint=f"glaswerk tune --method {methods[0]} …",
            )


def _chosen(config: Config, given: dict[str, Any], *names: str) -> Config:
    """The config with what the user gave; None and 0 epochs keep its default."""
    values = {name: given[name] for name in ("learning_rate", "precision", "seed", *names)}
    kept = {k: v for k, v in values.items() if v is not None and (k != "epochs" or v)}
    return replace(config, **kept)  # type: ignore[type-var]


def _chat(lab: Lab, base: str, name: str, given: dict[str, Any]) -> Artifact:
    from glaswerk.train.tune import TuneConfig, tune

    return tune(lab, _chosen(TuneConfig(), given, "epochs", "lora", "context"), base=base, name=name)


def _dpo(lab: Lab, base: str, name: str, given: dict[str, Any]) -> Artifact:
    from glaswerk.train.dpo import DpoConfig, dpo

    return dpo(lab, _chosen(DpoConfig(), given, *_DPO), base=base, name=name)


def _grpo(lab: Lab, base: str, name: str, given: dict[str, Any]) -> Artifact:
    from glaswerk.train.grpo import GrpoConfig, grpo

    return grpo(lab, _chosen(GrpoConfig(), given, *_GRPO), key=_key(given), base=base, name=name)


def _planned(lab: Lab, method: str, base: str, given: dict[str, Any]) -> Any:
    from glaswerk.train.dpo import DpoConfig, plan_dpo
    from glaswerk.train.grpo import GrpoConfig, plan_grpo

    if method == "dpo":
        return plan_dpo(lab, _chosen(DpoConfig(), given, *_DPO), base=base)
    return plan_grpo(lab, _chosen(GrpoConfig(), given, *_GRPO), key=_key(given), base=base)


def _key(given: dict[str, Any]) -> Key | None:
    """The answer key of the rule, None for arithmetic. Raises GlaswerkError if --key does not fit."""
    from glaswerk.evaluate.key import read_key
    from glaswerk.train.grpo import Key
    from glaswerk.train.objective.rewards import Known

    reward, path = given["reward"], given["key"]
    if (path is None) != (reward == "arithmetic"):
        problem = "needs the answers" if path is None else "takes no --key"
        raise GlaswerkError(
            f"--reward {reward} {problem}",
            hint="glaswerk tune --method grpo --reward town --key town/answer_key.json",
        )
    if path is None:
        return None
    key = read_key(path)
    facts = [Known(fact.subject, fact.relation, (fact.answer, *fact.aliases)) for fact in key.facts]
    return Key(key.name, key.digest, facts)


def _show(made: Artifact, method: str, as_json: bool) -> None:
    stats = made.stats
    figures = {
        "chat": ("steps", "tokens", "train_loss", "tokens_per_second"),
        "dpo": ("steps", "pairs", "train_loss"),
        "grpo": ("steps", "rewarded_first", "rewarded_last"),
    }
    show(made, as_json, **{name: stats[name] for name in figures[method]})
    if lost := stats.get("lost_labels"):
        _warn_of_cuts(made, lost)
    if left_out := stats.get("left_out_pairs"):
        _warn(f"{left_out:,} pairs have an answer that does not fit into the model's context: left out")
    if cut := stats.get("cut_prompts"):
        _warn(f"{cut:,} prompts are longer than the model's context and were cut at the start")
    if held_out := stats.get("held_out"):
        echo(_held_out(held_out), err=True)


def _warn_of_cuts(made: Artifact, lost: float) -> None:
    """Say which share of the answers was cut off, and what gives them more room."""
    from glaswerk.train.tune import context_of, row_length

    most = context_of(made)
    row = row_length(most, int(made.config.get("context", 0)), int(made.config["batch_tokens"]))
    if row == most:
        _warn(f"{lost:.1%} of the answers' tokens do not fit into the model's context and were cut off")
        return
    problem = f"{lost:.1%} of the answers' tokens do not fit into rows of {row:,} tokens and were cut off"
    echo(f"{problem}: glaswerk tune --context, up to {most}, makes them longer", err=True)


def _warn(problem: str) -> None:
    echo(f"{problem}: glaswerk train --context 1024 makes a model with a longer one", err=True)


def _held_out(figures: dict[str, Any]) -> str:
    share = figures["reward_accuracy"]
    words = f"{share['value']:.1%} ({share['low']:.1%} to {share['high']:.1%})"
    return (
        f"{figures['pairs']:,} held-out pairs: the chosen answer gained more than the rejected one in {words}"
    )
