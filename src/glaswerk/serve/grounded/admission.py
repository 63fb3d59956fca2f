"""Where the model of a request is, and who may have quotes without a word of a model."""

from __future__ import annotations

from typing import Literal

from starlette.requests import Request

from glaswerk.serve.accounts.accounts import Accounts
from glaswerk.serve.loaded.models import LoadedModels
from glaswerk.serve.offers.offer import QUOTES
from glaswerk.serve.upstreams.gateway import Upstreams

Place = Literal["here", "elsewhere", "quotes"]


class Admission:
    """Of one server."""

    def __init__(self, models: LoadedModels, upstreams: Upstreams, accounts: Accounts) -> None:
        self._models, self._upstreams, self._accounts = models, upstreams, accounts

    def place(self, name: str) -> Place:
        """Where the model of a name is: here, at another server, or nowhere, where quotes answer instead."""
        entry = self._models.entry(name)
        if entry is None:
            return "elsewhere"
        return "quotes" if entry.offer.settings.engine == QUOTES else "here"

    async def of_quotes(self, request: Request, name: str, answer: str) -> None:
        """Admit and record an answer that no model writes, under the name that counts.

        Raises ApiError as the model's own endpoint would: 404 for no model, 403 and 429 for limits.
        """
        entry = self._models.entry(name)
        if entry is None and await self._upstreams.card(name) is None:
            raise self._models.unknown(name, request.state.account.may_use)
        used = await self._accounts.begin(
            request.state.account,
            model=entry.offer.name if entry else name,
            endpoint="chat/completions",
            prompt_tokens=0,
            max_tokens=0,
            response=answer,
        )
        await used.finish(0, 0, 0, "stop")
