"""Exports of Mastodon and dumps of posts, written as the services write them."""

from __future__ import annotations

import json
from typing import Any

PUBLIC = "https://www.w3.org/ns/activitystreams#Public"

ACTOR = "https://social.example/users/hazel"

FIRST = 1850000000000000000


def status(number: int, text: str, **more: Any) -> dict[str, Any]:
    """A v1.1 status with the keys that every one has."""
    user = {"id_str": "7", "screen_name": "hazel_h", "protected": False}
    base = {"id": FIRST + number, "id_str": str(FIRST + number), "text": text, "truncated": False}
    return {**base, "created_at": "Sat Oct 26 02:22:25 +0000 2024", "lang": "en", "user": user, **more}


def lines(*values: Any) -> bytes:
    return b"\n".join(json.dumps(value).encode() for value in values) + b"\n"


def note(number: int, content: str, **more: Any) -> dict[str, Any]:
    base = {
        "id": f"{ACTOR}/statuses/{number}",
        "type": "Note",
        "published": "2024-05-01T10:00:00Z",
        "attributedTo": ACTOR,
        "to": [PUBLIC],
        "cc": [f"{ACTOR}/followers"],
        "content": content,
        "contentMap": {"en": content},
        "url": f"https://social.example/@hazel/{number}",
    }
    return {"id": f"{ACTOR}/statuses/{number}/activity", "type": "Create", "object": {**base, **more}}


def outbox(*items: Any) -> bytes:
    head = {
        "@context": "https://www.w3.org/ns/activitystreams",
        "id": "outbox.json",
        "type": "OrderedCollection",
    }
    return json.dumps({**head, "totalItems": len(items), "orderedItems": items}).encode()
