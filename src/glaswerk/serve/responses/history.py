"""What a request continues: the items of earlier responses or of a conversation."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import Any

from glaswerk.core.document import Message
from glaswerk.serve.errors import ApiError
from glaswerk.serve.responses.items import Item, messages_of, stored_items
from glaswerk.serve.responses.request import conversation_id
from glaswerk.serve.stored.store import Store

# A longer chain than any context holds; each link is a look into the database.
_MOST_LINKS = 2000


def messages_asked(store: Store, project: str, asked: dict[str, Any]) -> tuple[list[Item], list[Message]]:
    """(items of this request, all messages that the model reads). Raises ApiError 404 for what is gone."""
    own = stored_items(asked.get("input"))
    before = _before(store, project, asked)
    return own, messages_of([*before, *own], asked.get("instructions"))


def _before(store: Store, project: str, asked: dict[str, Any]) -> Sequence[Item]:
    name = conversation_id(asked)
    if name:
        store.get(project, "conversation", name, param="conversation")
        return list(store.all(project, "item", name))
    links: list[list[Item]] = []
    earlier = asked.get("previous_response_id")
    while earlier:
        if len(links) == _MOST_LINKS:
            message = (
                f"expected a chain of up to {_MOST_LINKS:,} responses; POST /v1/responses/compact shortens it"
            )
            raise ApiError(400, message, param="previous_response_id", code="context_length_exceeded")
        found = store.get(project, "response", earlier, param="previous_response_id")
        links.append([*found["input"], *found["response"]["output"]])
        earlier = found["response"]["previous_response_id"]
    return list(chain.from_iterable(reversed(links)))
