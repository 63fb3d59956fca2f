"""Calls that a person must agree to before they are made: kept for an hour, each for one answer."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from glaswerk.core.document import Message
from glaswerk.serve.errors import ApiError
from glaswerk.serve.stored.store import Store, new_id, now

_KIND, _SECONDS = "approval", 3600
_MOST = 100


@dataclass(frozen=True, slots=True)
class Pending:
    """One call that waits: its id as a call, its tool, and its arguments as the model wrote them.

    tool: what the model calls it. server, own: whose it is and its name there, which a person saw. approval:
    the id under which a person may agree to it, once it is kept.
    """

    id: str
    tool: str
    arguments: str
    server: str = ""
    own: str = ""
    approval: str = ""

    def to_json(self) -> dict[str, str]:
        """As it is stored."""
        found = {"id": self.id, "tool": self.tool, "arguments": self.arguments}
        return found | {"server": self.server, "own": self.own}


@dataclass(frozen=True, slots=True)
class Waiting:
    """A turn with calls that wait. turns: the messages since the question, up to the calls that were made.

    name: of what is kept. outcomes: if the calls were made but the model then failed, what each gave.
    """

    calls: Sequence[Pending]
    turns: Sequence[Message]
    name: str = ""
    outcomes: Sequence[Mapping[str, Any]] = ()


class Approvals:
    """Of one server; every project has its own."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def keep(
        self, project: str, asked: Sequence[Message], turns: Sequence[Message], calls: Sequence[Pending]
    ) -> list[str]:
        """Keep calls; an id for each, under which a person may agree to it."""
        made: dict[str, Any] = {
            "id": new_id("mcpr"),
            "created_at": now(),
            "asked": digest(asked),
            "turns": list(turns),
            "calls": [call.to_json() for call in calls[:_MOST]],
        }

        def work() -> None:
            self._store.add(project, _KIND, made)
            self._store.trim(project, _KIND)

        await self._store.run(self._store.together, work)
        return [f"{made['id']}{i:02d}" for i in range(len(made["calls"]))]

    async def found(
        self, project: str, asked: Sequence[Message], words: Mapping[str, bool], param: str
    ) -> tuple[Waiting, list[bool]]:
        """The turn that these words are about, and for each of its calls whether a person agreed to it.

        A call without a word is refused. What is kept stays until `take`. Raises ApiError 404 for an id that
        is not there, 400 for ids of several turns and for another conversation.
        """
        groups = {name[:-2] for name in words}
        if len(groups) != 1:
            raise _wrong(param, "must be about the calls of one answer", 400, "invalid_value")

        def work() -> dict[str, Any]:
            (name,) = groups
            found = self._store.find(project, _KIND, name)
            if found is None or found["created_at"] + _SECONDS < now():
                raise _wrong(param, "has an id of no call that waits; ask again", 404, "approval_not_found")
            if found["asked"] != digest(asked):
                raise _wrong(param, "belongs to other messages; send them as before", 400, "invalid_value")
            known = {f"{name}{i:02d}" for i in range(len(found["calls"]))}
            if words.keys() - known:
                raise _wrong(param, "has an id of no call that waits; ask again", 404, "approval_not_found")
            return found

        found = await self._store.run(self._store.together, work)
        calls = [Pending(**one, approval=f"{found['id']}{i:02d}") for i, one in enumerate(found["calls"])]
        waiting = Waiting(calls, found["turns"], found["id"], found.get("outcomes", ()))
        return waiting, [words.get(call.approval, False) for call in calls]

    async def take(self, project: str, waiting: Waiting, param: str) -> dict[str, Any]:
        """What is kept, which is then gone: calls are made once. Raises ApiError 404 if it is not there."""

        def work() -> dict[str, Any]:
            found = self._store.find(project, _KIND, waiting.name)
            if found is None:
                raise _wrong(param, "has an id of no call that waits; ask again", 404, "approval_not_found")
            self._store.remove(project, _KIND, waiting.name)
            return found

        return await self._store.run(self._store.together, work)

    async def give_back(
        self, project: str, taken: Mapping[str, Any], outcomes: Sequence[Mapping[str, Any]]
    ) -> None:
        """Keep again what was taken, as the model failed after its calls: they are not made a second time."""
        body = {**taken, "outcomes": list(outcomes)}
        await self._store.run(self._store.add, project, _KIND, body)


def digest(messages: Sequence[Message]) -> str:
    """Of a conversation, in the form that chat templates take."""
    return "b2:" + hashlib.blake2b(json.dumps(list(messages)).encode(), digest_size=16).hexdigest()


def _wrong(param: str, words: str, status: int, code: str) -> ApiError:
    return ApiError(status, f"{param} {words}", param=param, code=code)
