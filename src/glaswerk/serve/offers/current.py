"""Which model the request that runs here is about.

Endpoints hold one object for "the model"; with several models, each request has its own. A context variable
follows a request into its threads and its stream, and ends with it.
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

from glaswerk.serve.errors import ApiError
from glaswerk.serve.offers.lab_model import LabModel

_NOW: ContextVar[LabModel | None] = ContextVar("model", default=None)


def use_model(model: LabModel) -> None:
    """From here on, this request is about `model`."""
    _NOW.set(model)


class CurrentModel:
    """The model of the running request, with all of its attributes; outside of a request, the default one.

    default: that model, which need not be loaded. check: raises ApiError 404 for a name of no model.
    """

    def __init__(self, default: Callable[[], LabModel], check: Callable[[str], None]) -> None:
        self._default, self.check = default, check

    def __getattr__(self, name: str) -> Any:
        found = _NOW.get() or self._default()
        if name in ("engine", "tokens", "grammars") and not hasattr(found, name):
            message = f"the engine of {found.id} does not answer here; ask it through /v1/chat/completions"
            raise ApiError(400, message, param="model", code="unsupported_model")
        return getattr(found, name)
