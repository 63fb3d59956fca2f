"""The trust report of a model: figures with intervals, bound to the digests of model, key and data."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from glaswerk.core.artifact_files import REPORT_FIGURES, REPORT_PAGE
from glaswerk.core.errors import GlaswerkError
from glaswerk.core.files import write_atomic, write_json
from glaswerk.core.ids import digest_json, short
from glaswerk.core.statistics import LEAST, LEVEL, RESAMPLES, unmeasurable
from glaswerk.evaluate.badge import trust_badge
from glaswerk.evaluate.bits import measure_bits
from glaswerk.evaluate.controls import Parent, gated, measure_controls
from glaswerk.evaluate.key import AnswerKey, read_key
from glaswerk.evaluate.measured import Measured
from glaswerk.evaluate.memorisation import measure_memorisation
from glaswerk.evaluate.politics import measure_politics
from glaswerk.evaluate.report import render_report
from glaswerk.evaluate.tasks import measure_tasks
from glaswerk.evaluate.tasks.score_store import STORE, ScoreStore
from glaswerk.evaluate.tasks.scorer import Scorer
from glaswerk.evaluate.truth import (
    measure_answers,
    measure_outside,
    measure_rumours,
    measure_statements,
)
from glaswerk.infer import Engine
from glaswerk.lab import Artifact, Lab, Spec
from glaswerk.lab.artifact import ArtifactKind
from glaswerk.lineage.stages import is_chat
from glaswerk.tokenizer import Shards

FORMAT = 1
NO_KEY = "no answer key was given, so there is nothing to compare with"
NO_CHAT = "the model is not tuned for chat, so it cannot be asked"


@dataclass(frozen=True, slots=True)
class EvaluateConfig:
    """`limit`: at most this many facts, records of a set and validation documents, sampled with `seed`; None
    takes all. `quick`: of the sets only those for a first look, 200 records each. `controls`: plant a lean
    and see whether it is measured (minutes of training)."""

    limit: int | None = None
    seed: int = 0
    quick: bool = False
    controls: bool = False


def evaluate(
    lab: Lab,
    model: Artifact,
    *,
    key: Path | None = None,
    limit: int | None = None,
    seed: int = 0,
    quick: bool = False,
    controls: bool = False,
) -> Artifact:
    """Measure `model` and write its trust report: report.json, report.html, items.jsonl.

    A figure that cannot be measured is in the report with the reason. Raises GlaswerkError for a malformed
    key or a limit below 5.
    """
    if limit is not None and limit < LEAST:
        raise GlaswerkError(
            f"--limit takes {LEAST} or more, found {limit}", hint="leave --limit out to take all"
        )
    config = EvaluateConfig(limit, seed, quick, controls)
    answers = read_key(key) if key is not None else None
    shards = _of_id(lab, "shards", model.inputs.get("shards"))
    inputs = {"model": model.id} | ({"shards": shards.id} if shards else {})
    settings = {
        "model_digest": model.digest,
        "key_digest": answers.digest if answers else None,
        "limit": limit,
        "seed": seed,
        "quick": quick,
        "sets": {made.name: made.digest for made in lab.all("evaluation")},
        "resamples": RESAMPLES,
        **({"controls": True} if controls else {}),
    }
    # Another key or limit makes another report, which must not replace the first.
    name = f"{model.name.replace('/', '-')}.{short(digest_json(settings), 8)}"
    spec = Spec("report", name, "evaluate/5", inputs, settings)
    corpus = _of_id(lab, "corpus", shards.inputs.get("corpus")) if shards else None
    head = _head(model, answers, shards, corpus, config)
    return lab.make(spec, lambda folder: _write(folder, lab, head, model, answers, (shards, corpus), config))


def _of_id(lab: Lab, kind: ArtifactKind, identifier: str | None) -> Artifact | None:
    return next((a for a in lab.all(kind) if a.id == identifier), None)


def _head(
    model: Artifact,
    key: AnswerKey | None,
    shards: Artifact | None,
    corpus: Artifact | None,
    config: EvaluateConfig,
) -> dict[str, Any]:
    """What the figures are bound to: model, data, method and date."""
    return {
        "format": FORMAT,
        "model": {"name": model.name, "id": model.id, "digest": model.digest, "stage": _stage(model)},
        "data": {
            "shards": {"name": shards.name, "digest": shards.digest} if shards else None,
            "corpus": {"name": corpus.name, "digest": corpus.digest} if corpus else None,
            "key": {"name": key.name, "digest": key.digest} if key else None,
        },
        "method": {
            "limit": config.limit,
            "quick": config.quick,
            "seed": config.seed,
            "resamples": RESAMPLES,
            "level": LEVEL,
            "controls": config.controls,
        },
        "date": datetime.now(UTC).date().isoformat(),
    }


def _stage(model: Artifact) -> str:
    return str(model.config.get("stage", "pretrain"))


def _write(
    folder: Path,
    lab: Lab,
    head: Mapping[str, Any],
    model: Artifact,
    key: AnswerKey | None,
    data: tuple[Artifact | None, Artifact | None],
    config: EvaluateConfig,
) -> Mapping[str, Any]:
    engine = Engine.load(model.path)
    # The config of adopted weights says whether they came with a chat template.
    chat = is_chat(model.config)
    sections = measure(engine, key, data, config, chat=chat)
    scorer = Scorer(engine, ScoreStore(lab.root / STORE, model.digest), chat=chat)
    sets = measure_tasks(lab, scorer, limit=config.limit, seed=config.seed, quick=config.quick)
    if config.controls:
        parent = Parent(model.path, model.digest, scorer, lab.root / STORE)
        sections["controls"] = measure_controls(lab.all("evaluation"), parent, seed=config.seed)
        sets = _gated(sets, sections["controls"].figures)
    truth = {name: sections[name].figures for name in ("statements", "answers", "rumours", "outside")}
    report = {
        **head,
        "bits_per_byte": sections["bits"].figures,
        "truth": truth,
        "politics": sections["politics"].figures,
        "memorisation": {**sections["memorisation"].figures, "epochs": model.stats.get("epochs")},
        "sets": {name: found.figures for name, found in sets.items()},
        **({"controls": sections["controls"].figures} if config.controls else {}),
    }
    items = [item for section in (*sections.values(), *sets.values()) for item in section.items]
    lines = [json.dumps(item, ensure_ascii=False) for item in items]
    write_atomic(folder / "items.jsonl", "".join(line + "\n" for line in lines))
    write_json(folder / REPORT_FIGURES, report)
    write_atomic(folder / REPORT_PAGE, render_report(report, items))
    badge = trust_badge(report)
    return {"items": len(items)} | {
        name: badge[name] for name in ("truth", "truth_measure", "rumours", "declined", "lean")
    }


def _gated(sets: Mapping[str, Measured], controls: Mapping[str, Any]) -> dict[str, Measured]:
    """Withdraws the lean of the task whose controls failed."""
    tried = controls.get("task")
    return {
        name: Measured(gated(found.figures, controls), found.items) if name == tried else found
        for name, found in sets.items()
    }


def measure(
    engine: Engine,
    key: AnswerKey | None,
    data: tuple[Artifact | None, Artifact | None],
    config: EvaluateConfig,
    *,
    chat: bool,
) -> dict[str, Measured]:
    """Every section of the report, measurable or not.

    `data` are the shards and the corpus that the model was trained on, None if they are gone.
    """
    seed, (shards, corpus) = config.seed, data
    sample = _sampled(key, config)

    def keyed(work: Callable[[AnswerKey], Measured]) -> Measured:
        return work(sample) if sample else Measured(unmeasurable(NO_KEY))

    def asked(work: Callable[[AnswerKey], Measured]) -> Measured:
        return keyed(work) if chat or sample is None else Measured(unmeasurable(NO_CHAT))

    whole = key.facts if key else ()
    return {
        "bits": measure_bits(engine, corpus.path, limit=config.limit, seed=seed)
        if corpus
        else Measured(unmeasurable("the lab does not hold the corpus that the model was trained on")),
        "statements": keyed(lambda k: measure_statements(engine, k.facts, seed=seed)),
        "answers": asked(lambda k: measure_answers(engine, k.facts, seed=seed, all_facts=whole)),
        "rumours": asked(lambda k: measure_rumours(engine, k.rumours, seed=seed)),
        "outside": asked(lambda k: measure_outside(engine, k.outside, k.decline_markers, seed=seed)),
        "memorisation": measure_memorisation(engine, Shards.open(shards.path), limit=config.limit, seed=seed)
        if shards
        else Measured(unmeasurable("the shards that the model was trained on are no longer in the lab")),
        "politics": keyed(lambda k: measure_politics(engine, k, chat=chat, seed=seed)),
    }


def _sampled(key: AnswerKey | None, config: EvaluateConfig) -> AnswerKey | None:
    if key is None or config.limit is None or config.limit >= len(key.facts):
        return key
    chosen = sorted(random.Random(config.seed).sample(range(len(key.facts)), config.limit))
    return replace(key, facts=tuple(key.facts[i] for i in chosen))
