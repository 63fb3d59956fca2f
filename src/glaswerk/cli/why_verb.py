"""`glaswerk why`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from glaswerk.cli.echo import echo
from glaswerk.cli.options import json_option, lab_option
from glaswerk.cli.session import open_lab, print_json
from glaswerk.core.errors import GlaswerkError
from glaswerk.lab import Lab

if TYPE_CHECKING:
    from glaswerk.core.document import Document
    from glaswerk.data.removal.history import Event

_SHOWN = 240


@click.command("why")
@click.argument("reference", metavar="DOCUMENT")
@lab_option
@json_option
def command(reference: str, lab_path: Path, as_json: bool) -> None:
    """The history of a DOCUMENT, named by its id or a post's address: sources, decisions, tokens, models.

    \b
    glaswerk why x:1850000000000000123
    glaswerk why https://x.com/hazel_hogben/status/1850000000000000123
    """
    from glaswerk.data.references import document_id
    from glaswerk.data.removal.history import merged_into

    lab = open_lab(lab_path)
    identifier = document_id(reference)
    found = [_history(lab, name) for name in [identifier, *merged_into(lab, identifier)]]
    if not any(events for _, _, events in found):
        raise GlaswerkError(
            f"the lab knows no document {identifier!r}",
            hint="glaswerk search PHRASE prints ids; sources/*/documents.parquet has all of them",
        )
    if as_json:
        print_json([_as_json(*one) for one in found])
        return
    for name, document, events in found:
        _print(name, document, events)


def _history(lab: Lab, identifier: str) -> tuple[str, Document | None, list[Event]]:
    from glaswerk.data.removal.history import in_corpora, in_derivations, in_marks, in_sources

    document, events = in_sources(lab, identifier)
    events = [*in_marks(lab, identifier, document, [event.name for event in events]), *events]
    events += in_derivations(lab, identifier)
    return identifier, document, [*events, *in_corpora(lab, identifier), *_trained(lab, identifier)]


def _trained(lab: Lab, identifier: str) -> Iterator[Event]:
    """The document's tokens in each set of shards, and the models that were trained on them."""
    from glaswerk.data.removal.history import Event
    from glaswerk.tokenizer import Shards

    for shards in lab.all("shards"):
        for split, start, end in Shards.open(shards.path).find(identifier):
            words = f"{split}, tokens {start:,} to {end:,} ({end - start:,})"
            figures: dict[str, Any] = {"split": split, "start": start, "end": end}
            yield Event("shards", shards.name, words, figures)
            for model in lab.all("model"):
                if model.inputs.get("shards") == shards.id:
                    yield Event("model", model.name, *_seen(model.config, model.stats, split))


def _seen(config: Any, stats: Any, split: str) -> tuple[str, dict[str, Any]]:
    stage, epochs = config.get("stage"), stats.get("epochs", 0)
    figures = {"stage": stage, "epochs": epochs, "steps": stats.get("steps")}
    if split.endswith("validation"):
        return "held out: never trained on", {**figures, "epochs": 0}
    if stage == "pretrain" and split == "train":
        return f"in its training text, {epochs} epochs", figures
    if stage == "chat" and split == "chat":
        return f"in its dialogues, {epochs} epochs", figures
    if stage == "chat":
        return "may have been replayed while tuning", {**figures, "epochs": None}
    if stage == "continue" and split == "train":
        return f"in its training text, {epochs} epochs (general text: a random part)", figures
    if config.get("split") == split:
        return f"in its {'pairs' if stage == 'dpo' else 'questions'}, {epochs} epochs", figures
    return "not used at this stage", {**figures, "epochs": 0}


def _as_json(identifier: str, document: Document | None, events: list[Event]) -> dict[str, Any]:
    shown = asdict(document) if document is not None and _may_show(document, events) else None
    return {"id": identifier, "document": shown, "events": [asdict(event) for event in events]}


def _print(identifier: str, document: Document | None, events: list[Event]) -> None:
    echo(identifier if document is None else f"{identifier}  {_about(document)}")
    if document is not None and _may_show(document, events):
        text = " ".join(document.text.split())
        echo(f"  “{text if len(text) <= _SHOWN else text[:_SHOWN] + '…'}”")
    width = max((len(event.name) for event in events), default=0)
    for event in events:
        echo(f"  {event.kind:7} {event.name:{width}}  {event.words}")


def _may_show(document: Document, events: list[Event]) -> bool:
    """Whether it may be shown: not if it is private, reserved or deleted, even if a source still has it."""
    from glaswerk.data.store.decisions import UNSHOWN

    refused = any(event.figures.get("deleted") or event.figures.get("reason") in UNSHOWN for event in events)
    return document.rights.audience == "public" and not document.rights.tdm_opt_out and not refused


def _about(document: Document) -> str:
    date = document.created_at.date().isoformat() if document.created_at else "undated"
    rights = document.rights
    by = f"by {document.author}" if document.author else "author unknown"
    return f"{document.kind} {by}, {date}, {rights.licence} ({rights.acquired}), {rights.audience}"
