"""Obstacles to a release: what a model was trained on that it may not be released with."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

import pyarrow.parquet as pq

from glaswerk.core.artifact_files import DOCUMENTS
from glaswerk.core.rights import ADOPTED_WEIGHTS, rights_faults
from glaswerk.lab.artifact import Artifact
from glaswerk.lab.folder import Lab
from glaswerk.lineage.exposure import exposure_basis, exposures, models_without
from glaswerk.lineage.records import ArtifactRecord, ancestry, training_stages
from glaswerk.lineage.stages import ADOPTED


def obstacles(lab: Lab, model: Artifact, declared: Collection[str] = (), under: str = "") -> list[str]:
    """Why a model cannot be released as it is, one sentence for each reason; empty if it can.

    Obstacles are adopted weights among its bases, training documents that were forgotten or reserved since,
    and, by source, documents with unknown rights or a limited audience in the corpora that the model or one
    of its bases was trained on; rights that were given when a source was added again count, too.
    `declared`: what the release declares itself to be, such as non-commercial (see
    `core.licences.DECLARATIONS`); `under`: its licence, "" if not known.
    """
    found = ancestry(lab, model.id)
    corpora = [made for made in found if made.kind == "corpus"]
    return [
        *_adopted(training_stages(found, model.id), declared, under),
        *exposed(lab, model),
        *(words for corpus in corpora for words in _rights(corpus, found, declared, under)),
        *(words for made in found if made.kind == "source" for words in _since(lab, made, declared, under)),
    ]


def _adopted(models: Iterable[ArtifactRecord], declared: Collection[str], under: str) -> Iterator[str]:
    for model in models:
        if model.stage == ADOPTED:
            licence = model.config["licence"]
            for words in rights_faults(licence, ADOPTED_WEIGHTS, "public", False, declared, under):
                yield f"adopted weights {model.name} ({licence}): {words}"
            texts = model.config.get("licence_files")
            if texts and model.path is None:
                yield f"adopted weights {model.name} are gone from the lab, and so are {', '.join(texts)}"


def exposed(lab: Lab, model: Artifact) -> Iterator[str]:
    """Obstacles from what a model learnt: forgotten or reserved documents, or that this is unknown."""
    found = exposures(lab).get(model.id)
    if found is None or found.basis != exposure_basis(lab):
        yield "what it was trained on has not been counted since marks or sources changed: glaswerk status"
        return
    if found.documents:
        yield (
            f"trained on {found.documents:,} forgotten documents ({found.tokens:,} tokens, {found.seen:,} in "
            f"all epochs): {way_without(lab, model)}"
        )
    if found.reserved:
        yield f"trained on {found.reserved:,} documents whose owners reserved text and data mining since"
    if not found.certain:
        yield "what it was trained on is no longer known: the spans of its shards are lost"


def way_without(lab: Lab, model: Artifact) -> str:
    """What to do about a model that learnt forgotten documents: the model that did not, or the command."""
    if without := models_without(lab, model):
        return f"{without[-1].name} was not"
    return f"glaswerk retrain {model.name.partition('/')[0]}"


def _rights(
    corpus: ArtifactRecord, below_model: Iterable[ArtifactRecord], declared: Collection[str], under: str
) -> Iterator[str]:
    if corpus.path is None:
        yield from _rights_of_sources(corpus, below_model, declared, under)
        return
    columns = ["source", "licence", "acquired", "audience", "tdm_opt_out"]
    table = pq.read_table(corpus.path / DOCUMENTS, columns=columns)
    counts = table.group_by(columns).aggregate([([], "count_all")]).to_pylist()
    found: dict[tuple[str, str], int] = {}
    for row in counts:
        for words in rights_faults(
            row["licence"], row["acquired"], row["audience"], row["tdm_opt_out"], declared, under
        ):
            key = (row["source"], words)
            found[key] = found.get(key, 0) + row["count_all"]
    for (source, words), documents in sorted(found.items()):
        yield f"source {source}: {words} ({documents:,} documents of the corpus {corpus.name})"


def _rights_of_sources(
    corpus: ArtifactRecord, below_model: Iterable[ArtifactRecord], declared: Collection[str], under: str
) -> Iterator[str]:
    """Of a corpus that was rebuilt since: the rights that were given when its sources were added."""
    inputs = set(corpus.inputs.values())
    sources = (made for made in below_model if made.kind == "source" and made.id in inputs)
    for source in sorted(sources, key=lambda made: made.name):
        yield from (f"source {source.name}: {words}" for words in _faults(source.config, declared, under))


def _since(lab: Lab, source: ArtifactRecord, declared: Collection[str], under: str) -> Iterator[str]:
    """What the source of this name says now and did not say when it was trained on."""
    now = lab.find("source", source.name)
    if now is not None and now.id != source.id:
        before = _faults(source.config, declared, under)
        for words in _faults(now.config, declared, under):
            if words not in before:
                yield f"source {source.name}, as it was added again since: {words}"


def _faults(said: Mapping[str, Any], declared: Collection[str], under: str) -> list[str]:
    """Of the rights that were given for a whole source."""
    licence, acquired = said.get("licence", ""), said.get("acquired", "")
    return list(rights_faults(licence, acquired, "public", False, declared, under))
