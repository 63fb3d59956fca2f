"""Tokenizers of a lab after a deletion: renewed for the rebuilt corpora, and in the folders of models."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from glaswerk.core.artifact_files import MANIFEST, TOKENIZER
from glaswerk.lab import Artifact, Lab
from glaswerk.lineage.stages import ADOPTED, stage_of
from glaswerk.tokenizer.renewal import (
    REMOVED,
    RENEWED,
    corpus_of,
    lacks_only_dropped,
    renew_tokenizer,
)
from glaswerk.tokenizer.tokenizer_files import copy_tokenizer


def renew_tokenizers(lab: Lab) -> list[Artifact]:
    """Every tokenizer whose corpus was rebuilt, without entries that occur in forgotten text only."""
    from glaswerk.data.removal.reach import forgotten_ids
    from glaswerk.lab.tombstones import Forgotten

    drop = bool(Forgotten.read(lab.root).tombstones or forgotten_ids(lab))
    found = (renew_tokenizer(lab, made, drop=drop) for made in lab.all("tokenizer"))
    return [made for made in found if made is not None]


def remove_orphan_tokenizers(lab: Lab) -> list[Artifact]:
    """Remove tokenizers whose corpus is gone and that no shards need; returns them.

    What they may have of forgotten text is unknown. Models have their own copies.
    """
    needed = {shards.inputs.get("tokenizer") for shards in lab.all("shards")}
    gone = [made for made in lab.all("tokenizer") if made.id not in needed and "corpus" in made.inputs]
    gone = [made for made in gone if corpus_of(lab, made) is None]
    for made in gone:
        lab.remove(made)
    return gone


def purge_models(lab: Lab) -> list[Artifact]:
    """Give every model the renewed form of its tokenizer; returns the models that were changed.

    Their weights, ids and lineage stay; a signature of their files must be made again.
    """
    renewed = [made for made in lab.all("tokenizer") if RENEWED in made.config]
    changed = []
    for model in lab.all("model"):
        fitting = [made for made in renewed if _fits(model, made)]
        if fitting:
            changed.append(lab.amend(model, partial(_replace, renewed=fitting[0])))
        elif REMOVED in model.stats:
            # A kill may have come between the new files and their entry in the ledger.
            lab.ledger.record(model, lab.root)
    return changed


def _fits(model: Artifact, renewed: Artifact) -> bool:
    return stage_of(model.config) != ADOPTED and lacks_only_dropped(model.path, renewed.path)


def _replace(folder: Path, renewed: Artifact) -> Mapping[str, Any]:
    # The files in `folder` are links to the old ones.
    for file in (path for path in renewed.path.iterdir() if path.name != MANIFEST):
        (folder / file.name).unlink(missing_ok=file.name != TOKENIZER)
    copy_tokenizer(renewed.path, folder)
    return {REMOVED: int(renewed.stats[REMOVED])}
