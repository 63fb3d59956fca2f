"""All models that a server offers: which are loaded, and which one a request gets."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import cast

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import Response

from glaswerk.core.errors import GlaswerkError
from glaswerk.core.terminal import note
from glaswerk.lab import Artifact, Lab
from glaswerk.serve.accounts.account import Account
from glaswerk.serve.errors import ApiError
from glaswerk.serve.limits import Limits
from glaswerk.serve.loaded.held import Entry, Failure, Held
from glaswerk.serve.loaded.loading import Loader
from glaswerk.serve.loaded.room import Room
from glaswerk.serve.model_names import ModelNames
from glaswerk.serve.offers.current import CurrentModel, use_model
from glaswerk.serve.offers.lab_model import LabModel
from glaswerk.serve.offers.offer import Offer, offers_of
from glaswerk.serve.offers.settings import OfferSettings
from glaswerk.serve.offers.sizes import SHARE, machine_memory
from glaswerk.serve.pool import Pool
from glaswerk.serve.request_body import read_object
from glaswerk.serve.served_model import ServedModel

Endpoint = Callable[[Request], Awaitable[Response]]
# A model that failed is tried again after so many seconds.
_AGAIN = 10.0


class LoadedModels:
    """The models of one server. Belongs to its event loop; models are loaded in threads.

    `current` is the model of the running request.
    """

    def __init__(self, lab: Lab, asked: Sequence[str], pool: Pool, limits: Limits) -> None:
        """asked: names of models, see `offers_of`. Raises GlaswerkError as that does."""
        self._lab, self._limits = lab, limits
        offers = offers_of(lab, asked)
        self._default = offers[0].name
        self._entries = {offer.name: Entry(offer) for offer in offers}
        memory = OfferSettings.of(lab).memory or int(SHARE * machine_memory())
        self._loader = Loader(lab, limits.running, memory)
        strict = OfferSettings.of(lab).memory > 0
        self._room = Room(self._entries, pool, self._loader, memory, limits.load_seconds, strict=strict)
        self._turn = asyncio.Lock()
        self._following: asyncio.Task[None] | None = None
        self.current = cast(ServedModel, CurrentModel(self.default, self.check))

    def load_default(self) -> None:
        """Load the first model before the server answers. Raises GlaswerkError if that fails."""
        entry = self._entries[self._default]
        artifact = entry.offer.artifact()
        if artifact is not None and entry.offer.loads:
            entry.held = self._loader.load(artifact, entry.offer.settings)

    def start(self) -> None:
        """Follow new releases from now on."""
        self._following = asyncio.create_task(self._follow())

    async def close(self) -> None:
        """End all engines."""
        tasks = [self._following, *(entry.task for entry in self._entries.values())]
        for task in tasks:
            if task is not None:
                task.cancel()
        await asyncio.gather(*(task for task in tasks if task is not None), return_exceptions=True)
        await self._room.close()

    # What is there.

    def default(self) -> LabModel:
        """The first model, loaded or not."""
        entry = self._entries[self._default]
        found = entry.held.model if entry.held else entry.offer.model()
        if found is None:
            raise ApiError(503, f"the lab has no model {self._default} any more", code="model_unavailable")
        return found

    @property
    def offers(self) -> list[Offer]:
        """What is offered, the default first."""
        return [entry.offer for entry in self._entries.values()]

    def loaded(self, name: str = "") -> ServedModel | None:
        """The loaded model of a name, of the default without one; None if it is not in memory."""
        held = self._entries[name or self._default].held
        return held.model if held else None

    def listed(self) -> list[LabModel]:
        """Every model that the lab has now, the default first."""
        found = [entry.held.model if entry.held else entry.offer.model() for entry in self._entries.values()]
        return [model for model in found if model is not None]

    def entry(self, name: str) -> Entry | None:
        """The offer that a name of a client stands for: its own, its artifact's or an alias; else None."""
        names = ModelNames.of(self._lab)
        meant = names.meant(name)
        if meant in self._entries:
            return self._entries[meant]
        found = (e for e in self._entries.values() if "/" in meant and e.artifact_name() == meant)
        return next(found, self._entries[self._default] if names.contract else None)

    def check(self, name: str) -> None:
        """Raises ApiError 404 for a name of no model."""
        if self.entry(name) is None:
            raise self.unknown(name)

    def is_called(self, name: str, model: LabModel) -> bool:
        """Whether a client may call this model so."""
        entry = self.entry(name)
        return entry is not None and entry.offer.name == model.id

    def unknown(self, name: str, shown: Callable[[str], bool] = lambda _: True) -> ApiError:
        """The error for a name of no model, with those that may be shown."""
        known = [repr(name) for name in self._entries if shown(name)]
        one = "the model" if len(known) == 1 else "one of the models"
        message = f"expected {one} {', '.join(known)}, found {name[:80]!r}"
        return ApiError(404, message, param="model", code="model_not_found")

    # What a request gets.

    def around(self, endpoint: Endpoint) -> Endpoint:
        """An endpoint whose `current` is the model that its body asks for."""

        async def about(request: Request) -> Response:
            body = await read_object(request, self._limits.body_bytes)
            async with self.using(body.get("model"), request.state.account):
                return await endpoint(request)

        return about

    @asynccontextmanager
    async def using(self, name: object, account: Account) -> AsyncIterator[None]:
        """Load the model of a request; it stays in memory at least until the block ends.

        Without a name it is the default one; a name of no model is left to the endpoint's own checks. Raises
        ApiError 403 if the account may not use it, 503 or 500 if it cannot be loaded.
        """
        entry = self.entry(name) if isinstance(name, str) else self._entries[self._default]
        if entry is None:
            yield
            return
        account.check(entry.offer.name)
        if not entry.offer.loads:
            if model := entry.offer.model():
                use_model(model)
            yield
            return
        held = await self._held(entry)
        try:
            yield
        finally:
            held.leases -= 1
            held.used = time.monotonic()

    async def _held(self, entry: Entry) -> Held:
        ends = time.monotonic() + self._limits.load_seconds
        while entry.held is None or entry.blocked:
            if time.monotonic() > ends:
                message = f"the model {entry.offer.name} is still loading; try again shortly"
                raise ApiError(503, message, code="model_loading", headers={"retry-after": "5"})
            if entry.blocked:
                await asyncio.sleep(0.02)
                continue
            if entry.task is None and entry.failure and time.monotonic() < entry.failure.until:
                raise entry.failure.error()
            entry.task = entry.task or asyncio.create_task(self._load(entry))
            await asyncio.wait({entry.task}, timeout=ends - time.monotonic())
            if entry.held is None and entry.failure is not None and entry.task is None:
                raise entry.failure.error()
        use_model(entry.held.model)
        entry.held.leases += 1
        return entry.held

    # What is loaded.

    async def _load(self, entry: Entry) -> None:
        """Load a model; what goes wrong becomes its `failure`."""
        entry.failure = None
        try:
            async with self._turn:
                artifact = await to_thread.run_sync(entry.offer.artifact)
                if artifact is None:
                    raise self.unknown(entry.offer.name)
                entry.held = await self._loaded(entry, artifact)
        except Exception as error:  # noqa: BLE001  # a model must not take the server with it
            entry.failure = _failure(entry, error)
        finally:
            entry.task = None

    async def _loaded(self, entry: Entry, artifact: Artifact, keep: Held | None = None) -> Held:
        settings = entry.offer.settings
        need = await to_thread.run_sync(self._loader.need, artifact, settings)
        await self._room.make(need, settings.name, keep)
        note(f"loading {artifact.name} as {settings.name}: up to {need / 1e9:,.2f} GB")
        return await to_thread.run_sync(self._loader.load, artifact, settings)

    async def _follow(self) -> None:
        """Look for new releases of loaded models, for as long as the server runs."""
        while True:
            await asyncio.sleep(self._limits.release_seconds)
            for entry in self._entries.values():
                try:
                    await self._look(entry)
                # A lab that is being changed just now may be read badly once.
                except Exception as error:  # noqa: BLE001
                    note(f"cannot look for a new release of {entry.offer.name}: {error}")

    async def _look(self, entry: Entry) -> None:
        if entry.held is None:
            return
        newest = await to_thread.run_sync(entry.offer.artifact)
        refused = entry.failure.release if entry.failure else ("", "")
        if newest is None or entry.held is None:
            return
        if (newest.id, newest.digest) not in (entry.held.release, refused):
            async with self._turn:
                await self._swap(entry, newest)

    async def _swap(self, entry: Entry, newest: Artifact) -> None:
        """Load the new release beside the old one; if there is no room for both, after it."""
        old = entry.held
        if old is None:
            return
        try:
            need = await to_thread.run_sync(self._loader.need, newest, entry.offer.settings)
            entry.blocked = not self._room.fits_beside(need, old)
            if entry.blocked:
                await self._room.idle(old)
                await self._room.unload(entry)
            entry.held = await self._loaded(entry, newest, keep=entry.held)
            entry.failure = None
        except Exception as error:  # noqa: BLE001  # the old release goes on
            entry.failure = _failure(entry, error, (newest.id, newest.digest))
            return
        finally:
            entry.blocked = False
        note(f"{entry.offer.name} is {newest.name} of {newest.finished_at} from now on")
        if entry.held is not old:
            self._room.retire(old)

    async def forget(self, name: str) -> None:
        """Take a model out of memory once its answers have ended: it was deleted."""
        if (entry := self.entry(name)) and (held := entry.held):
            entry.held = None
            self._room.retire(held)


def _failure(entry: Entry, error: Exception, release: tuple[str, str] = ("", "")) -> Failure:
    until, name = time.monotonic() + _AGAIN, entry.offer.name
    if isinstance(error, ApiError):
        return Failure(error.status, error.message, error.code or "", time.monotonic() + 1, release)
    note(f"cannot load the model {name}: {type(error).__name__}: {error}")
    if isinstance(error, GlaswerkError):
        # Not the hint: it is for the owner of the lab.
        message = f"the model {name} cannot be loaded: {error.message}"
        return Failure(503, message, "model_unavailable", until, release)
    message = f"the model {name} cannot be loaded; the server's terminal shows the cause"
    return Failure(500, message, "model_failed", until, release)
