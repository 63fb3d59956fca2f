"""The model that a server offers, and the artifacts it was made from."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from glaswerk.core.ids import short
from glaswerk.core.terminal import note
from glaswerk.infer import Engine
from glaswerk.infer.engines import TokenEngine
from glaswerk.infer.engines.choice import choose_engine
from glaswerk.lab import Artifact, Lab
from glaswerk.lab.artifact import ArtifactKind
from glaswerk.serve.chosen_model import choose_model
from glaswerk.serve.engine_settings import EngineSettings
from glaswerk.serve.errors import ApiError
from glaswerk.serve.limits import DEFAULT_LIMITS, Limits
from glaswerk.serve.model_names import ModelNames

_KINDS: tuple[ArtifactKind, ...] = ("source", "corpus", "tokenizer", "shards", "model")


@dataclass(frozen=True, slots=True)
class ServedModel:
    """A loaded model of a lab: its artifact, its texts (`engine`) and what writes its tokens (`tokens`)."""

    lab: Lab
    artifact: Artifact
    engine: Engine
    tokens: TokenEngine

    @classmethod
    def load(cls, lab: Lab, name: str = "", *, slots: int = DEFAULT_LIMITS.running) -> ServedModel:
        """Load the model `name`; without a name, the newest chat model or else the newest base model.

        Raises GlaswerkError if the lab has no such model.
        """
        artifact = choose_model(lab, ModelNames.of(lab).meant(name))
        engine = Engine.load(artifact.path)
        wanted = EngineSettings.of(lab)
        # A core is left for the gateway; threads that spin for cores they share are slower than fewer.
        choice = choose_engine(
            engine.model,
            engine.tokenizer.vocab_size,
            wanted=wanted.engine,
            weights=wanted.weights,
            slots=slots,
            threads=max(1, (os.cpu_count() or 2) - 1),
        )
        note(f"engine {choice.engine.name}: {choice.why}")
        return cls(lab, artifact, engine, choice.engine)

    @property
    def id(self) -> str:
        """The model id in the API: its name without the step, such as "chat"."""
        return self.artifact.name.split("/step-")[0]

    @property
    def fingerprint(self) -> str:
        """Identifies the weights in responses: "fp_" and twelve digits of the model's digest."""
        return f"fp_{short(self.artifact.digest)}"

    @property
    def names(self) -> ModelNames:
        """What else it is called. Raises GlaswerkError for settings that are wrong."""
        return ModelNames.of(self.lab)

    def is_called(self, name: str) -> bool:
        """Whether `name` is this model's id, its full name or an alias of one."""
        names = self.names
        return names.contract or names.meant(name) in (self.id, self.artifact.name)

    def check(self, name: str) -> None:
        """Raises ApiError 404 if `name` is no name of this model."""
        if not self.is_called(name):
            message = f"expected the model {self.id!r}, found {name[:80]!r}"
            raise ApiError(404, message, param="model", code="model_not_found")

    def check_characters(self, size: int, limits: Limits, param: str) -> None:
        """Raises ApiError 400 for a prompt that is too long whatever its tokens are: they have at most 128
        bytes."""
        bound = min(128 * self.engine.context, limits.prompt_characters)
        if size > bound:
            message = (
                f"expected {param} of up to {bound:,} characters, found {size:,}; this model's context is "
                f"{self.engine.context:,} tokens"
            )
            raise ApiError(400, message, param=param, code="context_length_exceeded")

    def card(self) -> dict[str, Any]:
        """The model as `GET /v1/models` lists it."""
        created = int(datetime.fromisoformat(self.artifact.finished_at).timestamp())
        return {"id": self.id, "object": "model", "created": created, "owned_by": "glaswerk"}

    def ancestors(self) -> dict[ArtifactKind, list[Artifact]]:
        """By kind, all artifacts that the model was made from, as far as the lab still has them."""
        known = {a.id: a for kind in _KINDS for a in self.lab.all(kind)}
        found: dict[ArtifactKind, list[Artifact]] = {kind: [] for kind in _KINDS}
        for artifact in _walk(self.artifact.inputs.values(), known):
            found[artifact.kind].append(artifact)
        return found


def _walk(start: Iterable[str], known: dict[str, Artifact]) -> list[Artifact]:
    queue, seen, found = deque(start), set[str](), []
    while queue:
        identifier = queue.popleft()
        if identifier in seen or identifier not in known:
            continue
        seen.add(identifier)
        found.append(known[identifier])
        queue.extend(known[identifier].inputs.values())
    return found
