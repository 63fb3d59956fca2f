"""Releases: the Hugging Face folder of a model with the papers written from the ledger."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from huggingface_hub import ModelCardData

from glaswerk.core.artifact_files import MANIFEST, MODEL_CARD
from glaswerk.core.errors import GlaswerkError
from glaswerk.core.files import fsync_path, write_atomic, write_json
from glaswerk.core.ids import digest_file
from glaswerk.core.licences import DECLARATIONS
from glaswerk.lab import Artifact, Lab
from glaswerk.lab.artifact import read_outputs
from glaswerk.lineage.exposure import models_without
from glaswerk.lineage.obstacles import obstacles
from glaswerk.lineage.policy import read_policy
from glaswerk.model.licence import hub_licence
from glaswerk.release.base_terms import base_licences
from glaswerk.release.bom import bom_of
from glaswerk.release.digests import sha256_of
from glaswerk.release.facts import Facts, View, facts_of, licence_of_release
from glaswerk.release.gate import gate_findings, pause_finding
from glaswerk.release.lineage import lineage_of
from glaswerk.release.markup import html, markdown
from glaswerk.release.provider_answers import ANSWERS_FILE, answers_template, read_provider_answers

FACTS, BOM = "facts.json", "ml-bom.cdx.json"
# Template → title of the paper. The model card becomes the README that Hugging Face shows.
PAPERS = {
    "training-content-summary": "Public summary of training content",
    "model-documentation": "Model documentation",
    "model-card": "Model card",
    "train-test-overlap": "Train-test overlap",
    "compute-and-energy": "Compute and energy",
}


@dataclass(frozen=True, slots=True)
class Release:
    """A prepared release: texts by file name, SHA-256 of the model's files by name, and open blanks.

    `licences`: the files with the terms of the weights that the model is based on, by name.
    """

    facts: Facts
    texts: Mapping[str, str]
    model: Mapping[str, str]
    blanks: tuple[str, ...]
    licences: Mapping[str, Path]

    @property
    def files(self) -> list[str]:
        """Names of all files, sorted."""
        return sorted([*self.texts, *self.model, *self.licences, FACTS])


def prepare(
    lab: Lab,
    model: Artifact,
    to: Path,
    *,
    answers: Path | None = None,
    despite: bool = False,
    declared: Collection[str] = (),
) -> Release:
    """Prepare a release to `to` without writing anything there.

    `declared`: what the release declares itself to be (see `licences.DECLARATIONS`); the model card says so.
    Answers come from the file `answers`, otherwise from an earlier release at `to`. Raises GlaswerkError if
    there are obstacles to a release (unless `despite`), if `to` holds anything but an earlier release of this
    model, and if a file of the model does not match its manifest.
    """
    _settle(to)
    _check_place(to, model)
    lineage = lineage_of(lab, model)
    names = tuple(sorted({source.name for source in lineage.sources}))
    given = answers or (to / ANSWERS_FILE if (to / ANSWERS_FILE).exists() else None)
    said = read_provider_answers(given, names) if given else {}
    under = licence_of_release(lineage, said)
    found = obstacles(lab, model, declared, under)
    if found and not despite:
        raise GlaswerkError(
            f"{model.name} cannot be released as it is: " + "; ".join(found),
            hint=_next(lab, model, to, found, declared, under),
        )
    digests = _checked(model)
    facts = replace(facts_of(lab, model, lineage, said, found), declared=tuple(sorted(declared)))
    facts = _gated(lab, model, facts, despite)
    view = View(facts)
    texts = _papers(facts, view.to_template())
    texts |= {ANSWERS_FILE: answers_template(said), BOM: _json(bom_of(facts, digests))}
    return Release(facts, texts, digests, tuple(view.asked), base_licences(lineage.stages))


def _gated(lab: Lab, model: Artifact, facts: Facts, despite: bool) -> Facts:
    """The facts with what the lab's policy found. What fails it is an obstacle, which the model card shows.

    Raises GlaswerkError for a model that fails, unless `despite`.
    """
    policy = read_policy(lab.root)
    findings = gate_findings(lab, model, facts, policy) if policy else pause_finding(lab)
    failed = tuple(f"{one.rule}: {one.words}" for one in findings if one.passed is False)
    if failed and not despite:
        name = model.name.partition("/")[0]
        raise GlaswerkError(
            f"{model.name} does not pass the release policy: " + "; ".join(failed),
            hint=f"glaswerk gate {name} lists every rule; --despite-obstacles releases it with the failures "
            "on its model card",
        )
    said = {"digest": policy.digest, "signers": sorted(policy.signers)} if policy else None
    found = said | {"findings": [asdict(one) for one in findings]} if said else None
    return replace(facts, obstacles=(*facts.obstacles, *failed), policy=found)


def write(release: Release, model: Artifact, to: Path) -> None:
    """Write the release to `to` atomically, replacing an earlier one. Raises OSError."""
    staging, old = to.with_name(f".{to.name}.part"), _old(to)
    for path in (staging, old):
        shutil.rmtree(path, ignore_errors=True)
    staging.mkdir(parents=True)
    try:
        _fill(release, model, staging)
    except BaseException:
        shutil.rmtree(staging, ignore_errors=True)
        raise
    if to.exists():
        os.rename(to, old)
    os.rename(staging, to)
    fsync_path(to.parent)
    shutil.rmtree(old, ignore_errors=True)


def _fill(release: Release, model: Artifact, folder: Path) -> None:
    for name, file in {**{name: model.path / name for name in release.model}, **release.licences}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, folder / name)
        fsync_path(folder / name)
    for name, text in release.texts.items():
        write_atomic(folder / name, text)
    write_json(folder / FACTS, {**release.facts.to_json(), "files": release.files})


def _old(to: Path) -> Path:
    return to.with_name(f".{to.name}.old")


def _settle(to: Path) -> None:
    """Restore an earlier release that a kill left under its temporary name: it may hold answers."""
    if _old(to).exists() and not to.exists():
        os.rename(_old(to), to)


def _papers(facts: Facts, names: Mapping[str, Any]) -> dict[str, str]:
    texts = {}
    for paper, title in PAPERS.items():
        text = markdown(paper, names)
        whole = f"{title}: {facts.name}"
        texts[f"{paper}.html"] = html(whole, text)
        if paper == "model-card":
            texts[MODEL_CARD] = f"---\n{metadata_of(facts)}\n---\n\n# {facts.name}\n\n{text}"
        else:
            texts[f"{paper}.md"] = f"# {whole}\n\n{text}"
    return texts


def metadata_of(facts: Facts) -> str:
    """The YAML at the head of a Hugging Face model card.

    https://huggingface.co/docs/hub/model-cards#model-card-metadata. A licence that the Hub has no id for is
    "other" with its name.
    """
    known = hub_licence(facts.licence) if facts.licence else None
    data = ModelCardData(
        language=facts.languages or None,
        library_name="transformers",
        pipeline_tag="text-generation",
        license=known or ("other" if facts.licence else None),
        license_name=facts.licence if facts.licence and not known else None,
        tags=["glaswerk", *(["conversational"] if facts.is_chat else [])],
        datasets=sorted({row.source for row in facts.data.rows}) or None,
    )
    return data.to_yaml()


def _checked(model: Artifact) -> dict[str, str]:
    """SHA-256 of every file of the model, after comparing each file with the manifest."""
    outputs = read_outputs(model)
    for name, digest in outputs.items():
        file = model.path / name
        if not file.is_file() or digest_file(file) != digest:
            raise GlaswerkError(
                f"{file} does not match the manifest of {model.name}",
                hint="glaswerk train, or restore the file",
            )
    return {name: sha256_of(model.path / name) for name in (*outputs, MANIFEST)}


def _check_place(to: Path, model: Artifact) -> None:
    """Raises GlaswerkError if `to` is a file, or a folder with anything but a release of this model."""
    if to.is_file():
        raise GlaswerkError(f"expected a folder to release to, found the file {to}", hint="--to release")
    there = (
        sorted(p.relative_to(to).as_posix() for p in to.rglob("*") if not p.is_dir()) if to.exists() else []
    )
    if not there:
        return
    before = _facts_at(to)
    if before.get("model", {}).get("id") != model.id:
        raise GlaswerkError(
            f"{to} is not empty and holds no earlier release of {model.name}", hint="--to another-folder"
        )
    others = [name for name in there if name not in before.get("files", ())]
    if others:
        raise GlaswerkError(
            f"{to} holds {others[0]}, which no release wrote and a new one would remove",
            hint="move it elsewhere",
        )


def _facts_at(folder: Path) -> dict[str, Any]:
    try:
        found = json.loads((folder / FACTS).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _next(
    lab: Lab, model: Artifact, to: Path, found: list[str], declared: Collection[str], under: str
) -> str:
    """The command that helps with the obstacles."""
    if any("forgotten documents" in words for words in found):
        if without := models_without(lab, model):
            return f"glaswerk release {without[-1].name.partition('/')[0]} --to {to}"
        return f"glaswerk retrain {model.name.partition('/')[0]} makes it again without them"
    release = f"glaswerk release {model.name.partition('/')[0]} --to {to}"
    despite = f"to release anyway: {release} --despite-obstacles"
    left = {term: obstacles(lab, model, {*declared, term}, under) for term in DECLARATIONS}
    needed = [term for term in DECLARATIONS if len(left[term]) < len(found)]
    if needed and not obstacles(lab, model, {*declared, *needed}, under):
        said = " ".join(f"--declare {term}" for term in DECLARATIONS if term in {*declared, *needed})
        return f"to release it as what the licences require: {release} {said}; {despite}"
    return f"glaswerk rights lists them by source; {despite}"


def _json(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"
