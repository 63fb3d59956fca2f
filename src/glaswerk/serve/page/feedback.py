"""Ratings of answers: appended to the lab's stored.db, and read as preference data.

A later rating of an answer counts instead of an earlier one, and "none" takes it back; no row is changed.
A project keeps its latest 10,000 rows of 200 MB at most: older ones are deleted.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from starlette.responses import JSONResponse, Response

from glaswerk.serve.contract.operation import Call, Operation
from glaswerk.serve.contract.schema import Schema
from glaswerk.serve.contract.shapes import ID, TEXT, kind, object_of
from glaswerk.serve.errors import ApiError
from glaswerk.serve.stored.store import Store, new_id, now

FEEDBACK = "feedback"
_MOST, _MOST_BYTES = 10_000, 200_000_000
_SHORT: Schema = {"type": "string", "maxLength": 256}
_MESSAGE = object_of({"role": {"type": "string", "enum": ["system", "user", "assistant"]}, "content": TEXT})
_RATING = object_of(
    {
        "id": ID,
        "rating": {"type": "string", "enum": ["up", "down"]},
        "messages": {"type": "array", "items": _MESSAGE, "minItems": 1, "maxItems": 2000},
        "answer": {"type": "string", "minLength": 1},
    },
    {"model": _SHORT, "answer_id": _SHORT, "comment": {"type": "string", "maxLength": 4000}},
)
_GIVES = object_of(
    {"id": TEXT, "object": kind("glaswerk.feedback"), "rating": {"enum": ["up", "down", "none"]}}
)
Row = dict[str, Any]


class Feedback:
    """The endpoints. `on`: whether the operator wants ratings to be kept."""

    def __init__(self, store: Store, *, on: bool, most: int = _MOST, most_bytes: int = _MOST_BYTES) -> None:
        self._store, self._on, self._most, self._most_bytes = store, on, most, most_bytes

    def operations(self) -> Sequence[Operation]:
        """Rate an answer; take a rating back."""
        tag, one = "sources", "/v1/glaswerk/feedback"
        return [
            Operation("POST", one, tag, "Rate an answer", self.rate, _RATING, _GIVES),
            Operation("DELETE", f"{one}/{{id}}", tag, "Take a rating back", self.take_back, None, _GIVES),
        ]

    async def rate(self, call: Call) -> Response:
        """POST /v1/glaswerk/feedback."""
        return await self._append(call, call.body)

    async def take_back(self, call: Call) -> Response:
        """DELETE /v1/glaswerk/feedback/{id}: the id under which the answer was rated."""
        return await self._append(call, {"id": call.path("id")[:128], "rating": "none"})

    async def _append(self, call: Call, said: Row) -> Response:
        if not self._on:
            message = "this server keeps no ratings\nhint: feedback = true under [serve] in lab.toml"
            raise ApiError(403, message, code="feedback_off")
        account = getattr(call.request.state, "account", None)
        key = getattr(account, "key", "")
        row = {**said, "id": new_id("rating"), "about": said["id"], "key": key, "at": now()}

        def work() -> None:
            self._store.add(call.project, FEEDBACK, row)
            self._store.trim(call.project, FEEDBACK, self._most, self._most_bytes)

        await self._store.run(self._store.together, work)
        return JSONResponse({"id": said["id"], "object": "glaswerk.feedback", "rating": said["rating"]})


def ratings(store: Store, project: str = "") -> Iterator[Row]:
    """The rating of each answer that counts, of one project or of all, in the order of the answers."""
    last: dict[tuple[str, str], Row] = {}
    for owner, row in store.everywhere(FEEDBACK):
        if project in ("", owner):
            last.setdefault((owner, row["about"]), {}).clear()
            last[owner, row["about"]].update(row, project=owner)
    return (row for row in last.values() if row["rating"] != "none")


def pairs(rows: Iterable[Row]) -> Iterator[Row]:
    """Preference pairs for `glaswerk add preferences`: a good and a bad answer to the same messages."""
    asked: dict[str, dict[str, list[str]]] = {}
    prompts: dict[str, list[Any]] = {}
    for row in rows:
        key = json.dumps(row["messages"])
        prompts[key] = row["messages"]
        asked.setdefault(key, {"up": [], "down": []})[row["rating"]].append(row["answer"])
    for key, answers in asked.items():
        for good in answers["up"]:
            for bad in answers["down"]:
                if good != bad:
                    yield {"prompt": prompts[key], "chosen": _said(good), "rejected": _said(bad)}


def _said(answer: str) -> list[dict[str, str]]:
    return [{"role": "assistant", "content": answer}]
