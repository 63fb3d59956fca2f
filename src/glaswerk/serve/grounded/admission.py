"""Where the model of a request is, and who may have quotes without a word of a model."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from glaswerk.serve.accounts.account import Account
from glaswerk.serve.accounts.accounts import Accounts
from glaswerk.serve.loaded.models import LoadedModels
from glaswerk.serve.offers.ground_settings import GroundSettings
from glaswerk.serve.offers.offer import QUOTES
from glaswerk.serve.upstreams.gateway import Upstreams

Place = Literal["here", "elsewhere", "quotes"]


class Admission:
    """Of one server."""

    def __init__(
        self, models: LoadedModels, upstreams: Upstreams, accounts: Accounts, settings: GroundSettings
    ) -> None:
        self._models, self._upstreams, self._accounts = models, upstreams, accounts
        self._settings = settings

    def place(self, name: str) -> Place:
        """Where the model of a name is: here, at another server, or nowhere, where quotes answer instead."""
        entry = self._models.entry(name)
        if entry is None:
            return "elsewhere"
        return "quotes" if entry.offer.settings.engine == QUOTES else "here"

    def settings(self, name: str) -> GroundSettings:
        """The settings for a model: its own table goes before that of all."""
        entry = self._models.entry(name)
        own = entry.offer.settings.ground if entry else self._upstreams.ground(name)
        return self._settings if own is None else replace(self._settings, on=own)

    async def check(self, account: Account, name: str, *, model: bool) -> None:
        """Whether a request may be answered at all, asked before anything is searched for it; takes nothing.

        model: whether a model is to write, which needs tokens. Raises ApiError as the model's own endpoint
        would: 404 for no model, 403 and 429 for limits.
        """
        await self._accounts.check(account, await self._counted(account, name), int(model))

    async def of_quotes(self, account: Account, name: str, endpoint: str, answer: str) -> None:
        """Admit and record an answer that no model writes. Raises ApiError as `check`."""
        used = await self._accounts.begin(
            account,
            model=await self._counted(account, name),
            endpoint=endpoint,
            prompt_tokens=0,
            max_tokens=0,
            response=answer,
        )
        await used.finish(0, 0, 0, "stop")

    async def _counted(self, account: Account, name: str) -> str:
        """The name that counts, whatever name the client knows a model by."""
        if entry := self._models.entry(name):
            return entry.offer.name
        if await self._upstreams.find(name, account) is None:
            raise self._models.unknown(name, account.may_use)
        return name
