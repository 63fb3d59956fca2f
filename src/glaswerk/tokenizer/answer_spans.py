"""Where the answers of a dialogue are in its rendered text: what chat tuning has loss on.

A template without `{% generation %}` marks does not say where an answer is, and some write a turn differently
once another follows: Qwen3 drops the thoughts of earlier turns. So each answer is looked for in several ways,
from the most exact one on.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from glaswerk.core.document import Message

Span = tuple[int, int]
# Renders many (messages, with the opening of the next answer) at once; None where the template refuses.
Render = Callable[[Sequence[tuple[Sequence[Message], bool]]], Sequence[str | None]]
# Unicode noncharacters around the number of an answer. Messages contain none (`chat_format.py`).
_BEGIN, _END, _NUMBERED = "\ufdd3", "\ufdd4", "\ufdd5"
_MARK = re.compile(f"([{_BEGIN}{_END}])([0-9]+){_NUMBERED}")


@dataclass(frozen=True, slots=True)
class _Clues:
    """What renderings say about one answer: the text up to it, the text up to its end, its two marks."""

    before: str | None
    through: str | None
    begin: int | None
    end: int | None


def find_answers(messages: Sequence[Message], text: str, prompt: bool, render: Render) -> list[Span | None]:
    """The characters of `text` that are each assistant message; None for one that is not found.

    text: the whole dialogue as the template renders it. A span may include the end of the turn.
    """
    numbers = [i for i, message in enumerate(messages) if message["role"] == "assistant"]
    wanted: list[tuple[Sequence[Message], bool]] = [
        (_marked(messages, trimmed=False), prompt),
        (_marked(messages, trimmed=True), prompt),
    ]
    for i in numbers:
        wanted += [(messages[:i], True), (messages[: i + 1], False)]
    outside, inside, *heads = render(wanted) if numbers else (None, None)
    marks = _marks(outside, text) or _marks(inside, text)
    found = []
    for place, i in enumerate(numbers):
        clues = _Clues(heads[2 * place], heads[2 * place + 1], marks.get((_BEGIN, i)), marks.get((_END, i)))
        found.append(_span(clues, text, messages[i]["content"]))
    return found


def _marked(messages: Sequence[Message], *, trimmed: bool) -> list[Message]:
    """Every answer between marks; `trimmed`: its outer white space, which many templates cut, outside."""
    marked = []
    for i, message in enumerate(messages):
        content = message["content"]
        if message["role"] == "assistant":
            core = content.strip() if trimmed else content
            left, right = (content.split(core, 1) if core else ("", "")) if trimmed else ("", "")
            content = f"{left}{_BEGIN}{i}{_NUMBERED}{core}{_END}{i}{_NUMBERED}{right}"
        marked.append(Message(role=message["role"], content=content))
    return marked


def _marks(marked: str | None, text: str) -> Mapping[tuple[str, int], int]:
    """The places of the marks in the text without them; {} if it is another text than `text`.

    A mark that occurs twice is left out: an answer written twice has no one place.
    """
    if marked is None or _MARK.sub("", marked) != text:
        return {}
    places: dict[tuple[str, int], list[int]] = {}
    removed = 0
    for mark in _MARK.finditer(marked):
        places.setdefault((mark[1], int(mark[2])), []).append(mark.start() - removed)
        removed += len(mark[0])
    return {key: found[0] for key, found in places.items() if len(found) == 1}


def _span(clues: _Clues, text: str, content: str) -> Span | None:
    for start, end in _candidates(clues, text):
        # An empty answer is only its end of turn; another one must not be empty.
        if start <= end and (text[start:end].strip() or not content.strip()):
            return start, end
    return None


def _candidates(clues: _Clues, text: str) -> list[Span]:
    found: list[Span] = []
    if clues.before is not None and text.startswith(clues.before):
        start = len(clues.before)
        if clues.through is not None and text.startswith(clues.through):
            found.append((start, len(clues.through)))
        if clues.end is not None:
            found.append((start, clues.end))
    if clues.begin is not None and clues.end is not None:
        found.append((clues.begin, clues.end))
    return found
