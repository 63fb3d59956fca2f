"""The endpoints that check their requests by a contract, and the description of all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from starlette.responses import HTMLResponse, JSONResponse, Response

from glaswerk.serve.answering import Answerer, Answerers, Answering
from glaswerk.serve.contract.operation import Call, Operation
from glaswerk.serve.files import file_operations
from glaswerk.serve.files.batches import Batches
from glaswerk.serve.files.search import StoreSearch
from glaswerk.serve.grounded import Asking, GroundedAnswerer
from glaswerk.serve.loaded.models import LoadedModels
from glaswerk.serve.messages.messages import Messages
from glaswerk.serve.observed.description import described
from glaswerk.serve.observed.docs_page import docs_page
from glaswerk.serve.observed.metrics import Metrics
from glaswerk.serve.observed.others import OTHERS
from glaswerk.serve.responses import responses_operations
from glaswerk.serve.responses.responses import Responses
from glaswerk.serve.stored.store import Store
from glaswerk.serve.upstreams.answerer import answerer_of
from glaswerk.serve.upstreams.gateway import Upstreams
from glaswerk.serve.vectors.embeddings import Embeddings
from glaswerk.serve.vectors.moderations import moderation_operations


def answerers_of(answering: Answering, upstreams: Upstreams, asking: Asking) -> Answerers:
    """Who answers for our models and for those of other servers, on a ground where that is wished."""
    elsewhere = partial(answerer_of, upstreams)

    def over(name: str, inner: Answerer) -> Answerer:
        return GroundedAnswerer(name, inner, asking)

    return Answerers(answering, answering.check, answering.default, elsewhere, over)


def checked_operations(
    messages: Messages,
    responses: Responses,
    models: LoadedModels,
    upstreams: Upstreams,
    store: Store,
    batches: Batches,
    stores: StoreSearch,
    metrics: Metrics,
    more: Sequence[Operation] = (),
) -> Sequence[Operation]:
    """All operations whose routes are made from them; `more` are those of other parts."""
    of_a_model = [
        *responses_operations(responses, store),
        *messages.operations(),
        *Embeddings(models.current).operations(),
    ]
    own = [
        *(_about_its_model(operation, models, upstreams) for operation in of_a_model),
        *moderation_operations(numbers=models.current.names.contract),
        *file_operations(store, batches, stores),
        *metrics.operations(),
        *more,
    ]
    return [*own, *_descriptions(own)]


def _about_its_model(operation: Operation, models: LoadedModels, upstreams: Upstreams) -> Operation:
    """The operation, with the model in memory that its request names, or at the server that has it."""
    handler, path = operation.handler, operation.path.removeprefix("/v1")
    if handler is None or not operation.body or "model" not in operation.body.get("properties", {}):
        return operation

    async def handle(call: Call) -> Response:
        if path == "/embeddings" and (found := await upstreams.embedded(call.request, call.body)):
            return found
        async with models.using(call.body.get("model"), call.request.state.account):
            return await handler(call)

    return replace(operation, handler=handle)


def _descriptions(own: Sequence[Operation]) -> Sequence[Operation]:
    """GET /openapi.json and GET /docs, which describe themselves, too."""

    async def document(_: Call) -> Response:
        return JSONResponse(found)

    async def page(_: Call) -> Response:
        return HTMLResponse(text)

    operations = [
        Operation("GET", "/openapi.json", "server", "This description", document, gives={"type": "object"}),
        Operation("GET", "/docs", "server", "The API as a page", page, media="text/html"),
    ]
    every = [*OTHERS, *own, *operations]
    found, text = described(every), docs_page(every)
    return operations
