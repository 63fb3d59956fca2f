"""Retraining a model without documents that are gone from its shards: by rebuild or by filtered replay."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from glaswerk.core.errors import GlaswerkError
from glaswerk.core.ids import digest_json
from glaswerk.lab import Artifact, Lab, Spec
from glaswerk.lineage.stages import ADOPTED
from glaswerk.rerun.options import untouched_checkpoint
from glaswerk.rerun.order import (
    ORDER,
    REBUILD,
    REPLAY,
    TUNED_ON,
    base_model,
    epochs_of,
    loop_of,
    order_of,
    plan_of,
    pretrain_sampler,
    replay_sampler,
    replayed_tuning,
    stage_of,
    stream_of,
    with_last,
)
from glaswerk.rerun.retune import retune
from glaswerk.rerun.steps_touched import TouchedSteps, touched_steps
from glaswerk.tokenizer import Shards
from glaswerk.tokenizer.renewal import trained_id
from glaswerk.tokenizer.retained_spans import spans_folder
from glaswerk.train.batches.last_sources import LAST, Last
from glaswerk.train.batches.repetition import TRAINED
from glaswerk.train.batches.replay import check_replay, left_out
from glaswerk.train.batches.sources import sources_of
from glaswerk.train.checkpoint.branch import begin_branch
from glaswerk.train.checkpoint.policy import Keep
from glaswerk.train.pretrain import RECIPE as PRETRAIN
from glaswerk.train.pretrain import PretrainJob, run_pretraining
from glaswerk.train.tune import run_tuning

# The name is stored in manifests: it stays, although the function is called `retrain` now.
RECIPE = "remake/1"
# The suffix of the new model's name.
SUFFIX = {REBUILD: "rebuilt", REPLAY: "replayed"}


def retrain(lab: Lab, model: Artifact, how: str) -> Artifact:
    """Retrain `model` without the documents that its rebuilt shards have lost.

    `how`: "rebuild" trains on the new shards in their own order, "replay" keeps the order of the old run.
    Both start from the newest kept checkpoint that saw none of those documents, or from step 0. A tuned
    model is tuned again from its base, which is retrained first if it lost documents, too; "replay" keeps
    the order of dialogues as well. The old models stay. A finished run is returned, an interrupted one
    resumed. Raises GlaswerkError for a model that cannot be retrained, and if nothing is gone.
    """
    made = _without(lab, model, how)
    if made.id == model.id:
        raise GlaswerkError(
            f"no step of {model.name}, nor of its bases, saw a document that its shards have lost",
            hint="glaswerk what-if lists the affected models; glaswerk rebuild renews the shards",
        )
    return made


def _without(lab: Lab, model: Artifact, how: str) -> Artifact:
    """The retrained model, or `model` itself if nothing that it learnt from is gone."""
    if stage_of(model) == ADOPTED:
        return model
    base, shards = base_model(lab, model), _shards_now(lab, model)
    if base:
        _check_tuning(model, base, shards)
    new = _without(lab, base, how) if base else None
    if (new is None or (base and new.id == base.id)) and not _lost(lab, model, shards):
        return model
    if new is None:
        return _pretrained(lab, model, shards, how)
    if how == REPLAY and stage_of(model) == "chat":
        return _retuned_in_order(lab, model, new, shards)
    return retune(lab, model, new, epochs=epochs_of(lab, model), shards=shards, name=_name(model, how))


def _check_tuning(model: Artifact, base: Artifact, shards: Artifact) -> None:
    """Raises GlaswerkError if nothing is left to tune on, before the base is retrained for it."""
    split = TUNED_ON.get(stage_of(model))
    if split is not None and split not in Shards.open(shards.path).splits():
        raise GlaswerkError(
            f"all that {model.name} was tuned on is gone from {shards.name}: it cannot be retrained",
            hint=f"glaswerk what-if with the same selectors and --model {base.name} shows what that one saw",
        )


def _retuned_in_order(lab: Lab, model: Artifact, base: Artifact, shards: Artifact) -> Artifact:
    """`base` tuned on the dialogues of `model`'s run in its order, without what `shards` lack."""
    order = _order_folder(lab, model)
    gone = [
        name
        for split in ("chat", TRAINED)
        for name in left_out(stream_of(order, split), stream_of(shards.path, split))
    ]
    sampler = replayed_tuning(model, order, shards.path)
    if sampler is None:
        raise GlaswerkError(
            f"a dialogue is gone that was longer than the rows that {model.name} was tuned on, and where it "
            "was cut is unknown",
            hint=f"glaswerk tune --base {base.name} tunes it in another order",
        )
    check_replay(sampler, loop_of(model).steps)
    config = {**model.config, ORDER: _settings(model, REPLAY, 0, gone)}
    name = f"{_name(model, REPLAY)}/step-{loop_of(model).steps}"
    spec = Spec("model", name, RECIPE, {"base": base.id, "shards": shards.id}, config)
    return run_tuning(lab, spec, base, shards, sampler)


def _settings(model: Artifact, how: str, start: int, gone: list[str]) -> dict[str, Any]:
    """The value of `config[ORDER]` of a retrained model: whose order it has, from which step on it is new."""
    return {
        "of": model.id,
        "shards": model.inputs["shards"],
        "how": how,
        "at": start,
        "left_out": digest_json(sorted(gone)),
    }


def _lost(lab: Lab, model: Artifact, shards: Artifact) -> bool:
    """Whether the model's own run saw, or may have seen, a document that `shards` lack."""
    folder = spans_folder(lab, model.inputs["shards"])
    if folder is None:
        return True
    touch = touched_steps(lab, model, _documents(folder) - _documents(shards.path))
    return touch is None or touch.steps > 0


def _documents(folder: Path) -> set[str]:
    shards = Shards.open(folder)
    return {name for split in shards.splits() for name in shards.spans(split)[0]}


def _name(model: Artifact, how: str) -> str:
    return f"{model.name.partition('/')[0]}-{SUFFIX[how]}"


def _pretrained(lab: Lab, model: Artifact, shards: Artifact, how: str) -> Artifact:
    loop = loop_of(model)
    if loop.trunk:
        raise GlaswerkError(
            f"{model.name} is the decay of a branch, which can be retrained only with its trunk",
            hint=f"glaswerk train --milestones {loop.branch_at}, then --branch {loop.branch_at}",
        )
    order = _order_folder(lab, model)
    gone = left_out(stream_of(order, TRAINED), stream_of(shards.path, TRAINED))
    start = _start(lab, model, gone)
    if how == REBUILD and not start:
        return _from_scratch(lab, model, shards)
    settings = _settings(model, how, start, gone)
    if how == REBUILD and (last := _last_now(lab, model, shards)):
        settings[LAST] = last
    sampler = replay_sampler(model.config, order, shards.path, settings)
    if how == REPLAY:
        check_replay(sampler, loop.steps)
    planned = plan_of(model, sampler)
    # Early stopping must not restore weights from before the start: they belong to another run.
    planned = replace(planned, loop=replace(loop, branch_at=max(start, loop.branch_at)))
    config = {**model.config, ORDER: settings}
    name = f"{_name(model, how)}/step-{loop.steps}"
    spec = Spec("model", name, RECIPE, {"shards": shards.id}, config)
    if start:
        begin_branch(lab.run_folder(model.id), start, lab.run_folder(spec.id))
    return run_pretraining(lab, PretrainJob(spec, shards, planned, sampler, int(model.config["seed"])))


def _from_scratch(lab: Lab, model: Artifact, shards: Artifact) -> Artifact:
    """A new run with the recorded settings, which takes nothing from the old one."""
    last = _last_now(lab, model, shards)
    config = with_last(model.config, last)
    sampler = pretrain_sampler(stream_of(shards.path, TRAINED), config)
    planned = plan_of(model, sampler)
    name = f"{_name(model, REBUILD)}/step-{planned.loop.steps}"
    spec = Spec("model", name, PRETRAIN, {"shards": shards.id}, config)
    keep = Keep(steps=(last["at"],)) if last else None
    return run_pretraining(
        lab, PretrainJob(spec, shards, planned, sampler, int(model.config["seed"])), keep=keep
    )


def _last_now(lab: Lab, model: Artifact, shards: Artifact) -> dict[str, Any] | None:
    """The sources that come last if the run of `model` is repeated over `shards`; None if there are none."""
    if LAST not in model.config:
        return None
    before = Last.from_json(model.config[LAST])
    there = sources_of(lab, shards, TRAINED).names
    last = Last.of(lab, shards, [name for name in before.sources if name in there])
    return replace(last, at=before.at, replay=before.replay).to_json() if last else None


def _start(lab: Lab, model: Artifact, gone: list[str]) -> int:
    """The step to resume from: before any step that saw a document that the shards lack."""
    order = order_of(lab, model)
    first = TouchedSteps.of(order, gone, loop_of(model).steps).first if order else None
    assert first is not None, "only a run that saw one of them is retrained"
    return untouched_checkpoint(lab, model, first)


def _order_folder(lab: Lab, model: Artifact) -> Path:
    if ORDER in model.config:
        raise GlaswerkError(
            f"{model.name} was itself retrained without documents, and its order cannot be replayed again",
            hint="retrain the original model without all of the documents",
        )
    folder = spans_folder(lab, model.inputs["shards"])
    if folder is None:
        raise GlaswerkError(
            f"the spans of the shards that {model.name} was trained on are lost", hint="glaswerk train"
        )
    return folder


def _shards_now(lab: Lab, model: Artifact) -> Artifact:
    """The present shards of the same name as those that a model was trained on."""
    rows = lab.ledger.rows("SELECT name FROM artifact WHERE id = ?", model.inputs.get("shards", ""))
    if not rows:
        raise GlaswerkError(
            f"the ledger does not know the shards that {model.name} was trained on", hint="glaswerk status"
        )
    found = lab.need("shards", str(rows[0]["name"]), hint="glaswerk rebuild")
    query = "SELECT parent FROM edge WHERE child = ? AND role = 'tokenizer'"
    before = lab.ledger.rows(query, model.inputs["shards"])
    if before and trained_id(lab, before[0]["parent"]) != trained_id(lab, found.inputs["tokenizer"]):
        raise GlaswerkError(
            f"the shards {found.name} have another tokenizer than {model.name}", hint="glaswerk train"
        )
    return found
