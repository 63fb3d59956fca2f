"""Contract mode: pictures in messages, which no model of text reads, are passed over like other dummies."""

from __future__ import annotations

from typing import Any

_PICTURES = ("image_url", "input_image", "image")
_LISTS = ("messages", "input")


def without_pictures(body: dict[str, Any]) -> dict[str, Any]:
    """A request of chat completions, responses or messages without its pictures."""
    lists = {
        name: [_without(one) for one in body[name]] for name in _LISTS if isinstance(body.get(name), list)
    }
    return body | lists


def _without(message: Any) -> Any:
    parts = message.get("content") if isinstance(message, dict) else None
    if not isinstance(parts, list):
        return message
    kept = [part for part in parts if not (isinstance(part, dict) and part.get("type") in _PICTURES)]
    # A message of pictures only says nothing.
    return message | {"content": kept or ""} if len(kept) < len(parts) else message
