"""The endpoints under /v1/models: list, get and delete."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from glaswerk.serve.errors import ApiError
from glaswerk.serve.served_model import ServedModel
from glaswerk.serve.upstreams.gateway import Upstreams


class Models:
    """The served model under its names, and those of other servers."""

    def __init__(self, served: ServedModel, upstreams: Upstreams) -> None:
        self._served, self._upstreams = served, upstreams

    async def listed(self, _: Request) -> Response:
        """GET /v1/models"""
        served = self._served
        names = [served.id, *(name for name in served.names.aliases if served.is_called(name))]
        own = [served.card() | {"id": name} for name in dict.fromkeys(names)]
        return JSONResponse({"object": "list", "data": [*own, *await self._upstreams.cards()]})

    async def one(self, request: Request) -> Response:
        """GET /v1/models/{name}. Raises ApiError 404 for an unknown one."""
        name = request.path_params["name"]
        if found := await self._upstreams.card(name):
            return JSONResponse(found)
        self._served.check(name)
        return JSONResponse(self._served.card() | {"id": name})

    async def delete(self, request: Request) -> Response:
        """DELETE /v1/models/{name}: nothing is deleted over HTTP. Raises ApiError 403, or 404 if unknown."""
        name = request.path_params["name"]
        if not await self._upstreams.card(name):
            self._served.check(name)
        if self._served.names.contract:
            return JSONResponse({"id": name, "object": "model", "deleted": True})
        message = (
            f"models are not deleted over HTTP; the owner of the lab may run: glaswerk model rm {name[:80]}"
        )
        raise ApiError(403, message, param="model", code="permission_denied")
