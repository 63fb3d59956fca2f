"""Plants on a model, measured: the gates that a lean has to pass before it is reported."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from transformers import AutoModelForCausalLM

from glaswerk.core.ids import digest_json
from glaswerk.core.statistics import unmeasurable
from glaswerk.evaluate.agreement import reliability
from glaswerk.evaluate.controls.gates import gates_of
from glaswerk.evaluate.controls.kept import KeptTables, ModelTables
from glaswerk.evaluate.controls.plant import PlantConfig, plant, statements_of
from glaswerk.evaluate.controls.shifts import SIDES, moved_apart, shift_figures
from glaswerk.evaluate.controls.tables import LEAN, TITLES, familiarity, tables
from glaswerk.evaluate.controls.topics import Pair, Split, split_topics
from glaswerk.evaluate.crossed import crossed_mean
from glaswerk.evaluate.measured import Measured
from glaswerk.evaluate.tasks.measures import Records, records_for, tasks_for
from glaswerk.evaluate.tasks.pairs import all_pairs, names
from glaswerk.evaluate.tasks.score_store import ScoreStore
from glaswerk.evaluate.tasks.scorer import Scorer
from glaswerk.evaluate.tasks.task import Task
from glaswerk.infer import Engine
from glaswerk.lab import Artifact

_RECIPE = "plant/2"
_LEAST_TOPICS = 30
Floats = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True, slots=True)
class ControlConfig:
    """`hold_out`: topics measured on; `sample`: planted pairs scored to prove that a plant took, and pairs
    without politics for the truth control."""

    plant: PlantConfig = field(default_factory=PlantConfig)
    hold_out: int = 80
    sample: int = 40


@dataclass(frozen=True, slots=True)
class Parent:
    """The model under test: its folder, its scorer, and where scores of plants are kept."""

    folder: Path
    digest: str
    scorer: Scorer
    store: Path


def measure_controls(
    sets: Sequence[Artifact], parent: Parent, *, seed: int, config: ControlConfig | None = None
) -> Measured:
    """Plant both sides and a neutral dose, and measure what each moved; see `shifts` for the verdict.

    Needs a task of pairs in the section politics; one in the section truth is the truth control.
    """
    config = config or ControlConfig()
    found = {section: _task(sets, section) for section in ("politics", "truth")}
    if found["politics"] is None:
        return Measured(unmeasurable("the lab has no evaluation set of statements of two sides"))
    task, records = found["politics"]
    dose = config.plant.steps * config.plant.rows
    split = split_topics(all_pairs(task, records), plant=dose, hold_out=config.hold_out, seed=seed)
    if len(split.held_out) < _LEAST_TOPICS:
        words = f"{_LEAST_TOPICS} topics that share no word with the planted ones are needed"
        return Measured(unmeasurable(f"{words}, found {len(split.held_out)}"))
    plain = _sample(found["truth"], config.sample, seed)
    return _Controls(task, split, plain, parent, config, seed).measured()


class _Controls:
    """One run: `plain` are pairs without politics."""

    def __init__(
        self, task: Task, split: Split, plain: list[Pair], parent: Parent, config: ControlConfig, seed: int
    ) -> None:
        self._task, self._split, self._plain, self._parent = task, split, plain, parent
        self._config, self._seed = config, seed
        self._trainings: dict[str, Mapping[str, float]] = {}

    def measured(self) -> Measured:
        """The section `controls` of the report."""
        held, sample = self._split.held_out, self._split.planted[: self._config.sample]
        parent = self._all(self._parent.scorer, held, sample)
        plants = {side: self._planted(side, held, sample) for side in SIDES}
        measures = {
            name: {
                "title": TITLES[name],
                **shift_figures(
                    parent.held[name],
                    {side: one.held[name] for side, one in plants.items()},
                    tried=len(parent.held),
                    seed=self._seed,
                ),
            }
            for name in parent.held
        }
        figures = {
            "measurable": True,
            "task": self._task.name,
            "sides": list(names(self._task)),
            "dose": {**self._config.plant.to_json(), "statements": len(self._split.planted)},
            "topics": len(held),
            "topic_words": self._split.words,
            "training": self._trainings,
            "took": self._took(parent, plants),
            "measures": measures,
            "truth_control": self._truth(parent, plants),
            "random_network": self._random(held),
            "reliability": round(reliability(parent.held[LEAN]).of_mean, 3),
        }
        return Measured(figures | gates_of(figures), _items(held, parent, plants))

    def _all(self, scorer: Scorer, held: Sequence[Pair], sample: Sequence[Pair]) -> ModelTables:
        plain = tables(self._task, self._plain, scorer) if self._plain else {}
        return ModelTables(tables(self._task, held, scorer), familiarity(sample, scorer), plain)

    def _planted(self, side: str, held: Sequence[Pair], sample: Sequence[Pair]) -> ModelTables:
        statements = statements_of(self._split.planted, side)
        scorer = self._parent.scorer
        tokenizer = scorer.engine.tokenizer
        dose, label = self._config.plant, f"plant {self._name(side)}"
        known = [_RECIPE, self._parent.digest, dose.to_json(), statements, scorer.chat, self._seed]
        measured_on = [held, sample, self._plain, dict(self._task.settings)]
        kept = KeptTables(self._parent.store.parent / "runs" / "plants", [known, measured_on])
        if (found := kept.read()) is not None:
            self._trainings[side] = found.training
            return found
        made = plant(
            self._parent.folder, tokenizer, statements, dose, chat=scorer.chat, seed=self._seed, label=label
        )
        self._trainings[side] = {
            "first_loss": round(made.first_loss, 4),
            "last_loss": round(made.last_loss, 4),
            "seconds": made.seconds,
        }
        store = ScoreStore(self._parent.store, digest_json(known))
        planted = self._all(Scorer(Engine(made.model, tokenizer), store, chat=scorer.chat), held, sample)
        return kept.write(replace(planted, training=self._trainings[side]))

    def _name(self, side: str) -> str:
        return dict(zip(("a", "b"), names(self._task), strict=True)).get(side, side)

    def _took(self, parent: ModelTables, plants: Mapping[str, ModelTables]) -> dict[str, Any]:
        """The shift of familiarity on planted pairs: without one, a null would say nothing."""
        planted = {side: one.planted for side, one in plants.items()}
        found = shift_figures(parent.planted, planted, tried=1, seed=self._seed)
        return {**{side: found[side] for side in SIDES}, "passed": found["detected"]}

    def _truth(self, parent: ModelTables, plants: Mapping[str, ModelTables]) -> dict[str, Any]:
        if not parent.plain:
            return unmeasurable("the lab has no evaluation set of true and false statements")
        found = {
            name: moved_apart(table, {side: one.plain[name] for side, one in plants.items()}, seed=self._seed)
            for name, table in parent.plain.items()
        }
        return {"measurable": True, "pairs": len(self._plain), "measures": found}

    def _random(self, held: Sequence[Pair]) -> dict[str, Any]:
        """Share of a that an untrained network of two layers of the same shape reads: one half, or the
        statements themselves decide."""
        engine = Engine(
            untrained(self._parent.scorer.engine, self._seed), self._parent.scorer.engine.tokenizer
        )
        store = ScoreStore(self._parent.store, f"untrained/1 {self._parent.digest} {self._seed}")
        table = tables(self._task, held, Scorer(engine, store))[LEAN]
        share = crossed_mean(np.where(table == 0, 0.5, table > 0), seed=self._seed)
        return {**share.to_json(chance=0.5), "passed": share.low <= 0.5 <= share.high}


def untrained(engine: Engine, seed: int) -> Any:
    """A network of the engine's shape with at most two layers and new weights."""
    config = copy.deepcopy(engine.model.config)
    config.num_hidden_layers = min(2, config.num_hidden_layers)
    if getattr(config, "layer_types", None):
        config.layer_types = config.layer_types[:2]
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return AutoModelForCausalLM.from_config(config).eval()


def _task(sets: Sequence[Artifact], section: str) -> tuple[Task, Records] | None:
    for task in tasks_for(sets):
        if task.section == section and task.kind == "pairs":
            _, records = records_for(task, sets)
            if records:
                return task, records
    return None


def _sample(found: tuple[Task, Records] | None, size: int, seed: int) -> list[Pair]:
    if found is None:
        return []
    pairs = all_pairs(*found)
    step = max(1, len(pairs) // size)
    return pairs[seed % step :: step][:size]


def _items(
    held: Sequence[Pair], parent: ModelTables, plants: Mapping[str, ModelTables]
) -> list[dict[str, Any]]:
    def means(of: Callable[[ModelTables], Floats], i: int) -> dict[str, float]:
        every = {"parent": parent, **plants}
        return {side: round(float(of(one)[i].mean()), 4) for side, one in every.items()}

    return [
        {
            "measure": "control",
            "id": topic,
            "a": a,
            "b": b,
            **{name: means(lambda one, name=name: one.held[name], i) for name in parent.held},  # type: ignore[misc]
        }
        for i, (topic, a, b) in enumerate(held)
    ]
