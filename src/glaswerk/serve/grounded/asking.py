"""What an endpoint asks of the documents: whether a request wants a ground, and what it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from anyio import CapacityLimiter, to_thread

from glaswerk.retrieve import Grounds
from glaswerk.serve.accounts.account import Account
from glaswerk.serve.errors import ApiError
from glaswerk.serve.grounded.admission import Admission
from glaswerk.serve.grounded.content import Content
from glaswerk.serve.grounded.wishes import Wishes, wishes
from glaswerk.serve.limits import Limits

_ABROAD = "private documents are not sent to other servers: quotes alone"


class Asking:
    """Of one server, for all of its endpoints."""

    def __init__(self, content: Content, admission: Admission, limits: Limits) -> None:
        self._content, self.admission = content, admission
        self._threads = CapacityLimiter(limits.threads)

    def wishes(self, name: str, ours: Any) -> Wishes | None:
        """What a request for a model wants by its field `glaswerk`; None for no ground.

        Raises ApiError 400 for what is wrong, and for no ground where there is no model to answer.
        """
        place, settings = self.admission.place(name), self.admission.settings(name)
        found = wishes(ours, replace(settings, on=True) if place == "quotes" else settings)
        if found is None and place == "quotes":
            message = "this lab has no model, only quotes\nhint: glaswerk adopt hf:ORG/NAME"
            raise ApiError(400, message, param="glaswerk.ground", code="unsupported_model")
        if found is not None and place == "elsewhere" and settings.private:
            return replace(found, model=False, note=_ABROAD)
        return replace(found, model=False) if found and place == "quotes" else found

    async def grounds(self, account: Account, name: str, asked: Sequence[str], wanted: Wishes) -> Grounds:
        """What the documents say to the last of the questions.

        Raises ApiError 404 for a model or passages that are not there, 403 and 429 for limits, 503 while the
        corpus is replaced.
        """
        # Before the search: it is what a request costs.
        await self.admission.check(account, name, model=wanted.model)
        return await to_thread.run_sync(
            self._content.ground, asked[-1], asked[:-1], wanted.filters, limiter=self._threads
        )
