"""What a request continues: the items of earlier responses or of a conversation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

from glaswerk.core.document import Message
from glaswerk.serve.errors import ApiError
from glaswerk.serve.responses.items import Item, messages_of, stored_items
from glaswerk.serve.responses.request import conversation_id
from glaswerk.serve.stored.store import Store

# A longer chain than any context holds; each link is a look into the database.
_MOST_LINKS = 2000


# Histories by the response at their end, of responses that are not stored: those of a connection.
Unstored = Mapping[str, Sequence[Item]]


@dataclass(frozen=True, slots=True)
class Asked:
    """What the model reads: items of this request, those before them, and the messages that they all are."""

    items: list[Item]
    before: Sequence[Item]
    messages: list[Message]


NOTHING = Asked([], (), [])


def what_is_asked(
    store: Store, project: str, asked: dict[str, Any], unstored: Unstored | None = None
) -> Asked:
    """The items and messages of a request. Raises ApiError 404 for what is gone."""
    own = stored_items(asked.get("input"))
    before = _before(store, project, asked, unstored or {})
    return Asked(own, before, messages_of([*before, *own], asked.get("instructions")))


def _before(store: Store, project: str, asked: dict[str, Any], unstored: Unstored) -> Sequence[Item]:
    name = conversation_id(asked)
    if name:
        store.get(project, "conversation", name, param="conversation")
        return list(store.all(project, "item", name))
    links: list[Sequence[Item]] = []
    earlier = asked.get("previous_response_id")
    while earlier:
        if len(links) == _MOST_LINKS:
            message = (
                f"expected a chain of up to {_MOST_LINKS:,} responses; POST /v1/responses/compact shortens it"
            )
            raise ApiError(400, message, param="previous_response_id", code="context_length_exceeded")
        if earlier in unstored:
            links.append(unstored[earlier])
            break
        found = store.get(project, "response", earlier, param="previous_response_id")
        links.append([*found["input"], *found["response"]["output"]])
        earlier = found["response"]["previous_response_id"]
    return list(chain.from_iterable(reversed(links)))
