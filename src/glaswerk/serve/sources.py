"""POST /v1/glaswerk/trace: the training documents that hold an answer's words verbatim."""

from __future__ import annotations

import threading

from anyio import CapacityLimiter, to_thread
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from glaswerk.core.errors import GlaswerkError
from glaswerk.lab import Artifact
from glaswerk.serve.body import read_object, well_formed
from glaswerk.serve.errors import ApiError
from glaswerk.serve.limits import Limits
from glaswerk.serve.served import Served
from glaswerk.trace import Trace, Tracer


class Sources:
    """The endpoint; the index is opened at the first question and kept."""

    def __init__(self, served: Served, limits: Limits) -> None:
        self._served, self._limits = served, limits
        self._opening = threading.Lock()
        self._open: tuple[str, Tracer] | None = None
        self._threads = CapacityLimiter(limits.running)

    async def __call__(self, request: Request) -> Response:
        body = await read_object(request, self._limits.body_bytes)
        text, min_words = self._text(body.get("text")), _min_words(body.get("min_words"))
        traced = await to_thread.run_sync(self._trace, text, min_words, limiter=self._threads)
        return JSONResponse(traced.to_json())

    def index(self) -> Artifact | None:
        """The trace of the very shards this model was trained on, or None.

        One of other shards would show documents the model never saw, so it does not count.
        """
        shards = {a.id for a in self._served.ancestors()["shards"]}
        found = [a for a in self._served.lab.all("trace") if shards & set(a.inputs.values())]
        return found[-1] if found else None

    def _trace(self, text: str, min_words: int) -> Trace:
        return self._tracer().trace(text, min_words=min_words)

    def _tracer(self) -> Tracer:
        index = self.index()
        if index is None:
            message = (
                f"the lab has no trace index over the documents that {self._served.artifact.name} "
                "was trained on\nhint: glaswerk index"
            )
            raise ApiError(404, message, code="no_trace_index")
        with self._opening:
            if self._open is None or self._open[0] != index.id:
                self._open = (index.id, self._opened(index))
            return self._open[1]

    def _opened(self, index: Artifact) -> Tracer:
        try:
            return Tracer.open(self._served.lab, index)
        except GlaswerkError as error:
            raise ApiError(404, str(error), code="no_trace_index") from error

    def _text(self, text: object) -> str:
        if not isinstance(text, str):
            message = f"text must be the answer to trace, found {type(text).__name__}"
            raise ApiError(400, message, param="text", code="invalid_value")
        if len(text) > self._limits.trace_characters:
            limit = self._limits.trace_characters
            message = f"text may have {limit:,} characters, found {len(text):,}; trace it in parts"
            raise ApiError(400, message, param="text", code="text_too_long")
        return well_formed(text, "text")


def _min_words(value: object) -> int:
    if value is None:
        return 4
    if not isinstance(value, int) or isinstance(value, bool) or not 2 <= value <= 100:
        message = f"min_words must be a whole number from 2 to 100, found {str(value)[:40]}"
        raise ApiError(400, message, param="min_words", code="invalid_value")
    return value
