"""Endpoints behind the sources panel: the training documents that contain an answer's words verbatim.

`SourcesApi.trace` builds the JSON that the panel shows: the spans with their documents, whose fields are
those of `Match` in `trace/results.py` (filled in `trace/matched_documents.py`), and when each document was
trained on (`source_documents.py`). `static/sources.js` draws it; change both to show something else. The
share of the answer that is verbatim (`novelty`) is in the same JSON; `static/novelty.js` draws it below the
answer.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from anyio import CapacityLimiter, to_thread
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from glaswerk.core.errors import GlaswerkError
from glaswerk.core.next_commands import index_command
from glaswerk.lab import Artifact
from glaswerk.lab.answer_records import AnswerRecord
from glaswerk.serve.accounts.accounts import Accounts
from glaswerk.serve.errors import ApiError
from glaswerk.serve.limits import Limits
from glaswerk.serve.offers.current import use_model
from glaswerk.serve.offers.ground_settings import GroundSettings
from glaswerk.serve.recent_answers import RecentAnswers, TracedText
from glaswerk.serve.request_body import read_object, valid_unicode
from glaswerk.serve.served_model import ServedModel
from glaswerk.serve.source_documents import SourceDocuments
from glaswerk.trace import Tracer
from glaswerk.trace.novelty import MIN_SPAN_WORDS, Baseline

_MIN_WORDS = 4
# Open indices that are kept: models of one corpus share theirs.
_INDICES = 4


@dataclass(frozen=True, slots=True)
class _Open:
    """An open index, and the baseline of unseen text, measured without the documents in `hidden`."""

    id: str
    tracer: Tracer
    hidden: Collection[str]
    baseline: Baseline


class SourcesApi:
    """The endpoints of the sources panel. An index is opened by the first request and kept open.

    POST /v1/glaswerk/trace traces any text, GET /v1/traces/{id} an answer of this server by its id, and GET
    /v1/documents/{id} returns a training document.
    """

    def __init__(
        self, served: ServedModel, answers: RecentAnswers, limits: Limits, ground: GroundSettings
    ) -> None:
        """ground: says what answers are grounded on; those documents are shown, too."""
        self._served, self._answers, self._limits = served, answers, limits
        self._ground = ground
        # By artifact and by index: the model may be another in each request.
        self._known_documents: dict[str, SourceDocuments] = {}
        self._opening = threading.Lock()
        self._open: OrderedDict[str, _Open] = OrderedDict()
        self._threads = CapacityLimiter(limits.threads)

    async def __call__(self, request: Request) -> Response:
        body = await read_object(request, self._limits.body_bytes)
        exchange = TracedText(self._text(body.get("text")), self._context(body.get("context")))
        return JSONResponse(await self.trace(exchange, _min_words(body.get("min_words"))))

    async def answer(self, request: Request) -> Response:
        """GET /v1/traces/{id}: the trace of an answer, or its record if its text was not kept."""
        identifier = request.path_params["id"]
        accounts: Accounts = request.app.state.accounts
        if not await accounts.owns(request.state.account, identifier):
            raise self._answers.unknown(identifier)
        known = await to_thread.run_sync(self._known, identifier, limiter=self._threads)
        if isinstance(known, AnswerRecord):
            return JSONResponse(await to_thread.run_sync(self._recorded, known, limiter=self._threads))
        if known.model is not None:
            use_model(known.model)
        found = await self.trace(known, identifier=identifier)
        return JSONResponse({"id": identifier, "object": "glaswerk.trace", **found})

    async def document(self, request: Request) -> Response:
        """GET /v1/documents/{id}: the complete document with its history."""
        identifier = request.path_params["id"]
        return JSONResponse(await to_thread.run_sync(self._details, identifier, limiter=self._threads))

    def _details(self, identifier: str) -> dict[str, Any]:
        """From the documents of the default model, else of one whose answers were traced."""
        first = self._documents
        for documents in [first, *(d for d in list(self._known_documents.values()) if d is not first)]:
            try:
                return documents.details(identifier)
            except ApiError as error:
                missing = error
        raise missing

    @property
    def _documents(self) -> SourceDocuments:
        """What the current model was trained on, and what its answers may quote."""
        quoted = self._served.lab.find("corpus", self._ground.corpus)
        known = f"{self._served.artifact.id} {quoted.id if quoted else ''}"
        if known not in self._known_documents:
            more = [quoted] if quoted else []
            found = SourceDocuments(self._served, more, private=self._ground.private)
            self._known_documents[known] = found
        return self._known_documents[known]

    async def trace(
        self, exchange: TracedText, min_words: int = _MIN_WORDS, *, identifier: str = ""
    ) -> dict[str, Any]:
        """The trace of an answer as the API returns it. With an `identifier`, it is recorded in the lab.

        Raises ApiError 404 if there is no index.
        """
        return await to_thread.run_sync(self._trace, exchange, min_words, identifier, limiter=self._threads)

    async def ready(self) -> None:
        """Open the index before an answer is generated. Raises ApiError 404 if there is none."""
        await to_thread.run_sync(self._opened, limiter=self._threads)

    def index(self) -> Artifact | None:
        """The newest trace of the shards that this model was trained on, or None.

        A trace of other shards does not count: it would show documents that the model never saw.
        """
        shards = {a.id for a in self._served.ancestors()["shards"]}
        found = [a for a in self._served.lab.all("trace") if shards & set(a.inputs.values())]
        return found[-1] if found else None

    def _index_command(self) -> str:
        """The command that indexes what this model was trained on."""
        shards = self._served.ancestors()["shards"]
        return index_command(shards[0].name) if shards else "glaswerk index"

    def _trace(self, exchange: TracedText, min_words: int, identifier: str) -> dict[str, Any]:
        opened, text = self._opened(), exchange.text
        found = opened.tracer.trace(text, context=exchange.context, min_words=min_words)
        novelty = opened.baseline.judge(opened.tracer, text, found if min_words <= MIN_SPAN_WORDS else None)
        trace, hidden = found.to_json(), self._documents.hidden()
        spans = [span for span in trace["spans"] if _shown(span, hidden)]
        matches = [match for span in spans for match in span["documents"]]
        seen = self._documents.seen({match["id"] for match in matches})
        for match in matches:
            match["seen"] = seen[match["id"]]
        if identifier:
            self._answers.record(identifier, exchange, opened.id, (match["id"] for match in matches))
        return trace | {"spans": spans, "novelty": novelty.to_json()}

    def _known(self, identifier: str) -> TracedText | AnswerRecord:
        return self._answers.find(identifier, self._documents.hidden())

    def _recorded(self, answer: AnswerRecord) -> dict[str, Any]:
        hidden = self._documents.hidden()
        return {
            "id": answer.id,
            "object": "glaswerk.trace.record",
            "created_at": answer.at,
            "model": answer.model,
            "trace": answer.trace,
            "text": answer.text,
            "documents": [name for name in answer.documents if name not in hidden],
        }

    def _opened(self) -> _Open:
        index = self.index()
        if index is None:
            message = (
                f"the lab has no trace index of the documents that {self._served.artifact.name} "
                f"was trained on\nhint: {self._index_command()}"
            )
            raise ApiError(404, message, code="no_trace_index")
        with self._opening:
            known = self._open.pop(index.id, None)
            if known is None:
                known = self._open_index(index)
            elif known.hidden is not known.tracer.hidden():
                known = self._open_index(index, known.tracer)
            self._open[index.id] = known
            if len(self._open) > _INDICES:
                self._open.popitem(last=False)
            return known

    def _open_index(self, index: Artifact, tracer: Tracer | None = None) -> _Open:
        """tracer: the tracer of this index, if it is already open."""
        lab = self._served.lab
        try:
            tracer = Tracer.open(lab, index) if tracer is None else tracer
            # Read before the baseline is measured: after a change in between, the next request measures
            # again.
            hidden = tracer.hidden()
            return _Open(index.id, tracer, hidden, Baseline.of(lab, index, tracer))
        except GlaswerkError as error:
            raise ApiError(404, str(error), code="no_trace_index") from error

    def _text(self, text: object) -> str:
        if not isinstance(text, str):
            message = f"text must be a string, the answer to trace; found {type(text).__name__}"
            raise ApiError(400, message, param="text", code="invalid_value")
        if len(text) > self._limits.trace_characters:
            limit = self._limits.trace_characters
            message = f"text must have up to {limit:,} characters, found {len(text):,}; trace it in parts"
            raise ApiError(400, message, param="text", code="text_too_long")
        return valid_unicode(text, "text")

    def _context(self, context: object) -> str:
        if context is None:
            return ""
        if not isinstance(context, str):
            message = f"context must be a string, the text before the answer; found {type(context).__name__}"
            raise ApiError(400, message, param="context", code="invalid_value")
        return valid_unicode(context, "context")[-self._limits.context_characters :]


def _shown(span: dict[str, Any], hidden: Collection[str]) -> bool:
    """Remove hidden documents from a span; false if no other document contains it."""
    there = span["documents"]
    span["documents"] = [match for match in there if match["id"] not in hidden]
    return bool(span["documents"]) or span["count"] > len(there)


def _min_words(value: object) -> int:
    if value is None:
        return _MIN_WORDS
    if not isinstance(value, int) or isinstance(value, bool) or not 2 <= value <= 100:
        message = f"min_words must be a whole number from 2 to 100, found {str(value)[:40]}"
        raise ApiError(400, message, param="min_words", code="invalid_value")
    return value
