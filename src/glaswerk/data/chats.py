"""Dialogues from JSON lines of {"messages": [{"role", "content"}, …]}."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, get_args

from glaswerk.core.document import Document, Message, Rights, Role
from glaswerk.core.errors import GlaswerkError
from glaswerk.data.files import Defaults, Found
from glaswerk.data.lines import read_lines

ROLES = get_args(Role)
_SHAPE = '{"messages": [{"role": "user", "content": "…"}, {"role": "assistant", "content": "…"}]}'


def read_chats(file: Found, defaults: Defaults) -> Iterator[Document]:
    """One document of kind "dialogue" a line; its text is the plain rendering.

    Raises GlaswerkError naming file and line for an unknown role, an empty dialogue or turn, and a
    dialogue without a turn of the assistant: tuning on it would teach nothing.
    """
    for number, row in read_lines(file.path):
        messages = _messages(row.get("messages"), f"{file.path}, line {number:,}")
        given = row.get("id")
        yield Document(
            id=f"{defaults.source}:{file.name}#{number}" if given is None else f"{defaults.source}:{given}",
            source=defaults.source,
            text=plain_text(messages),
            rights=Rights(defaults.licence, defaults.acquired),
            author=defaults.author,
            kind="dialogue",
            messages=messages,
        )


def plain_text(messages: Sequence[Message]) -> str:
    """The dialogue as people read it: "role: content", one turn after the other."""
    return "\n".join(f"{message['role']}: {message['content']}" for message in messages)


def _messages(value: Any, where: str) -> tuple[Message, ...]:
    if not isinstance(value, list) or not value:
        raise _fault(f"expected a non-empty list 'messages' in {where}, found {value!r:.60}")
    messages = tuple(_message(turn, where) for turn in value)
    if all(message["role"] != "assistant" for message in messages):
        raise _fault(
            f"expected a turn of the assistant in {where}, found only "
            f"{', '.join(dict.fromkeys(m['role'] for m in messages))}"
        )
    return messages


def _message(turn: Any, where: str) -> Message:
    role = turn.get("role") if isinstance(turn, dict) else None
    content = turn.get("content") if isinstance(turn, dict) else None
    if not isinstance(role, str) or role not in ROLES:
        raise _fault(f"expected a role ({', '.join(ROLES)}) in {where}, found {role!r}")
    if not isinstance(content, str) or not content.strip():
        raise _fault(f"expected text as content of the {role} in {where}, found {content!r:.60}")
    return Message(role=role, content=content)


def _fault(message: str) -> GlaswerkError:
    return GlaswerkError(message, hint=f"write one dialogue a line: {_SHAPE}")
