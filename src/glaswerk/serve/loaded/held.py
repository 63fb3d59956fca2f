"""A name that is offered, and the loaded model behind it."""

from __future__ import annotations

import asyncio
import gc
import time
from dataclasses import dataclass, field

from glaswerk.serve.errors import ApiError
from glaswerk.serve.offers.offer import Offer
from glaswerk.serve.served_model import ServedModel


@dataclass(eq=False, slots=True)
class Held:
    """A loaded model: its bytes, how many requests are about to use it, and when one last did."""

    model: ServedModel
    bytes: int
    leases: int = 0
    used: float = field(default_factory=time.monotonic)

    @property
    def release(self) -> tuple[str, str]:
        """Which weights these are."""
        return self.model.artifact.id, self.model.artifact.digest

    def close(self) -> None:
        """End its engine. Takes as long as a step of the engine."""
        self.model.tokens.close()

    def free(self) -> None:
        """The same, and give the memory back."""
        self.close()
        gc.collect()


@dataclass(slots=True)
class Failure:
    """Why a model could not be loaded, until when that is the answer, and of which release."""

    status: int
    message: str
    code: str
    until: float
    release: tuple[str, str] = ("", "")

    def error(self) -> ApiError:
        """As an answer."""
        wait = {"retry-after": str(max(1, round(self.until - time.monotonic())))}
        headers = wait if self.status in (500, 503) else None
        return ApiError(self.status, self.message, param="model", code=self.code, headers=headers)


@dataclass(eq=False, slots=True)
class Entry:
    """An offer. blocked: new requests wait, because the loaded release must end before the next is loaded."""

    offer: Offer
    held: Held | None = None
    task: asyncio.Task[None] | None = None
    failure: Failure | None = None
    blocked: bool = False
    _seen: tuple[float, str] = (0.0, "")

    def artifact_name(self) -> str:
        """The artifact's name, as it was a second ago at most; "" if the lab has none."""
        if self.held is not None:
            return self.held.model.artifact.name
        if time.monotonic() - self._seen[0] > 1:
            found = self.offer.artifact()
            self._seen = time.monotonic(), found.name if found else ""
        return self._seen[1]
