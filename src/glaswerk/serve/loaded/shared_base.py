"""Weights that several models share: a base, and adapters that are applied answer by answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from glaswerk.infer import Engine
from glaswerk.infer.engines import Job, Ticket, TorchEngine
from glaswerk.infer.engines.adapters import Adapters
from glaswerk.infer.sampling import Sampling
from glaswerk.serve.served_model import spare_threads
from glaswerk.tokenizer import Tokenizer


@dataclass(eq=False, slots=True)
class SharedBase:
    """One model in memory with one engine. `users`: artifact ids of the models over it; `bytes`: its own."""

    engine: Engine
    adapters: Adapters
    tokens: TorchEngine
    bytes: int
    users: set[str] = field(default_factory=set)

    @classmethod
    def load(cls, folder: Path, *, slots: int, keys: int, size: int) -> SharedBase:
        """Load a model folder. Raises GlaswerkError if it has no loadable model."""
        engine = Engine.load(folder)
        adapters = Adapters(engine.model)
        tokens = TorchEngine(
            engine.model,
            engine.tokenizer.vocab_size,
            slots=slots,
            threads=spare_threads(),
            keys=keys,
            adapters=adapters,
        )
        return cls(engine, adapters, tokens, size)

    def with_adapter(self, name: str, folder: Path) -> Engine:
        """The engine of the model in `folder`, whose adapter is applied to these weights.

        Raises GlaswerkError for an adapter of other weights.
        """
        self.adapters.add(name, folder / "adapter")
        return Engine(
            self.engine.model,
            Tokenizer.load(folder),
            Sampling.of(folder),
            adapters=self.adapters,
            adapter=name,
        )


class SharedTokens:
    """The engine of a shared base as one model sees it; `close` gives up its share."""

    name = "torch"
    abilities = TorchEngine.abilities

    def __init__(self, base: SharedBase, leave: Callable[[], None]) -> None:
        self._base, self._leave, self._closed = base, leave, False

    def submit(self, job: Job) -> Ticket:
        """Queue a job."""
        return self._base.tokens.submit(job)

    def close(self) -> None:
        """End the engine if no other model uses it."""
        if not self._closed:
            self._closed = True
            self._leave()
