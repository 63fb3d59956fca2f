"""The Python API: the steps from content to a chat, one function each.

Every function takes an open `Lab` and returns what it made. A finished step is not repeated, an interrupted
one resumes: the functions can be called again at any time, as the commands can.

    from glaswerk import Lab, add, curate, train, tune, evaluate, trace

    lab = Lab.init("my-lab")
    add(lab, "archive.zip", licence="own")
    add(lab, "chats.jsonl", kind="chats", licence="own")
    curate(lab)
    train(lab, size="2M")
    tune(lab)
    print(evaluate(lab).stats)
    print(trace(lab, "the old mill").spans)

All errors that a user can fix are `glaswerk.core.errors.GlaswerkError`, with a `message` and a `hint`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from glaswerk.core.errors import GlaswerkError
from glaswerk.core.next_commands import pack_command
from glaswerk.lab import Artifact, Lab

if TYPE_CHECKING:
    from glaswerk.trace import Trace

__all__ = ["KINDS", "Artifact", "Lab", "add", "curate", "evaluate", "serve", "trace", "train", "tune"]

AnyPath = str | PathLike[str]

# What `add` takes, as the words after `glaswerk add`.
KINDS = ("posts", "docs", "chats", "preferences", "images", "evaluations")


def add(
    lab: Lab,
    path: AnyPath | Sequence[AnyPath],
    kind: str = "posts",
    *,
    licence: str = "",
    name: str = "",
    **options: Any,
) -> Artifact:
    """Add content as one source. Nothing is trained on before `curate`.

    `path` is one path or several; `kind` is one of `KINDS`. `licence` is an SPDX id or words such as "own";
    every kind but evaluations needs it. `options` are those of the kind, as in `glaswerk.data.source`:
    `acquired`, `author`, `join`, `text_column`, `tolerant` and so on. Raises GlaswerkError for content that
    cannot be read, an unknown kind and a missing licence.
    """
    paths = [Path(path)] if isinstance(path, str | PathLike) else [Path(one) for one in path]
    make = _adder(kind)
    if kind != "evaluations":
        if not licence:
            raise GlaswerkError(
                "expected the licence of the content, found none",
                hint=f'add(lab, {str(paths[0])!r}, kind="{kind}", licence="CC-BY-4.0")',
            )
        options["licence"] = licence
    with _recorded(lab, f"add({', '.join(map(repr, map(str, paths)))}, kind={kind!r})"):
        return make(lab, paths, name=name, **options)


def curate(lab: Lab, *, name: str = "main", **options: Any) -> Artifact:
    """Filter, deduplicate, mask and split all sources into the corpus `name`.

    Settings come from the table [curate] of lab.toml; `options` (`languages`, `validation_share`,
    `audiences`, `web`, `config`, `on`, `jobs`) take precedence. Raises GlaswerkError if the lab has no
    source, if nothing is kept and for settings out of range.
    """
    from glaswerk.data.curate.curate import curate as run

    with _recorded(lab, f"curate(name={name!r})"):
        return run(lab, name=name, **options)


def train(
    lab: Lab, size: str = "2M", *, corpus: str = "main", name: str = "", base: str = "", **settings: Any
) -> Artifact:
    """Pretrain a model of `size` parameters on the corpus; or go on with the model `base`, adopted or own.

    Trains the tokenizer first if the lab has none, and packs the corpus into shards. `settings` are those of
    `glaswerk.train.TrainConfig`: `epochs`, `context`, `learning_rate`, `seed` and so on; whatever is not
    given follows from the size. With `base` they are those of `glaswerk.train.ContinueConfig`, and the corpus
    must be packed with that model's tokenizer. Raises GlaswerkError if there is no corpus and for settings
    out of range.
    """
    if base:
        return _continued(lab, base, corpus, name, settings)
    from glaswerk.train import TrainConfig
    from glaswerk.train import train as run

    name = name or "base"
    with _recorded(lab, f"train(size={size!r}, name={name!r})"):
        shards = _shards(lab, corpus)
        return run(lab, TrainConfig(size=size, **settings), shards=shards.name, name=name)


def _continued(lab: Lab, base: str, corpus: str, name: str, settings: dict[str, Any]) -> Artifact:
    from glaswerk.train import ContinueConfig, continue_training

    with _recorded(lab, f"train(base={base!r}, name={name!r})"):
        return continue_training(lab, ContinueConfig(**settings), base=base, name=name, corpus=corpus)


def tune(lab: Lab, *, base: str = "base", name: str = "chat", **settings: Any) -> Artifact:
    """Tune a model on the dialogues of its corpus, so that it can chat.

    `settings` are those of `glaswerk.train.TuneConfig`. Raises GlaswerkError if there is no model `base`, or
    if its corpus has no dialogues. Preference tuning (DPO) and tuning by rewards (GRPO) are in
    `glaswerk.train.dpo` and `glaswerk.train.grpo`.
    """
    from glaswerk.train import TuneConfig
    from glaswerk.train import tune as run

    with _recorded(lab, f"tune(base={base!r}, name={name!r})"):
        return run(lab, TuneConfig(**settings), base=base, name=name)


def evaluate(
    lab: Lab, model: str | Artifact = "", *, key: AnyPath | None = None, limit: int | None = None
) -> Artifact:
    """Measure a model and write its trust report: report.html, report.json, items.jsonl.

    `model` is a name or an artifact; by default the newest chat model, else the newest model. `key` is an
    answer key (JSON) for truth and politics. Raises GlaswerkError if there is no such model.
    """
    from glaswerk.evaluate import evaluate as run

    chosen = _model(lab, model) if isinstance(model, str) else model
    with _recorded(lab, f"evaluate({chosen.name!r})"):
        return run(lab, chosen, key=Path(key) if key is not None else None, limit=limit)


def serve(
    lab: Lab, model: str = "", *, host: str = "127.0.0.1", port: int = 8000, open_browser: bool = False
) -> None:
    """Serve the OpenAI-compatible API and the chat page until Ctrl-C. Port 0 takes a free one.

    Raises GlaswerkError if the lab has no such model or the address cannot be bound.
    """
    from glaswerk.serve import serve as run

    run(lab, model=model, host=host, port=port, open_browser=open_browser)


def trace(
    lab: Lab,
    text: str,
    *,
    context: str = "",
    shards: str = "main.main",
    min_words: int = 4,
    documents: int = 3,
) -> Trace:
    """Find where `text` occurs verbatim in the training data.

    Builds the index first if the lab has none of these shards. `context` is what was said before: documents
    that fit it come first. Spans are of `min_words` words or more, with up to `documents` documents each.
    Raises GlaswerkError if the lab has no such shards.
    """
    from glaswerk.trace import Tracer

    index = _index(lab, lab.need("shards", shards, hint=pack_command(shards)))
    return Tracer.open(lab, index).trace(text, context=context, min_words=min_words, documents=documents)


@contextmanager
def _recorded(lab: Lab, call: str) -> Iterator[None]:
    """Hold the lab's write lock, and enter the call in its ledger as the commands are."""
    with lab.writing():
        run = lab.ledger.start_run(f"glaswerk.{call}")
        clock, cpu = time.perf_counter(), time.process_time()
        status, message = "interrupted", ""
        try:
            yield
            status = "done"
        except Exception as error:
            status, message = "failed", next(iter(str(error).splitlines()), type(error).__name__)
            raise
        finally:
            seconds, cpu_seconds = time.perf_counter() - clock, time.process_time() - cpu
            lab.ledger.finish_run(run, status, seconds, cpu_seconds, message)


def _adder(kind: str) -> Callable[..., Artifact]:
    if kind not in KINDS:
        raise GlaswerkError(f"expected kind to be one of {', '.join(KINDS)}, found {kind!r}")
    from glaswerk.data import source
    from glaswerk.data.dialogues.evaluation_sets import add_evaluations

    found: Callable[..., Artifact] = add_evaluations
    return found if kind == "evaluations" else getattr(source, f"add_{kind}")


def _shards(lab: Lab, corpus: str) -> Artifact:
    """The corpus as tokens. The tokenizer is trained only once: models resume from it."""
    from glaswerk.tokenizer import pack, train_tokenizer

    if lab.find("tokenizer", "main") is None:
        train_tokenizer(lab, corpus=corpus)
    return pack(lab, corpus=corpus)


def _model(lab: Lab, name: str) -> Artifact:
    found = lab.latest("model", name) if name else lab.latest("model", "chat") or lab.latest("model")
    if found is None:
        there = ", ".join(model.name for model in lab.all("model")) or "none"
        wanted = f" named {name!r}" if name else ""
        raise GlaswerkError(f"the lab has no model{wanted} (there: {there})", hint="glaswerk train")
    return found


def _index(lab: Lab, shards: Artifact) -> Artifact:
    """The index of these shards, built if it is missing or belongs to earlier ones."""
    from glaswerk.trace import build

    found = lab.find("trace", shards.name)
    if found is not None and found.inputs.get("shards") == shards.id:
        return found
    with _recorded(lab, f"trace(shards={shards.name!r})"):
        return build(lab, shards)
