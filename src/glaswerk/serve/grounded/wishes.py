"""What a request wants of its ground: the field `ground` of the field `glaswerk`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from glaswerk.retrieve.retriever import FILTERS, Filters
from glaswerk.serve.errors import ApiError
from glaswerk.serve.fields import flag, show, unsupported, wrong
from glaswerk.serve.offers.ground_settings import GroundSettings
from glaswerk.serve.request_body import valid_unicode

_FLAGS = ("strict", "model")
# Fields that would change an answer in ways that its ground does not allow, with their values of no effect.
_REFUSED: dict[str, tuple[Any, ...]] = {
    "n": (None, 1),
    "tools": (None, []),
    "functions": (None, []),
    "response_format": (None, {"type": "text"}),
    "logprobs": (None, False),
    "store": (None, False),
    "continue_final_message": (None, False),
}
_APART = (
    'is not supported where the answer rests on documents; leave it out, or say "glaswerk": {"ground": false}'
)
_LONGEST = 200


@dataclass(frozen=True, slots=True)
class Wishes:
    """strict: leave out what is not borne out. model: let the model say something below the quotes. note:
    why it does not, if the request did not say so.
    """

    strict: bool
    model: bool
    filters: Filters
    note: str = ""


def wishes(ours: Any, settings: GroundSettings) -> Wishes | None:
    """What the field `glaswerk` says; None for no ground. Raises ApiError 400 for what is wrong."""
    asked = ours.get("ground") if isinstance(ours, Mapping) else None
    if asked is False or (asked is None and not settings.on):
        return None
    if asked not in (None, True) and not isinstance(asked, Mapping):
        raise wrong("glaswerk.ground", f"must be true, false or an object, found {show(asked)}")
    found: Mapping[str, Any] = asked if isinstance(asked, Mapping) else {}
    if unknown := found.keys() - {*_FLAGS, *FILTERS}:
        known = ", ".join((*_FLAGS, *FILTERS))
        raise wrong("glaswerk.ground", f"must have some of {known}, found {show(min(unknown))}")
    strict = settings.strict if found.get("strict") is None else flag(found, "strict")
    model = found.get("model") is None or flag(found, "model")
    return Wishes(strict, model, filters(found, "glaswerk.ground."))


def refuse_apart(body: Mapping[str, Any]) -> None:
    """Raises ApiError 400 for a field of a chat completion that a grounded one cannot keep."""
    for name, neutral in _REFUSED.items():
        if not any(type(body.get(name)) is type(one) and body.get(name) == one for one in neutral):
            raise apart(name)


def apart(name: str) -> ApiError:
    """The error for a field that changes answers in ways that a ground does not allow."""
    return unsupported(name, _APART)


def filters(found: Mapping[str, Any], where: str = "") -> Filters:
    """The filters of a request. Raises ApiError 400 for one that is no text, or a day that is none."""
    values = {name: found[name] for name in FILTERS if found.get(name) is not None}
    for name, value in values.items():
        if not isinstance(value, str) or len(value) > _LONGEST:
            raise wrong(where + name, f"must be a text of up to {_LONGEST} characters, found {show(value)}")
        valid_unicode(value, where + name)
        if name in ("since", "until") and value and not _is_day(value):
            raise wrong(where + name, f"must be a day such as 2026-05-01, found {show(value)}")
    return Filters(**values)


def asked_of(messages: Any, param: str = "messages") -> list[str]:
    """What the user asked in a conversation, the oldest first. Raises ApiError 400 without a question."""
    found = [
        _text(message.get("content"))
        for message in (messages if isinstance(messages, list) else [])
        if isinstance(message, Mapping) and message.get("role") == "user"
    ]
    if not found or not found[-1].strip():
        raise ApiError(
            400, f"{param} must end with a question of the user", param=param, code="invalid_value"
        )
    return [valid_unicode(text, param) for text in found]


def _text(content: Any) -> str:
    if isinstance(content, str):
        return content
    parts = content if isinstance(content, list) else []
    return "\n".join(
        part["text"] for part in parts if isinstance(part, Mapping) and isinstance(part.get("text"), str)
    )


def _is_day(value: str) -> bool:
    try:
        # Other spellings of ISO 8601 would be compared as text.
        return date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False
