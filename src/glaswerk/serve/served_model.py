"""A model of the lab that is loaded, and answers."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from glaswerk.core.terminal import note
from glaswerk.infer import Engine
from glaswerk.infer.engines import TokenEngine
from glaswerk.infer.engines.choice import choose_engine
from glaswerk.infer.grammar import Grammars
from glaswerk.lab import Artifact, Lab
from glaswerk.serve.chosen_model import choose_model
from glaswerk.serve.errors import ApiError
from glaswerk.serve.limits import DEFAULT_LIMITS, Limits
from glaswerk.serve.model_names import ModelNames
from glaswerk.serve.offers.lab_model import LabModel
from glaswerk.serve.offers.settings import ModelSettings, OfferSettings


@dataclass(frozen=True, eq=False)
class ServedModel(LabModel):
    """A loaded model of a lab: its artifact, its texts (`engine`) and what writes its tokens (`tokens`)."""

    engine: Engine
    tokens: TokenEngine

    @classmethod
    def load(cls, lab: Lab, name: str = "", *, slots: int = DEFAULT_LIMITS.running) -> ServedModel:
        """Load the model `name`; without a name, the newest chat model or else the newest base model.

        Raises GlaswerkError if the lab has no such model.
        """
        artifact = choose_model(lab, ModelNames.of(lab).meant(name))
        settings = OfferSettings.of(lab).model(lab, artifact.name.split("/step-")[0])
        return cls.of(lab, artifact, settings, slots=slots)

    @classmethod
    def of(
        cls, lab: Lab, artifact: Artifact, settings: ModelSettings, *, slots: int, keys: int = 0
    ) -> ServedModel:
        """Load an artifact. keys: bytes for keys and values at most, 0 for the engine's own bound."""
        engine = Engine.load(artifact.path)
        # A core is left for the gateway; threads that spin for cores they share are slower than fewer.
        choice = choose_engine(
            engine.model,
            engine.tokenizer.vocab_size,
            wanted=settings.engine,
            weights=settings.weights,
            slots=slots,
            threads=spare_threads(),
            keys=keys,
        )
        note(f"{artifact.name}: engine {choice.engine.name}: {choice.why}")
        return cls(lab, artifact, engine, choice.engine, name=settings.name)

    @cached_property
    def grammars(self) -> Grammars:
        """What compiles grammars for its vocabulary."""
        return Grammars(self.engine.tokenizer, self.engine.ends)

    @property
    def facts(self) -> dict[str, Any]:
        """See `LabModel`."""
        return {"parameters": self.engine.parameters, "context": self.engine.context}

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


def spare_threads() -> int:
    """Threads of an engine: all cores but one, which the gateway needs."""
    return max(1, (os.cpu_count() or 2) - 1)
