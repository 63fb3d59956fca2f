"""Who asks, and what one answer of theirs uses."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from typing import Any

from glaswerk.serve.accounts.limits import KeyLimits
from glaswerk.serve.errors import ApiError

# (prompt, cached, completion, finish) of an answer that ended.
Counts = tuple[int, int, int, str]


@dataclass(slots=True)
class Account:
    """The account of one request: `request.state.account`.

    `project` and `key` (its id) are "" on a server without keys. Stored things belong to `project`: one of
    another project is answered with 404. `headers` go into the response: what is left of the limits. `once`
    is the client's idempotency key.
    """

    project: str = ""
    key: str = ""
    models: tuple[str, ...] = ()
    limits: Mapping[str, KeyLimits] = field(default_factory=dict)
    once: str | None = None
    headers: dict[str, str] = field(default_factory=dict)
    usages: list[Usage] = field(default_factory=list)

    def may_use(self, model: str) -> bool:
        """Whether the key may use this model."""
        return not self.models or model in self.models

    def check(self, model: str) -> None:
        """Raises ApiError 403 for a model that is not the key's."""
        if not self.may_use(model):
            message = f"this API key may not use the model {model[:80]!r}"
            raise ApiError(403, message, param="model", code="permission_denied")

    def close(self) -> None:
        """At the end of the request: what did not finish was cut."""
        for usage in self.usages:
            usage.close()


class Usage:
    """What one answer uses, from `Accounts.begin` to `finish`. Only the first end counts."""

    def __init__(
        self,
        write: Callable[[Counts], Coroutine[Any, Any, None]],
        post: Callable[[Counts], None],
        key: str = "",
    ) -> None:
        """write: records the end and returns once it is kept; post: records it some time; key: whose."""
        self._write, self._post, self.key = write, post, key
        self._so_far = (0, 0, 0)
        self._ended = False

    def count(self, prompt: int, cached: int, completion: int) -> None:
        """Tokens so far: what is recorded if the answer is cut. Costs nothing; call it at every step."""
        self._so_far = (prompt, cached, completion)

    async def finish(self, prompt: int, cached: int, completion: int, finish: str) -> None:
        """Record a finished answer. Await it before the answer's last byte is sent: then it is kept.

        prompt: tokens of the prompt; cached: those of them that were not computed again; completion: tokens
        that the engine generated, of all choices; finish: "stop", "length", "tool_calls", … Raises ApiError
        503 if the record cannot be written.
        """
        if not self._ended:
            self._ended = True
            await self._write((prompt, cached, completion, finish))

    def close(self) -> None:
        """The answer ended without `finish`: record it as cut, with the tokens so far. Does not wait."""
        if not self._ended:
            self._ended = True
            self._post((*self._so_far, "cut"))
