"""Models as Anthropic's API lists them: for requests with its header `anthropic-version`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from glaswerk.serve.errors import ApiError
from glaswerk.serve.fields import show, wrong

Card = Mapping[str, Any]
_MOST, _PAGE = 1000, 20


def anthropic_card(card: Card) -> dict[str, Any]:
    """A card of OpenAI's form in Anthropic's; its fields that nobody knows here are null."""
    unknown = ("capabilities", "deprecated_at", "line", "max_input_tokens", "max_tokens", "retires_at")
    return {
        "type": "model",
        "id": card["id"],
        "display_name": card["id"],
        "created_at": datetime.fromtimestamp(card["created"], UTC).isoformat().replace("+00:00", "Z"),
        "lifecycle": "active",
        **dict.fromkeys(unknown),
    }


def anthropic_page(cards: Sequence[Card], query: Mapping[str, str]) -> dict[str, Any]:
    """A page of all cards. query: `after_id`, `before_id`, `limit`. Raises ApiError 400, 404."""
    most, found = _limit(query.get("limit")), list(cards)
    if "after_id" in query:
        found = found[_place(found, query["after_id"]) + 1 :]
    backwards = "before_id" in query and "after_id" not in query
    if "before_id" in query:
        found = found[: _place(found, query["before_id"])]
    more = len(found) > most
    found = found[-most:] if backwards else found[:most]
    return {
        "data": [anthropic_card(card) for card in found],
        "has_more": more,
        "first_id": found[0]["id"] if found else None,
        "last_id": found[-1]["id"] if found else None,
    }


def _limit(given: str | None) -> int:
    if given is None:
        return _PAGE
    known = given.isascii() and given.isdecimal() and len(given) < 5
    if not known or not 1 <= int(given) <= _MOST:
        raise wrong("limit", f"must be a whole number from 1 to {_MOST:,}, found {show(given)}")
    return int(given)


def _place(cards: Sequence[Card], name: str) -> int:
    place = next((i for i, card in enumerate(cards) if card["id"] == name), None)
    if place is None:
        raise ApiError(404, f"no model {show(name)} in the list", code="model_not_found")
    return place
