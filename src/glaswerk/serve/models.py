"""The endpoints under /v1/models: list, get and delete."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from glaswerk.core.errors import GlaswerkError
from glaswerk.lab import Artifact, Lab
from glaswerk.lineage.removal import named, plan_removal, remove
from glaswerk.serve.accounts.account import Account
from glaswerk.serve.errors import ApiError, is_anthropic
from glaswerk.serve.images.studio import Studio
from glaswerk.serve.loaded.models import LoadedModels
from glaswerk.serve.messages.models import anthropic_card, anthropic_page
from glaswerk.serve.offers.lab_model import LabModel
from glaswerk.serve.offers.settings import OfferSettings
from glaswerk.serve.upstreams.gateway import Upstreams


class Models:
    """The models of the lab under their names, and those of other servers; a key sees those it may use."""

    def __init__(self, models: LoadedModels, upstreams: Upstreams, studio: Studio) -> None:
        self._models, self._upstreams, self._studio = models, upstreams, studio

    async def listed(self, request: Request) -> Response:
        """GET /v1/models"""
        account, aliases = _account(request), self._models.current.names.aliases
        own = []
        for model in await to_thread.run_sync(self._models.listed):
            if account.may_use(model.id):
                meant = [name for name in aliases if self._models.is_called(name, model)]
                own += [model.card() | {"id": name} for name in dict.fromkeys([model.id, *meant])]
        others = [card for card in await self._upstreams.cards() if account.may_use(card["id"])]
        drawing = await to_thread.run_sync(self._studio.models)
        others += [_card(made) for made in drawing if account.may_use(made.name)]
        if is_anthropic(request):
            return JSONResponse(anthropic_page([*own, *others], request.query_params))
        return JSONResponse({"object": "list", "data": [*own, *others]})

    async def one(self, request: Request) -> Response:
        """GET /v1/models/{name}. Raises ApiError 404 for an unknown one, and for one of other keys."""
        name = request.path_params["name"]
        found = await self._upstreams.card(name)
        if found is None or not _account(request).may_use(name):
            found = (await to_thread.run_sync(self._found, request, name)).card() | {"id": name}
        return JSONResponse(anthropic_card(found) if is_anthropic(request) else found)

    async def delete(self, request: Request) -> Response:
        """DELETE /v1/models/{name}: if [serve] delete allows it, remove it from the lab.

        Raises ApiError 404 for an unknown one, 403 where it is not allowed, 409 if others depend on it.
        """
        name = request.path_params["name"]
        deleted = JSONResponse({"id": name, "object": "model", "deleted": True})
        other = await self._upstreams.card(name)
        model = None
        if other is None or not _account(request).may_use(name):
            model = await to_thread.run_sync(self._found, request, name)
        if self._models.current.names.contract:
            return deleted
        lab = self._models.current.lab
        if model is None or not OfferSettings.of(lab).delete:
            message = "models are not deleted over HTTP unless the lab's owner allows it"
            hint = "delete = true under [serve] in lab.toml" if model else "delete it at its own server"
            raise ApiError(403, f"{message}\nhint: {hint}", param="model", code="permission_denied")
        await to_thread.run_sync(_removed, lab, _meant(self._models, name))
        await self._models.forget(model.id)
        return deleted

    def _found(self, request: Request, name: str) -> LabModel:
        entry = self._models.entry(name)
        if entry is None or not _account(request).may_use(entry.offer.name):
            raise self._models.unknown(name, _account(request).may_use)
        model = entry.held.model if entry.held else entry.offer.model()
        if model is None:
            raise self._models.unknown(name, _account(request).may_use)
        return model


def _card(made: Artifact) -> dict[str, Any]:
    """An image model as the list shows it."""
    created = int(datetime.fromisoformat(made.finished_at).timestamp())
    return {"id": made.name, "object": "model", "created": created, "owned_by": "glaswerk"}


def _account(request: Request) -> Account:
    found: Account = request.state.account
    return found


def _meant(models: LoadedModels, name: str) -> str:
    """The name in the lab: several artifacts below one name are not deleted by it."""
    entry, meant = models.entry(name), models.current.names.meant(name)
    return meant if "/" in meant or entry is None else entry.offer.settings.model


def _removed(lab: Lab, name: str) -> Artifact:
    try:
        with lab.writing():
            artifact = named(lab, "model", name)
            remove(lab, plan_removal(lab, [artifact]))
    except GlaswerkError as error:
        raise ApiError(409, str(error), param="model", code="model_in_use") from error
    return artifact
