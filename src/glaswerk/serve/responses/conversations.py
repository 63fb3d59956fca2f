"""The endpoints of conversations: items in an order, which responses continue."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.responses import JSONResponse, Response

from glaswerk.serve.contract.operation import Call, Operation
from glaswerk.serve.contract.schema import Schema
from glaswerk.serve.contract.shapes import METADATA, PAGING, TEXT, deleted, kind, listed, object_of
from glaswerk.serve.responses.items import INPUT_ITEM, ITEM, Item, stored_items
from glaswerk.serve.stored.store import Store, new_id, now, page_of

_ITEMS: Schema = {"type": ["array", "null"], "items": INPUT_ITEM, "maxItems": 20}
_CONVERSATION = object_of(
    {"id": TEXT, "object": kind("conversation"), "created_at": {"type": "integer"}, "metadata": METADATA}
)
_ONE = "/v1/conversations/{conversation_id}"


class Conversations:
    """Stored conversations of each project."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def operations(self) -> Sequence[Operation]:
        """All endpoints."""
        tag, items = "conversations", f"{_ONE}/items"
        create = object_of({}, {"items": _ITEMS, "metadata": METADATA})
        add = object_of({"items": {**_ITEMS, "type": "array", "minItems": 1}})
        return [
            Operation("POST", "/v1/conversations", tag, "Begin one", self.create, create, _CONVERSATION),
            Operation("GET", _ONE, tag, "A conversation", self.find, None, _CONVERSATION),
            Operation(
                "POST", _ONE, tag, "Change its metadata", self.change, object_of({"metadata": METADATA}),
                _CONVERSATION,
            ),
            Operation("DELETE", _ONE, tag, "Delete it", self.delete, None, deleted("conversation.deleted")),
            Operation("POST", items, tag, "Add items", self.add, add, listed(ITEM)),
            Operation("GET", items, tag, "Its items", self.items, None, listed(ITEM), PAGING),
            Operation("GET", f"{items}/{{item_id}}", tag, "An item", self.item, None, ITEM),
            Operation(
                "DELETE", f"{items}/{{item_id}}", tag, "Delete an item", self.drop, None, _CONVERSATION
            ),
        ]  # fmt: skip

    async def create(self, call: Call) -> Response:
        """POST /v1/conversations."""
        made: Item = {
            "id": new_id("conv"),
            "object": "conversation",
            "created_at": now(),
            "metadata": call.body.get("metadata") or {},
        }
        items = stored_items(call.body.get("items"))

        def work() -> None:
            self._store.add(call.project, "conversation", made)
            self._insert(call.project, made["id"], items)

        await self._store.run(self._store.together, work)
        return JSONResponse(made)

    def _insert(self, project: str, name: str, items: Sequence[Item]) -> None:
        for item in items:
            self._store.add(project, "item", item, parent=name)

    async def find(self, call: Call) -> Response:
        """GET /v1/conversations/{id}."""
        return JSONResponse(await self._store.run(self._get, call))

    def _get(self, call: Call) -> Item:
        return self._store.get(call.project, "conversation", call.path("conversation_id"))

    async def change(self, call: Call) -> Response:
        """POST /v1/conversations/{id}."""

        def work() -> Item:
            found = self._get(call) | {"metadata": call.body["metadata"] or {}}
            self._store.change(call.project, "conversation", found)
            return found

        return JSONResponse(await self._store.run(self._store.together, work))

    async def delete(self, call: Call) -> Response:
        """DELETE /v1/conversations/{id}, with its items."""
        name = call.path("conversation_id")
        await self._store.run(self._store.remove, call.project, "conversation", name)
        return JSONResponse({"id": name, "object": "conversation.deleted", "deleted": True})

    async def add(self, call: Call) -> Response:
        """POST /v1/conversations/{id}/items."""
        items = stored_items(call.body["items"])

        def work() -> None:
            self._insert(call.project, self._get(call)["id"], items)

        await self._store.run(self._store.together, work)
        return JSONResponse(page_of(items, more=False))

    async def items(self, call: Call) -> Response:
        """GET /v1/conversations/{id}/items."""

        def work() -> Item:
            return self._store.page(call.project, "item", call.query, self._get(call)["id"])

        return JSONResponse(await self._store.run(work))

    async def item(self, call: Call) -> Response:
        """GET /v1/conversations/{id}/items/{item}."""
        place = call.path("item_id"), call.path("conversation_id")
        return JSONResponse(await self._store.run(self._store.get, call.project, "item", *place))

    async def drop(self, call: Call) -> Response:
        """DELETE /v1/conversations/{id}/items/{item}."""
        place = call.path("item_id"), call.path("conversation_id")

        def work() -> Item:
            found = self._get(call)
            self._store.remove(call.project, "item", *place)
            return found

        return JSONResponse(await self._store.run(self._store.together, work))
