"""Dialogues as ids: ChatML for our own models, the model's own Jinja template for adopted ones."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from typing import Any, Protocol

import jinja2
from jinja2 import nodes
from jinja2.ext import Extension, loopcontrols
from jinja2.parser import Parser
from jinja2.sandbox import ImmutableSandboxedEnvironment

from glaswerk.core.document import Message
from glaswerk.core.errors import GlaswerkError
from glaswerk.tokenizer.backends import Backend, Placed, TokenizersBackend, well_formed

LARGEST_TEMPLATE = 1 << 20
# Noncharacters: no text may hold them, so they can mark places in one. A message's own become U+FFFD.
_OPEN, _CLOSE, _GUARD = "\ufdd0", "\ufdd1", "\ufdd2"
_MARKS = str.maketrans(dict.fromkeys((_OPEN, _CLOSE, _GUARD), "\ufffd"))


class ChatFormat(Protocol):
    """`turn_id` opens a turn, `turn_end_id` ends the assistant's; mask: 1 where the assistant wrote."""

    @property
    def turn_id(self) -> int: ...
    @property
    def turn_end_id(self) -> int: ...
    def render(self, messages: Sequence[Message], *, prompt: bool) -> list[int]: ...
    def render_masked(self, messages: Sequence[Message], *, prompt: bool) -> tuple[list[int], list[int]]: ...


class ChatMl:
    """`<|im_start|>role\\nwords<|im_end|>\\n`, encoded turn by turn, which is faster than a template."""

    def __init__(self, backend: Backend, turn_id: int, turn_end_id: int) -> None:
        self._backend, self.turn_id, self.turn_end_id = backend, turn_id, turn_end_id

    def render(self, messages: Sequence[Message], *, prompt: bool) -> list[int]:
        return self.render_masked(messages, prompt=prompt)[0]

    def render_masked(self, messages: Sequence[Message], *, prompt: bool) -> tuple[list[int], list[int]]:
        encode = self._backend.encode
        newline = encode("\n")
        ids: list[int] = []
        mask: list[int] = []
        for message in messages:
            head = [self.turn_id, *encode(message["role"] + "\n")]
            body = [*encode(message["content"]), self.turn_end_id]
            ids += head + body + newline
            own = int(message["role"] == "assistant")
            mask += [0] * len(head) + [own] * len(body) + [0] * len(newline)
        if prompt:
            head = [self.turn_id, *encode("assistant\n")]
            ids += head
            mask += [0] * len(head)
        return ids, mask


class NoChat:
    """A model that came without a chat template: it can be scored and trained, not asked."""

    def __init__(self, end_id: int) -> None:
        self.turn_id = self.turn_end_id = end_id

    def render(self, messages: Sequence[Message], *, prompt: bool) -> list[int]:
        raise GlaswerkError(
            "this model has no chat template, so it cannot be asked or tuned on dialogues",
            hint="put its chat_template.jinja into the folder and run glaswerk adopt again",
        )

    def render_masked(self, messages: Sequence[Message], *, prompt: bool) -> tuple[list[int], list[int]]:
        return self.render(messages, prompt=prompt), []


class ChatTemplate:
    """A Jinja chat template, in Jinja's sandbox. Ids equal `transformers`' `apply_chat_template`.

    Save for one thing: names of special tokens inside a message stay text. Which tokens are the assistant's
    is told by the template's `{% generation %}` marks, or by rendering the dialogue up to each answer.
    """

    def __init__(
        self, source: str, backend: TokenizersBackend, tokens: Mapping[str, str], end_id: int
    ) -> None:
        """`tokens`: what the template may name (bos_token, eos_token). Raises GlaswerkError."""
        self._backend, self._tokens, self._end_id = backend, dict(tokens), end_id
        self._marked = re.search(r"\{%-?\s*generation\s*-?%\}", source) is not None
        names = sorted(backend.special, key=len, reverse=True)
        self._names = re.compile("|".join(map(re.escape, names)) or r"(?!)")
        try:
            self._template = _ENVIRONMENT.from_string(source)
        except jinja2.TemplateError as error:
            raise GlaswerkError(f"the chat template is broken: {error}") from error

    @cached_property
    def turn_id(self) -> int:
        """The special token that opens the assistant's turn; the end token where there is none."""
        asked = [Message(role="user", content="a")]
        before, after = self._text(asked, prompt=False), self._text(asked, prompt=True)
        opening = self._names.search(after, _shared(before, after))
        return self._backend.special[opening[0]] if opening else self._end_id

    @cached_property
    def turn_end_id(self) -> int:
        """The special token that ends the assistant's turn; the end token where there is none."""
        dialogue = [Message(role="user", content="a"), Message(role="assistant", content="b")]
        ids, mask = self.render_masked(dialogue, prompt=False)
        own = [i for i, chosen in zip(ids, mask, strict=True) if chosen]
        return own[-1] if own and own[-1] in self._backend.special.values() else self._end_id

    def render(self, messages: Sequence[Message], *, prompt: bool) -> list[int]:
        text = self._text(self._guarded(messages), prompt=prompt)
        return [i for i, _, _ in self._placed(_unmarked(text)[0])]

    def render_masked(self, messages: Sequence[Message], *, prompt: bool) -> tuple[list[int], list[int]]:
        guarded = self._guarded(messages)
        text, spans = _unmarked(self._text(guarded, prompt=prompt))
        spans = [self._ended(text, span) for span in (spans if self._marked else self._spans(guarded, text))]
        placed = self._placed(text)
        mask = [0] * len(placed)
        for start, end in spans:
            for number, (_, first, last) in enumerate(placed):
                if first >= start and last <= end:
                    mask[number] = 1
        return [i for i, _, _ in placed], mask

    def _text(self, messages: Sequence[Message], *, prompt: bool) -> str:
        try:
            return self._template.render(
                messages=[dict(message) for message in messages], add_generation_prompt=prompt, **self._tokens
            )
        except (jinja2.TemplateError, TypeError, ValueError, ArithmeticError, LookupError) as error:
            raise GlaswerkError(
                f"the model's chat template refuses this dialogue: {error}",
                hint="look at the roles and their order: many templates want user and assistant in turn",
            ) from error

    def _guarded(self, messages: Sequence[Message]) -> list[Message]:
        """Messages in which the name of a special token is cut by a guard, which `_placed` takes out."""
        return [
            Message(role=message["role"], content=self._names.sub(_cut, _clean(message["content"])))
            for message in messages
        ]

    def _spans(self, messages: Sequence[Message], text: str) -> Iterator[tuple[int, int]]:
        for number, message in enumerate(messages):
            if message["role"] == "assistant":
                head = self._text(messages[:number], prompt=True)
                whole = self._text(messages[: number + 1], prompt=False)
                if not (whole.startswith(head) and text.startswith(head)):
                    raise GlaswerkError(
                        "where the chat template puts an answer cannot be told: what it writes before one "
                        "changes with what follows",
                        hint="mark the answers with {% generation %} in chat_template.jinja and adopt again",
                    )
                yield len(head), _shared(whole, text)

    def _ended(self, text: str, span: tuple[int, int]) -> tuple[int, int]:
        """The span up to its end of turn: with the special token right behind it, without space after one."""
        start, end = span
        found = self._names.match(text, end)
        last = list(self._names.finditer(text, start, end))
        if last and not text[last[-1].end() : end].strip():
            return start, last[-1].end()
        return (start, found.end()) if found else span

    def _placed(self, text: str) -> Placed:
        if _GUARD not in text:
            return self._backend.place(text, parse=True)
        placed: Placed = []
        at = 0
        for piece in re.split(f"({self._names.pattern})", text):
            parse = self._names.fullmatch(piece) is not None
            placed += [
                (i, at + _with_guards(piece, first), at + _with_guards(piece, last))
                for i, first, last in self._backend.place(piece.replace(_GUARD, ""), parse=parse)
            ]
            at += len(piece)
        return placed


class _Generation(Extension):
    """`{% generation %}` … `{% endgeneration %}`: what is between is the assistant's (as in transformers)."""

    tags = {"generation"}  # noqa: RUF012 -- Jinja's own way to say it

    def parse(self, parser: Parser) -> nodes.Node:
        line = next(parser.stream).lineno
        body = parser.parse_statements(("name:endgeneration",), drop_needle=True)
        return nodes.CallBlock(self.call_method("_mark"), [], [], body).set_lineno(line)

    def _mark(self, caller: Any) -> str:
        return f"{_OPEN}{caller()}{_CLOSE}"


def _unmarked(text: str) -> tuple[str, list[tuple[int, int]]]:
    """The text without marks, and the spans that were between them."""
    parts = re.split(f"([{_OPEN}{_CLOSE}])", text)
    plain, starts, ends = "", list[int](), list[int]()
    for part in parts:
        if part == _OPEN:
            starts.append(len(plain))
        elif part == _CLOSE:
            ends.append(len(plain))
        else:
            plain += part
    return plain, list(zip(starts, ends, strict=True))


def _clean(text: str) -> str:
    return well_formed(text).translate(_MARKS)


def _shared(one: str, other: str) -> int:
    """How many characters both begin with."""
    pairs = zip(one, other, strict=False)
    return next((i for i, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))


def _cut(name: re.Match[str]) -> str:
    return name[0][:1] + _GUARD + name[0][1:]


def _with_guards(piece: str, place: int) -> int:
    """Where the character at `place` of the piece without guards is in the piece with them."""
    seen = 0
    for index, character in enumerate(piece):
        if seen == place and character != _GUARD:
            return index
        seen += character != _GUARD
    return len(piece)


def _environment() -> ImmutableSandboxedEnvironment:
    """Jinja as `transformers` sets it up for chat templates."""
    environment = ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=[_Generation, loopcontrols]
    )
    environment.filters["tojson"] = _to_json
    environment.globals["raise_exception"] = _refuse
    environment.globals["strftime_now"] = _now
    return environment


def _to_json(value: Any, indent: int | None = None) -> str:
    return json.dumps(value, ensure_ascii=False, indent=indent)


def _refuse(message: str) -> None:
    raise jinja2.TemplateError(message)


def _now(form: str) -> str:
    # A template that writes today's date into every prompt means the user's own day.
    return datetime.now().astimezone().strftime(form)


_ENVIRONMENT = _environment()
