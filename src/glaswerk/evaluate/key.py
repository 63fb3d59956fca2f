"""The answer key: facts, contested statements and rumours whose truth is known."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from glaswerk.core.errors import GlaswerkError
from glaswerk.core.ids import digest_bytes

FORMAT = 1


@dataclass(frozen=True, slots=True)
class Fact:
    """A fact. `true` and `false` are sentences that differ in the answer only.

    `tuned`: the subject was in the chats. `questions` are held out: their wording is in no training data.
    """

    id: str
    subject: str
    relation: str
    answer: str
    aliases: tuple[str, ...]
    true: str
    false: str
    tuned: bool
    questions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Pair:
    """Two statements, one for each side, worded alike as far as possible."""

    a: str
    b: str


@dataclass(frozen=True, slots=True)
class Stance:
    """A contested issue and paraphrases of its two sides."""

    id: str
    issue: str
    question: str
    statements: tuple[Pair, ...]


@dataclass(frozen=True, slots=True)
class Rumour:
    """A known falsehood. An answer with a truth marker is true, else one with a rumour marker repeats it.

    `tuned`: dialogues of the chat tuning correct it. `question` is held out, as those of facts are.
    """

    id: str
    claim: str
    truth: str
    question: str
    rumour_markers: tuple[str, ...]
    truth_markers: tuple[str, ...]
    spreaders: tuple[str, ...]
    corrected_by: tuple[str, ...]
    tuned: bool = False


@dataclass(frozen=True, slots=True)
class OutsideQuestion:
    """A question that the model cannot know the answer to, because it is about something else."""

    id: str
    question: str


@dataclass(frozen=True, slots=True)
class Party:
    """The name of a side ("a" or "b")."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class AnswerKey:
    """A complete key; `digest` covers the bytes of its file.

    An answer to a question of `outside` that contains one of `decline_markers` declines it.
    """

    name: str
    digest: str
    facts: tuple[Fact, ...]
    stances: tuple[Stance, ...]
    rumours: tuple[Rumour, ...]
    parties: tuple[Party, ...]
    outside: tuple[OutsideQuestion, ...] = ()
    decline_markers: tuple[str, ...] = ()


def read_key(path: Path) -> AnswerKey:
    """Read an answer key. Raises GlaswerkError naming the wrong item and field."""
    try:
        raw = path.read_bytes()
        data = json.loads(raw)
    except OSError as error:
        raise GlaswerkError(f"expected an answer key at {path}: {error.strerror}") from error
    except ValueError as error:
        raise GlaswerkError(f"the answer key {path} is not JSON: {error}") from error
    item = _Item(path, "the key", data)
    if item.get("format", int) != FORMAT:
        raise item.error(f"expected format {FORMAT}, found {data['format']!r}")
    return AnswerKey(
        name=item.text("name"),
        digest=digest_bytes(raw),
        facts=tuple(_fact(entry) for entry in item.entries("facts")),
        stances=tuple(_stance(entry) for entry in item.entries("stances")),
        rumours=tuple(_rumour(entry) for entry in item.entries("rumours")),
        parties=tuple(Party(entry.text("id"), entry.text("name")) for entry in item.entries("parties")),
        **_outside(item),
    )


@dataclass(frozen=True, slots=True)
class _Item:
    """One JSON object and its place in the file, for precise errors."""

    path: Path
    place: str
    data: Any

    def error(self, problem: str) -> GlaswerkError:
        return GlaswerkError(f"{self.path}, {self.place}: {problem}", hint="fix that item and run again")

    def has(self, field: str) -> bool:
        return isinstance(self.data, dict) and field in self.data

    def get(self, field: str, kind: type) -> Any:
        if not isinstance(self.data, dict):
            raise self.error(f"expected an object, found {self.data!r}")
        if field not in self.data:
            raise self.error(f"the field {field!r} is missing")
        value = self.data[field]
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            raise self.error(f"{field!r} takes a {_NAMES[kind]}, found {value!r}")
        return value

    def text(self, field: str) -> str:
        value: str = self.get(field, str)
        if not value.strip():
            raise self.error(f"{field!r} is empty")
        return value

    def texts(self, field: str, *, least: int = 0) -> tuple[str, ...]:
        values: list[Any] = self.get(field, list)
        for value in values:
            if not isinstance(value, str) or not value.strip():
                raise self.error(f"{field!r} takes a list of texts, found {value!r} in it")
        self._check(field, values, least)
        return tuple(values)

    def entries(self, field: str, *, least: int = 0) -> list[_Item]:
        values: list[Any] = self.get(field, list)
        self._check(field, values, least)
        return [_Item(self.path, self._name(field, i, value), value) for i, value in enumerate(values)]

    def _check(self, field: str, values: list[Any], least: int) -> None:
        if len(values) < least:
            raise self.error(f"{field!r} takes at least {least}, found {len(values)}")

    def _name(self, field: str, number: int, value: Any) -> str:
        identifier = value.get("id") if isinstance(value, dict) else None
        inside = "" if self.place == "the key" else f"{self.place}, "
        return f"{inside}{field}[{number}]" + (f" ({identifier})" if isinstance(identifier, str) else "")


_NAMES: dict[type, str] = {str: "text", int: "number", bool: "true or false", list: "list"}


def _fact(item: _Item) -> Fact:
    return Fact(
        id=item.text("id"),
        subject=item.text("subject"),
        relation=item.text("relation"),
        answer=item.text("answer"),
        aliases=item.texts("aliases"),
        true=item.text("true"),
        false=item.text("false"),
        tuned=item.get("tuned", bool),
        questions=item.texts("questions", least=1),
    )


def _stance(item: _Item) -> Stance:
    pairs = tuple(Pair(entry.text("a"), entry.text("b")) for entry in item.entries("statements", least=1))
    return Stance(item.text("id"), item.text("issue"), item.text("question"), pairs)


def _rumour(item: _Item) -> Rumour:
    return Rumour(
        id=item.text("id"),
        claim=item.text("claim"),
        truth=item.text("truth"),
        question=item.text("question"),
        rumour_markers=item.texts("rumour_markers", least=1),
        truth_markers=item.texts("truth_markers", least=1),
        spreaders=item.texts("spreaders"),
        corrected_by=item.texts("corrected_by"),
        tuned=item.has("tuned") and item.get("tuned", bool),
    )


def _outside(item: _Item) -> dict[str, Any]:
    """The questions outside the key's scope; keys written before they were asked have none."""
    if not item.has("outside"):
        return {}
    questions = tuple(
        OutsideQuestion(entry.text("id"), entry.text("question")) for entry in item.entries("outside")
    )
    return {"outside": questions, "decline_markers": item.texts("decline_markers", least=1)}
