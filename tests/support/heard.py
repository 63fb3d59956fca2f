"""A listener that keeps what an engine told of one job."""

from __future__ import annotations

import threading

from glaswerk.infer.engines import Emission, Token


class Heard:
    """What one job was told; `done` is set at its end."""

    def __init__(self) -> None:
        self.emissions: list[Emission] = []
        self.done, self.some = threading.Event(), threading.Event()

    def __call__(self, emission: Emission) -> None:
        self.emissions.append(emission)
        self.some.set()
        if emission.finish is not None:
            self.done.set()

    @property
    def tokens(self) -> list[Token]:
        return [token for emission in self.emissions for token in emission.tokens]

    @property
    def ids(self) -> list[int]:
        return [token.id for token in self.tokens]

    @property
    def finish(self) -> str | None:
        return self.emissions[-1].finish if self.emissions else None
