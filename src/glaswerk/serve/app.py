"""The web application: the table of routes, error handlers and middleware."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

from anyio import to_thread
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

import glaswerk
from glaswerk.core.errors import GlaswerkError
from glaswerk.lab import Lab
from glaswerk.serve.accounts.accounts import Accounts
from glaswerk.serve.accounts.middleware import AccountsMiddleware
from glaswerk.serve.accounts.report_ticket import give_ticket
from glaswerk.serve.answering import Answering
from glaswerk.serve.as_mcp.endpoint import McpEndpoint
from glaswerk.serve.chat import Chat
from glaswerk.serve.completions import Completions
from glaswerk.serve.contract.dummies import for_contract_tests
from glaswerk.serve.contract.operation import routes_of
from glaswerk.serve.endpoints import answerers_of, checked_operations
from glaswerk.serve.errors import HANDLERS
from glaswerk.serve.files.batches import Batches
from glaswerk.serve.files.lab_store import LabStore
from glaswerk.serve.files.search import StoreSearch
from glaswerk.serve.grounded import (
    Admission,
    Asking,
    Content,
    Grounded,
    GroundSettings,
    refusing,
    search_operation,
)
from glaswerk.serve.images import Images, NearestPictures, Studio
from glaswerk.serve.limits import DEFAULT_LIMITS, Limits
from glaswerk.serve.loaded.models import Endpoint, LoadedModels
from glaswerk.serve.messages.messages import Messages
from glaswerk.serve.model_info import ModelInfo
from glaswerk.serve.models import Models
from glaswerk.serve.observed.metrics import Metrics, MetricsMiddleware
from glaswerk.serve.observed.pausing import PauseMiddleware
from glaswerk.serve.page import page_operations
from glaswerk.serve.pool import Pool
from glaswerk.serve.recent_answers import RecentAnswers
from glaswerk.serve.responses.file_search import FileSearch
from glaswerk.serve.responses.responses import Responses
from glaswerk.serve.responses.socket import ResponsesSocket
from glaswerk.serve.security import SecurityMiddleware, is_loopback
from glaswerk.serve.sources import SourcesApi
from glaswerk.serve.stored.store import Store
from glaswerk.serve.toolbox.approvals import Approvals
from glaswerk.serve.toolbox.chat import ToolChat
from glaswerk.serve.toolbox.listing import tools_operation
from glaswerk.serve.toolbox.our_tools import OurTools
from glaswerk.serve.toolbox.toolbox import Toolbox
from glaswerk.serve.upstreams.gateway import Upstreams
from glaswerk.serve.upstreams.own import OwnServers
from glaswerk.serve.upstreams.settings import upstreams_of

STATIC = Path(__file__).with_name("static")


def create_app(
    lab: Lab,
    model: str | Sequence[str] = "",
    *,
    host: str = "127.0.0.1",
    limits: Limits = DEFAULT_LIMITS,
) -> Starlette:
    """The gateway for models of the lab; the first is loaded now, others at their first request.

    model: a name or several; without one, the newest chat model or else the newest base model, and those of
    [serve.models] in lab.toml. host: the address that the server will bind to; on a loopback address only
    loopback host names are answered. `app.state.models` are the models, `app.state.pool` the pool of
    generations. Raises GlaswerkError if the lab has no such model, or if others can reach `host` and there is
    no key.
    """
    ground = GroundSettings.of(lab)
    _check_reach(ground, host)
    accounts, metrics = Accounts.open(lab, loopback=is_loopback(host)), Metrics()
    pool = Pool(limits.running + limits.waiting, metrics)
    models = LoadedModels(lab, [model] if isinstance(model, str) else model, pool, limits)
    models.load_default()
    served = models.current
    metrics.watch(lambda: pool.running)
    answers = RecentAnswers(lab, lambda: served.plain, limits.answers)
    sources = SourcesApi(served, answers, limits, ground)
    content = Content(lab, ground)
    facts = ModelInfo(served, sources, content, ground)
    store = Store(lab.root / "stored.db")
    store.purge()
    chat = Chat(served, pool, answers, sources, store, limits)
    completions = Completions(served, pool, limits)
    own = OwnServers(lab, models)
    upstreams = Upstreams(upstreams_of(lab), accounts, answers, sources.trace, limits, own)
    batches = Batches(store, accounts.account_of)
    answering = Answering(served, pool, answers, accounts, limits)
    asking = Asking(content, Admission(models, upstreams, accounts, ground), limits)
    answerers = answerers_of(answering, upstreams, asking)
    stores = StoreSearch(store, LabStore(content, private=ground.private))
    files = FileSearch(stores, lambda name: asking.admission.place(name) == "elsewhere")
    toolbox = Toolbox(lab, content, ground)
    tools = OurTools(toolbox, Approvals(store), asking.admission)
    responses, messages = Responses(answerers, store, files, tools), Messages(answerers, tools)
    search, studio = search_operation(content, accounts, limits), Studio(lab)
    pages = page_operations(lab, store, accounts)
    near = NearestPictures(lab, studio, private=ground.private).operation()
    more = [search, tools_operation(toolbox), *pages, *Images(lab, studio).operations(), near]
    operations = checked_operations(
        messages, responses, models, upstreams, store, batches, stores, metrics, more
    )

    asked = upstreams.before("/chat/completions", models.around(chat.__call__))
    grounded = Grounded(asked, asking, limits)
    tooled = ToolChat(grounded, tools, answerers, models, answers, limits)
    plain = upstreams.before("/completions", models.around(completions.__call__))
    continued = refusing(plain, asking, limits)
    mcp = McpEndpoint(limits.body_bytes)
    routes = [
        *routes_of(for_contract_tests(operations) if served.names.contract else operations),
        ResponsesSocket(responses, models.using, accounts, limits).route(),
        *_routes(models, chat, tooled, continued, sources, facts, upstreams, studio),
        Route("/mcp", mcp),
    ]

    app = Starlette(
        routes=routes,
        middleware=[
            Middleware(MetricsMiddleware, metrics=metrics, routes=routes),
            Middleware(SecurityMiddleware, loopback=is_loopback(host)),
            Middleware(PauseMiddleware, root=lab.root),
            Middleware(AccountsMiddleware, accounts=accounts),
        ],
        exception_handlers=HANDLERS,
        lifespan=_lifespan(accounts, batches, models, pool, upstreams, store, toolbox, mcp, studio),
    )
    app.state.models, app.state.pool, app.state.accounts = models, pool, accounts
    app.state.own_servers = own
    mcp.of(app)
    return app


def _check_reach(ground: GroundSettings, host: str) -> None:
    """Raises GlaswerkError if private documents would be quoted to others."""
    if ground.private and not is_loopback(host):
        raise GlaswerkError(
            f"expected an address that only this machine reaches, found {host}: private documents are quoted",
            hint="glaswerk serve --host 127.0.0.1; or private = false under [serve.ground] in lab.toml",
        )


def _lifespan(
    accounts: Accounts,
    batches: Batches,
    models: LoadedModels,
    pool: Pool,
    upstreams: Upstreams,
    store: Store,
    toolbox: Toolbox,
    mcp: McpEndpoint,
    studio: Studio,
) -> Callable[[Starlette], AbstractAsyncContextManager[None]]:
    """What starts with the server and ends with it."""

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        accounts.start()
        batches.start(app)
        models.start()
        yield
        await batches.close()
        await to_thread.run_sync(studio.close)
        pool.close()
        await models.close()
        await upstreams.close()
        await toolbox.close()
        await mcp.close()
        accounts.close()
        store.close()

    return lifespan


def _routes(
    loaded: LoadedModels,
    chat: Chat,
    tooled: ToolChat,
    completions: Endpoint,
    sources: SourcesApi,
    facts: ModelInfo,
    upstreams: Upstreams,
    studio: Studio,
) -> list[Route | Mount]:
    models = Models(loaded, upstreams, studio)

    async def health(_: Request) -> Response:
        about = {"status": "ok", "model": loaded.default().artifact.name, "version": glaswerk.__version__}
        return JSONResponse(about)

    async def page(_: Request) -> Response:
        return FileResponse(STATIC / "index.html", media_type="text/html")

    return [
        Route("/", page, methods=["GET"]),
        Route("/health", health, methods=["GET"]),
        Route("/report", facts.report, methods=["GET"]),
        Route("/v1/models", models.listed, methods=["GET"]),
        Route("/v1/models/{name:path}", models.one, methods=["GET"]),
        Route("/v1/models/{name:path}", models.delete, methods=["DELETE"]),
        Route("/v1/chat/completions", tooled.__call__, methods=["POST"]),
        Route("/v1/chat/completions", chat.stored.listed, methods=["GET"]),
        Route("/v1/chat/completions/{id}", chat.stored.one, methods=["GET"]),
        Route("/v1/chat/completions/{id}", chat.stored.update, methods=["POST"]),
        Route("/v1/chat/completions/{id}", chat.stored.delete, methods=["DELETE"]),
        Route("/v1/chat/completions/{id}/messages", chat.stored.messages, methods=["GET"]),
        Route("/v1/glaswerk/report-ticket", give_ticket, methods=["POST"]),
        Route("/v1/completions", completions, methods=["POST"]),
        Route("/v1/glaswerk/info", facts.info, methods=["GET"]),
        Route("/v1/glaswerk/trace", sources.__call__, methods=["POST"]),
        Route("/v1/traces/{id}", sources.answer, methods=["GET"]),
        Route("/v1/documents/{id:path}", sources.document, methods=["GET"]),
        Mount("/static", StaticFiles(directory=STATIC)),
    ]
