"""The standard library's mail parser with limits: on headers, parts and nesting.

It takes quadratic time for the parameters of one long header (7 MB: minutes), 1.5 kB for an empty part and
looks at every line once for each open level of nesting.
"""

from __future__ import annotations

import email
from collections.abc import Sequence
from email.message import Message
from email.policy import Compat32
from typing import Any

from glaswerk.data.files.bounded_call import TooCostly
from glaswerk.data.files.limits import MAIL_HEADER_BYTES, MAIL_HEADERS, MAIL_LINES, MAIL_PARTS

# Lines times levels: nesting of 20 in the longest message, and of 1,000 in one of 20,000 lines.
_LINES_BY_LEVELS = 20 * 10**6
_LEVELS = 20


class _Budget:
    """What is left for one message."""

    def __init__(self, lines: int) -> None:
        self.headers, self.parts = MAIL_HEADERS, MAIL_PARTS
        self.levels = max(_LEVELS, _LINES_BY_LEVELS // max(lines, 1))

    def header(self, name: str, value: str) -> None:
        """Charge one header. Raises TooCostly."""
        self.headers -= 1
        if name.lower() == "content-type" and value.lstrip()[:10].lower().startswith(
            ("multipart/", "message/")
        ):
            self.levels -= 1
        if self.headers < 0 or self.levels < 0:
            raise TooCostly("headers or levels")

    def part(self) -> None:
        """Charge one part. Raises TooCostly."""
        self.parts -= 1
        if self.parts < 0:
            raise TooCostly("parts")


class _Bounded(Compat32):
    """Headers are cut at MAIL_HEADER_BYTES, kept as they are, and counted; defects are not collected."""

    budget = _Budget(0)

    def header_source_parse(self, sourcelines: Sequence[str]) -> tuple[str, str]:
        name, _, first = sourcelines[0].partition(":")
        value = "".join([first.lstrip(" \t"), *sourcelines[1:]])[:MAIL_HEADER_BYTES].rstrip("\r\n")
        self.budget.header(name, value)
        return name, value

    def header_fetch_parse(self, name: str, value: str) -> str:
        return value

    def register_defect(self, obj: Any, defect: Any) -> None:
        pass


def parse_message(data: bytes) -> Message:
    """The message. Raises TooCostly beyond the limits, and what the library raises on hostile mail."""
    lines = data.count(b"\n") + data.count(b"\r")
    if lines > MAIL_LINES:
        raise TooCostly("lines")
    budget = _Budget(lines)

    def part(policy: Any = None) -> Message:
        budget.part()
        return Message(policy)

    policy = _Bounded(budget=budget, message_factory=part)  # type: ignore[call-arg]
    return email.message_from_bytes(data, policy=policy)
