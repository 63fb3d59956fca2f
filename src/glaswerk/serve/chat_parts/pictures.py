"""Pictures in messages: for models of other servers that can see; models of this one read text only.

A message keeps its text in `content`. One with pictures has all of its parts in `parts`, too, in their order
and in the form of chat completions. A picture is in the request itself (`data:`). An address is fetched by
the other server, if by anybody: only where its settings say so, since it may be a machine of one's own
network.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, cast

from glaswerk.core.document import Message
from glaswerk.serve.errors import ApiError
from glaswerk.serve.fields import show, unsupported, wrong

Part = dict[str, Any]
DETAILS = ("auto", "low", "high", "original")
_DATA = re.compile(r"data:image/(?:png|jpeg|webp|gif);base64,")
_MOST, _LONGEST_URL = 64, 8192
_TEXT_ONLY = (
    "has a picture, which is not supported: this model reads text only; ask a model of another server"
)


def picture(url: str, detail: str | None = None) -> Part:
    """A part of a message."""
    found = {"url": url} | ({"detail": detail} if detail else {})
    return {"type": "image_url", "image_url": found}


def text(words: str) -> Part:
    """A part of a message."""
    return {"type": "text", "text": words}


def with_parts(message: Message, parts: Sequence[Part]) -> Message:
    """The message with its parts, if pictures are among them."""
    if not any(part["type"] == "image_url" for part in parts):
        return message
    return cast(Message, {**message, "parts": list(parts)})


def parts_of(message: Message) -> list[Part]:
    """The parts of a message, with pictures or without."""
    found: Mapping[str, Any] = message
    if "parts" in found:
        return list(found["parts"])
    return [text(message["content"])] if message["content"] else []


def refuse_pictures(messages: Iterable[Message], where: str, why: str = _TEXT_ONLY) -> None:
    """Raises ApiError 400 for a picture before a model that reads text only."""
    if any("parts" in message for message in messages):
        raise unsupported(where, why)


def check_pictures(messages: Any, where: str, *, fetched: bool) -> None:
    """Raises ApiError 400 for a picture that may not be passed on.

    messages: of a chat completion, as a client sent them; what is no message is the other server's to refuse.
    fetched: whether that server may fetch addresses.
    """
    found = list(_addresses(messages, where))
    if len(found) > _MOST:
        raise wrong(where, f"must have up to {_MOST} pictures, found {len(found)}")
    for place, url in found:
        _check(url, place, fetched)


def _addresses(messages: Any, where: str) -> Iterator[tuple[str, Any]]:
    """(place, address) of everything in messages that has one: pictures, and films of some servers."""
    for i, message in enumerate(messages if isinstance(messages, list) else ()):
        content = message.get("content") if isinstance(message, Mapping) else None
        for j, part in enumerate(content if isinstance(content, list) else ()):
            for name, given in part.items() if isinstance(part, Mapping) else ():
                if str(name).endswith("_url"):
                    found = given.get("url") if isinstance(given, Mapping) else given
                    yield f"{where}[{i}].content[{j}]", found


def _check(url: Any, place: str, fetched: bool) -> None:
    if not isinstance(url, str):
        raise wrong(place, f"must have the url of a picture, found {show(url)}")
    head = _DATA.match(url)
    if head is not None:
        _check_bytes(url[head.end() :], place)
    elif not url.startswith(("https://", "http://")) or len(url) > _LONGEST_URL:
        kinds = "data:image/png;base64,… (png, jpeg, webp or gif)"
        raise wrong(place, f"must be a picture as {kinds}, found {show(url)}")
    elif not fetched:
        message = (
            f"{place} is an address, which the other server would fetch; send the picture as a data: URL\n"
            "hint: picture_urls = true under [serve.upstreams.NAME] in lab.toml allows addresses"
        )
        raise ApiError(400, message, param=place, code="unsupported_parameter")


def _check_bytes(data: str, place: str) -> None:
    try:
        known = bool(binascii.a2b_base64(data.encode("ascii"), strict_mode=True))
    except ValueError:
        known = False
    if not known:
        raise wrong(place, "must be a picture in Base64, found something else after data:")
