"""The facts of all papers, gathered once from the ledger, the manifests and the provider's answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from markupsafe import Markup

import glaswerk
from glaswerk.lab import Artifact, Lab
from glaswerk.lineage.stages import ADOPTED, is_chat
from glaswerk.release.base_terms import licence_files_of, terms_of
from glaswerk.release.compute import Compute, StageCost, compute_of, network_of
from glaswerk.release.lineage import Lineage
from glaswerk.release.markup import blank, escaped
from glaswerk.release.overlap import Overlap, SetOverlap, overlap_of
from glaswerk.release.processing import Processing, processing_of
from glaswerk.release.provider_answers import ProviderAnswer
from glaswerk.release.sources import Data, data_of
from glaswerk.release.trust import Trust, last_report

# Upper ends of the bands in the template (training tokens) and in the form (parameters, months).
_TOKENS = (
    (10**9, "less than 1 billion tokens"),
    (10**13, "1 billion to 10 trillion tokens"),
    (None, "more than 10 trillion tokens"),
)
_PARAMETERS = (
    (5 * 10**8, "1 to 500 million"),
    (5 * 10**9, "500 million to 5 billion"),
    (15 * 10**9, "5 to 15 billion"),
    (5 * 10**10, "15 to 50 billion"),
    (10**11, "50 to 100 billion"),
    (5 * 10**11, "100 to 500 billion"),
    (10**12, "500 billion to 1 trillion"),
    (None, "more than 1 trillion"),
)
_MONTH = 30 * 86_400
_TIMES = (
    (_MONTH, "less than 1 month"),
    (3 * _MONTH, "1 to 3 months"),
    (6 * _MONTH, "3 to 6 months"),
    (None, "more than 6 months"),
)


@dataclass(frozen=True, slots=True)
class Facts:
    """The facts that every paper is written from. `released` is the date of the release (ISO 8601).

    `declared`: what the release declares itself to be, such as non-commercial. `policy`: digest and signers
    of the lab's release policy, and what each of its rules found; None where the lab has none.
    """

    lineage: Lineage
    data: Data
    processing: Processing
    compute: Compute
    overlap: Overlap
    trust: Trust | None
    network: Mapping[str, Any]
    answers: Mapping[str, ProviderAnswer]
    obstacles: tuple[str, ...]
    released: str
    declared: tuple[str, ...] = ()
    policy: Mapping[str, Any] | None = None

    @property
    def name(self) -> str:
        """The name of the model with its step."""
        return self.lineage.model.name

    @property
    def licences(self) -> tuple[str, ...]:
        """Licences of the adopted weights among the bases of the model."""
        return licences_of(self.lineage)

    @property
    def licence(self) -> str:
        """The provider's answer, else the recorded licence of untuned adopted weights, else ""."""
        return licence_of_release(self.lineage, self.answers)

    @property
    def is_chat(self) -> bool:
        """Whether the model was tuned for chat, or adopted with a chat template."""
        return is_chat(self.lineage.model.config)

    @property
    def languages(self) -> list[str]:
        """Codes of the languages detected in the training documents, most frequent first."""
        return [code for code in self.data.languages if code]

    def to_json(self) -> dict[str, Any]:
        """For facts.json: every figure with the ids of the artifacts it was counted from."""
        model, stages = self.lineage.model, self.lineage.stages
        return {
            "model": {"name": model.name, "id": model.id, "digest": model.digest, "stage": model.stage},
            "released": self.released,
            "code": glaswerk.__version__,
            "obstacles": list(self.obstacles),
            "declared": list(self.declared),
            "licence": self.licence or None,
            "licences_of_adopted_weights": list(self.licences),
            "licence_files": sorted({f for stage in self.lineage.stages for f in licence_files_of(stage)}),
            "lineage": [
                {"kind": e.kind, "name": e.name, "id": e.id, "digest": e.digest, "in_lab": e.path is not None}
                for e in (*stages, *self.lineage.shards, *self.lineage.corpora, *self.lineage.sources)
            ],
            "data": asdict(self.data),
            "processing": asdict(self.processing),
            "compute": {**asdict(self.compute), "flops": self.compute.flops, "seconds": self.compute.seconds},
            "overlap": asdict(self.overlap),
            "trust": asdict(self.trust) if self.trust else None,
            "network": dict(self.network),
            "answers": dict(self.answers),
            "policy": dict(self.policy) if self.policy else None,
        }


def licences_of(lineage: Lineage) -> tuple[str, ...]:
    """Licences of the adopted weights among the stages of a model."""
    return tuple(sorted({str(s.config["licence"]) for s in lineage.stages if "licence" in s.config}))


def licence_of_release(lineage: Lineage, answers: Mapping[str, ProviderAnswer]) -> str:
    """The provider's answer, else the recorded licence of untuned adopted weights, else ""."""
    if "model_licence" in answers:
        return str(answers["model_licence"])
    return " AND ".join(licences_of(lineage)) if lineage.model.stage == ADOPTED else ""


def facts_of(
    lab: Lab, model: Artifact, lineage: Lineage, answers: Mapping[str, ProviderAnswer], obstacles: list[str]
) -> Facts:
    """Gather the facts of `model`. Raises GlaswerkError if the ledger or an artifact is damaged."""
    crawled, users = (_names(answers, key) for key in ("sources_crawled", "sources_user_data"))
    data = data_of(lineage, crawled=crawled, users=users, small=answers.get("provider_is_sme") is True)
    watts = answers.get("machine_watts")
    return Facts(
        lineage,
        data,
        processing_of(lab, model, lineage),
        compute_of(lineage, watts if isinstance(watts, int | float) else None),
        overlap_of(lab, lineage),
        last_report(lab, model),
        network_of(lineage.model),
        answers,
        tuple(obstacles),
        datetime.now(UTC).date().isoformat(),
    )


def _names(answers: Mapping[str, ProviderAnswer], key: str) -> list[str]:
    found = answers.get(key, [])
    return found if isinstance(found, list) else []


class View:
    """The facts as the templates of the papers use them. `asked` collects the keys of the blanks."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self.asked: dict[str, None] = {}

    def ask(self, key: str) -> Markup:
        """The provider's answer to a question, or its marked blank."""
        if key in self._facts.answers:
            return escaped(self._facts.answers[key])
        self.asked[key] = None
        return blank(key)

    def to_template(self) -> dict[str, Any]:
        """The variables of the templates."""
        facts, compute = self._facts, self._facts.compute
        model, parameters = facts.lineage.model, int(facts.lineage.model.stats.get("parameters", 0))
        return {
            "ask": self.ask,
            "name": facts.name,
            "digest": model.digest,
            "released": facts.released,
            "code": glaswerk.__version__,
            "lineage": facts.lineage,
            "data": facts.data,
            "processing": facts.processing,
            "compute": compute,
            "overlap": facts.overlap,
            "trust": facts.trust,
            "obstacles": facts.obstacles,
            "declared": facts.declared,
            "policy": facts.policy,
            "chat": facts.is_chat,
            "terms_of": terms_of,
            "adopted": [stage for stage in facts.lineage.stages if stage.stage == ADOPTED],
            "small": facts.answers.get("provider_is_sme") is True,
            "network": facts.network,
            "languages": [(code or "undetected", n) for code, n in facts.data.languages.items()],
            "parameters": parameters,
            "band": _band(facts.data.tokens, _TOKENS),
            "parameter_band": _band(parameters, _PARAMETERS),
            "hours": duration(compute.seconds),
            "time_band": _band(compute.seconds, _TIMES),
            "flops": _flops(compute),
            "duration": duration,
            "stage_flops": _stage_flops,
            "energy": self._energy(),
            "licence": self._licence(),
            "share": _share,
            "interval": _interval,
        }

    def _energy(self) -> Markup:
        compute = self._facts.compute
        if compute.kilowatt_hours is None:
            return Markup("unknown, because the power of the machines is not recorded: {}").format(
                self.ask("machine_watts")
            )
        return Markup("{:.3g} kWh, from {:,g} W as stated by the provider, over {} of steps").format(
            compute.kilowatt_hours, compute.watts, duration(compute.seconds)
        )

    def _licence(self) -> Markup:
        said = escaped(self._facts.licence) if self._facts.licence else self.ask("model_licence")
        below = ", ".join(self._facts.licences)
        return (
            Markup("{} (of the adopted weights it is based on: {})").format(said, escaped(below))
            if below
            else said
        )


def _band(value: float, bands: tuple[tuple[int | None, str], ...]) -> str:
    return next(words for end, words in bands if end is None or value < end)


def duration(seconds: float) -> str:
    """Seconds in a readable unit: s, min or h."""
    if seconds < 120:
        return f"{seconds:.1f} s"
    return f"{seconds / 60:.1f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"


def _flops(compute: Compute) -> str:
    known = [stage for stage in compute.stages if stage.flops is not None]
    bounds = {stage.bound for stage in compute.stages} - {""}
    if not known:
        return "unknown"
    words = f"{compute.flops:.3g}"
    if len(bounds) == 1:
        return f"{bounds.pop()} {words}"
    return f"{words} (neither an upper nor a lower bound)" if bounds else words


def _stage_flops(stage: StageCost) -> str:
    return "unknown" if stage.flops is None else f"{stage.bound} {stage.flops:.3g}".strip()


def _share(part: SetOverlap) -> str:
    return f"{part.found / part.checked:.1%}" if part.checked else "none checked"


def _interval(part: SetOverlap) -> str:
    return "" if part.low is None or part.high is None else f"{part.low:.1%} to {part.high:.1%}"
