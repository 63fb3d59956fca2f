"""Reproducing a model: make it again in a new lab from the stored sources, and compare every digest."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, get_args

import torch

from glaswerk.core.artifact_files import FORGOTTEN_MARKS, MANIFEST
from glaswerk.core.errors import GlaswerkError
from glaswerk.core.files import write_json
from glaswerk.core.ids import digest_file, digest_files
from glaswerk.data.curate.curate import curate
from glaswerk.data.curate.settings import recorded_settings
from glaswerk.lab import Artifact, Lab, Spec
from glaswerk.lab.artifact import ArtifactKind, read_outputs
from glaswerk.lab.status import FORGOTTEN
from glaswerk.lab.tombstones import Forgotten
from glaswerk.lineage.stages import ADOPTED
from glaswerk.lineage.verify import Advance, Register, check, targets
from glaswerk.rerun.order import (
    ORDER,
    base_model,
    epochs_of,
    loop_of,
    plan_of,
    pretrain_sampler,
    stage_of,
    stream_of,
)
from glaswerk.rerun.retune import retune
from glaswerk.tokenizer import pack, train_tokenizer
from glaswerk.tokenizer.renewal import RENEWED
from glaswerk.tokenizer.training import TokenizerConfig
from glaswerk.train.checkpoint.branch import begin_branch
from glaswerk.train.checkpoint.policy import Keep
from glaswerk.train.machine.environment import environment
from glaswerk.train.pretrain import RECIPE, PretrainJob, run_pretraining

_MARKER = "reproduction.json"
# Kinds that are copied as stored: their raw files belong to the user and are not in the lab.
_STORED = ("source", "evaluation")


@dataclass(frozen=True, slots=True)
class Compared:
    """One artifact: its recorded digest, the digest of the new one, and the first file that differs."""

    kind: str
    name: str
    copied: bool
    recorded: str
    made: str
    differs: str

    @property
    def equal(self) -> bool:
        """Whether no file differs."""
        return not self.differs


def lineage(lab: Lab, model: Artifact) -> list[Artifact]:
    """Everything that `model` was made from, then `model`, parents first.

    A tokenizer whose corpus was rebuilt since is taken as it is. Raises GlaswerkError for an artifact that
    is no longer in the lab, and for a model that cannot be made again from what is there.
    """
    there = {made.id: made for kind in get_args(ArtifactKind) for made in lab.all(kind)}
    found: dict[str, Artifact] = {}

    def visit(artifact: Artifact) -> None:
        _check_model(artifact)
        for role, parent in artifact.inputs.items():
            if parent in there:
                visit(there[parent])
            elif artifact.kind != "tokenizer":
                raise _missing(lab, artifact, role, parent)
        found.setdefault(artifact.id, artifact)

    visit(model)
    _check_corpora(lab, [made for made in found.values() if made.kind == "corpus"])
    return list(found.values())


def check_recorded(lab: Lab, steps: list[Artifact], advance: Advance) -> None:
    """Check every byte that is compared with: files, manifests and the ledger must be as recorded.

    `advance` is called with the number of bytes read. Raises GlaswerkError naming what was altered.
    """
    register = Register.read(lab)
    nodes, places = register.graph().nodes, register.places()
    # By their places: an id may be what was altered in a manifest.
    there = [nodes[places[made.path.relative_to(lab.root).as_posix()]] for made in steps]
    for node in targets(register, there):
        found = check(register, node, advance)
        if found.faults:
            raise GlaswerkError(
                f"{found.kind} {found.name} is not as recorded: {'; '.join(found.faults)}",
                hint=f"glaswerk verify {found.kind}:{found.name} shows what was altered",
            )


def prepare(lab: Lab, model: Artifact, folder: Path) -> None:
    """Create the new lab, or accept the one that an interrupted run of this command left.

    Raises GlaswerkError for any other folder that is not empty.
    """
    marker = folder / _MARKER
    mine = {"model": model.id, "digest": model.digest}
    if marker.exists() and json.loads(marker.read_text()) == mine:
        return
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise GlaswerkError(
            f"expected an empty folder for the new lab, found {folder}", hint="--to another folder"
        )
    Lab.init(folder).ledger.close()
    if (lab.root / FORGOTTEN_MARKS).exists():
        shutil.copyfile(lab.root / FORGOTTEN_MARKS, folder / FORGOTTEN_MARKS)
    write_json(marker, mine)


def reproduce(lab: Lab, new: Lab, steps: list[Artifact]) -> Iterator[Compared]:
    """Copy or make the artifacts of `steps` in `new`, one after the other, up to the first that differs.

    Resumable: an artifact that is there already is compared, not made again. The write lock of `new` must
    be held.
    """
    for recorded in steps:
        copied = is_copied(recorded, steps)
        made = _copy(new, recorded) if copied else _make(lab, new, recorded)
        expected, outputs = read_outputs(recorded), _digests(made) if copied else read_outputs(made)
        differs = _first_difference(expected, outputs)
        if digest_files(expected) != recorded.digest or (not differs and made.id != recorded.id):
            differs = MANIFEST
        yield Compared(recorded.kind, recorded.name, copied, recorded.digest, digest_files(outputs), differs)
        if differs:
            return


def is_copied(artifact: Artifact, steps: list[Artifact]) -> bool:
    """Whether an artifact is copied as stored: a source, or a tokenizer whose corpus is gone.

    A tokenizer without the entries of forgotten text was trained on that text, which is gone.
    """
    ids = {made.id for made in steps}
    if RENEWED in artifact.config:
        return True
    return artifact.kind in _STORED or not ids.issuperset(artifact.inputs.values())


def other_environment(model: Artifact) -> list[str]:
    """How this machine differs from the one that made `model`, one line each; threads do not count."""
    recorded = model.stats.get("environment")
    if recorded is None:
        return [f"{model.name} does not record where it was trained: an older version made it"]
    here = environment(torch.device("cpu"))
    return [
        f"{name}: {value} then, {here[name]} here"
        for name, value in recorded.items()
        if name != "threads" and here.get(name) != value
    ]


def _check_model(artifact: Artifact) -> None:
    if artifact.config.get("stage") == ADOPTED:
        raise GlaswerkError(
            f"the weights of {artifact.name} were adopted: they cannot be made again here",
            hint="glaswerk reproduce works for models that were trained in the lab",
        )
    if ORDER in artifact.config:
        raise GlaswerkError(
            f"{artifact.name} continues a run that saw documents which are forgotten now",
            hint="glaswerk retrain MODEL --without …, without milestones, makes one that can be reproduced",
        )


def _missing(lab: Lab, artifact: Artifact, role: str, identifier: str) -> GlaswerkError:
    rows = lab.ledger.rows("SELECT kind, name FROM artifact WHERE id = ?", identifier)
    name = f"{rows[0]['kind']} {rows[0]['name']}" if rows else role.replace(":", " ")
    return GlaswerkError(
        f"{artifact.kind} {artifact.name} was made from a {name} that is no longer in the lab",
        hint="glaswerk status shows what was rebuilt since; train again, and reproduce that model",
    )


def _check_corpora(lab: Lab, corpora: list[Artifact]) -> None:
    """Raises GlaswerkError for corpora of different sources, or from before something was forgotten.

    A lab curates all of its sources, so one new lab cannot make both.
    """
    if len({frozenset(corpus.inputs.items()) for corpus in corpora}) > 1:
        names = " and ".join(corpus.name for corpus in corpora)
        raise GlaswerkError(
            f"the corpora {names} were made from different sources: one new lab cannot make both",
            hint="glaswerk curate, then pack, train and tune again, and reproduce that model",
        )
    marks = Forgotten.read(lab.root).digest
    for corpus in corpora:
        if corpus.config.get(FORGOTTEN, "") != marks:
            raise GlaswerkError(
                f"content of the corpus {corpus.name} was forgotten since: it cannot be made again",
                hint="glaswerk rebuild, train again, and reproduce that model",
            )


def _digests(artifact: Artifact) -> dict[str, str]:
    """File → digest, computed from its bytes."""
    files = [path for path in artifact.path.rglob("*") if path.is_file()]
    names = {path.relative_to(artifact.path).as_posix(): path for path in files}
    return {name: digest_file(path) for name, path in names.items() if name != MANIFEST}


def _first_difference(recorded: Mapping[str, str], made: Mapping[str, str]) -> str:
    names = sorted({*recorded, *made})
    return next((name for name in names if recorded.get(name) != made.get(name)), "")


def _copy(new: Lab, recorded: Artifact) -> Artifact:
    final = new.path(recorded.kind, recorded.name)
    if not final.exists():
        staging = final.with_name(f".{final.name}.part")
        shutil.rmtree(staging, ignore_errors=True)
        shutil.copytree(recorded.path, staging)
        os.rename(staging, final)
    made = new.need(recorded.kind, recorded.name, hint="glaswerk reproduce with --to another folder")
    new.ledger.record(made, new.root)
    return made


def _make(lab: Lab, new: Lab, recorded: Artifact) -> Artifact:
    if recorded.kind == "corpus":
        return curate(new, name=recorded.name, config=recorded_settings(recorded.config))
    if recorded.kind == "tokenizer":
        corpus = _in(new, "corpus", recorded.inputs["corpus"])
        config = TokenizerConfig(int(recorded.config["vocab_size"]))
        return train_tokenizer(new, config, corpus=corpus.name, name=recorded.name)
    if recorded.kind == "shards":
        corpus = _in(new, "corpus", recorded.inputs["corpus"])
        tokenizer = _in(new, "tokenizer", recorded.inputs["tokenizer"])
        return pack(new, corpus=corpus.name, tokenizer=tokenizer.name)
    if (threads := recorded.stats.get("environment", {}).get("threads")) is not None:
        torch.set_num_threads(threads)
    if stage_of(recorded) == "pretrain":
        return _pretrain(new, recorded)
    base = base_model(lab, recorded)
    assert base is not None, "all models but pretrained ones are tuned from another"
    shards = _in(new, "shards", recorded.inputs["shards"])
    again = _in(new, "model", base.id)
    name = recorded.name.partition("/")[0]
    return retune(new, recorded, again, epochs=epochs_of(lab, recorded), shards=shards, name=name)


def _in(lab: Lab, kind: ArtifactKind, identifier: str) -> Artifact:
    return next(made for made in lab.all(kind) if made.id == identifier)


def _pretrain(new: Lab, recorded: Artifact) -> Artifact:
    """The recorded run; of a branch first its trunk, up to where it left."""
    packed = _in(new, "shards", recorded.inputs["shards"])
    sampler = pretrain_sampler(stream_of(packed.path, "train"), recorded.config)
    loop = loop_of(recorded)
    spec = Spec("model", recorded.name, RECIPE, {"shards": packed.id}, recorded.config)
    job = PretrainJob(spec, packed, plan_of(recorded, sampler), sampler, int(recorded.config["seed"]))
    # As it was then: the probe and the prediction may choose otherwise here.
    job = replace(job, compile="on" if "warmup_seconds" in recorded.stats else "off")
    if loop.trunk:
        whole = replace(loop, steps=loop.trunk, trunk=0, branch_at=0)
        config: dict[str, Any] = {**recorded.config, "loop": whole.settings()}
        trunk = Spec("model", f"trunk/step-{whole.steps}", RECIPE, spec.inputs, config)
        before = replace(job, spec=trunk, planned=replace(job.planned, loop=whole))
        run_pretraining(new, _as_then(before, recorded), keep=Keep(steps=(loop.branch_at,)))
        begin_branch(new.run_folder(trunk.id), loop.branch_at, new.run_folder(spec.id))
    return run_pretraining(new, _as_then(job, recorded))


def _as_then(job: PretrainJob, recorded: Artifact) -> PretrainJob:
    precision = str(recorded.stats.get("precision", job.planned.loop.precision))
    return replace(job, planned=replace(job.planned, loop=replace(job.planned.loop, precision=precision)))
