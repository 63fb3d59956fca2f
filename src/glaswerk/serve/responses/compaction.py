"""Shorten a history: its latest messages that fit half of the model's context, packed into one item.

Nothing is summarised: a small model's summary would be worse than the words themselves. The text that the
API calls `encrypted_content` is compressed, not encrypted: it holds only what its client sent.
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Callable, Sequence

from glaswerk.core.document import Message
from glaswerk.serve.errors import ApiError

# Far more than a context holds; a packed item that unpacks to more is no item of this server.
_MOST_BYTES = 4_000_000
_HEAD = "gw1."


def packed(messages: Sequence[Message]) -> str:
    """Messages as the content of a compaction item."""
    rows = [[message["role"], message["content"]] for message in messages]
    return _HEAD + base64.urlsafe_b64encode(zlib.compress(json.dumps(rows).encode())).decode()


def unpacked(text: str) -> list[Message]:
    """The messages of a compaction item. Raises ApiError 400 for one that this server did not make."""
    try:
        if not text.startswith(_HEAD):
            raise ValueError("another beginning")
        unpacker = zlib.decompressobj()
        raw = unpacker.decompress(base64.urlsafe_b64decode(text.removeprefix(_HEAD)), _MOST_BYTES)
        rows = json.loads(raw) if unpacker.eof else []
        if not rows or not all(
            role in ("system", "user", "assistant") and isinstance(content, str) for role, content in rows
        ):
            raise ValueError("no messages")
        for _, content in rows:
            content.encode()
    except (ValueError, TypeError, zlib.error, RecursionError) as error:
        message = "expected a compaction item that POST /v1/responses/compact gave, found another"
        raise ApiError(400, message, param="input", code="invalid_value") from error
    return [Message(role=role, content=content) for role, content in rows]


def latest(messages: Sequence[Message], fits: Callable[[Sequence[Message]], bool]) -> list[Message]:
    """System messages and as many of the latest others as fit."""
    head = [message for message in messages if message["role"] == "system"]
    rest = [message for message in messages if message["role"] != "system"]
    low, high = 0, len(rest)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if fits([*head, *rest[-middle:]]) else (low, middle - 1)
    return [*head, *(rest[-low:] if low else [])]
