"""Dialogues to token ids: ChatML for our own models, the model's Jinja chat template for adopted ones."""

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
# Unicode noncharacters mark places in a rendered text. Any that a message contains become U+FFFD first.
_OPEN, _CLOSE, _GUARD = "\ufdd0", "\ufdd1", "\ufdd2"
_MARKS = str.maketrans(dict.fromkeys((_OPEN, _CLOSE, _GUARD), "\ufffd"))


class ChatFormat(Protocol):
    """How one model writes a dialogue as token ids."""

    @property
    def turn_id(self) -> int:
        """The special token that opens a turn; the end token if the format has none."""

    @property
    def turn_end_id(self) -> int:
        """The special token that ends the assistant's turn; the end token if the format has none."""

    def render(self, messages: Sequence[Message], *, prompt: bool) -> list[int]:
        """Ids of the dialogue; with `prompt`, followed by the opening of the assistant's turn."""

    def render_masked(self, messages: Sequence[Message], *, prompt: bool) -> tuple[list[int], list[int]]:
        """Ids and, for each id, 1 if training predicts it (an answer and its end of turn), else 0."""


class ChatMl:
    """`<|im_start|>role\\nwords<|im_end|>\\n`, encoded turn by turn: faster than rendering a template."""

    def __init__(self, backend: Backend, turn_id: int, turn_end_id: int) -> None:
        self._backend, self.turn_id, self.turn_end_id = backend, turn_id, turn_end_id

    def render(self, messages: Sequence[Message], *, prompt: bool) -> list[int]:
        """Ids of the dialogue; see `ChatFormat.render`."""
        return self.render_masked(messages, prompt=prompt)[0]

    def render_masked(self, messages: Sequence[Message], *, prompt: bool) -> tuple[list[int], list[int]]:
        """Ids and mask of the dialogue; see `ChatFormat.render_masked`."""
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
    """A model without a chat template: it can be scored and trained on text, but it cannot chat."""

    def __init__(self, end_id: int) -> None:
        self.turn_id = self.turn_end_id = end_id

    def render(self, messages: Sequence[Message], *, prompt: bool) -> list[int]:
        """Raises GlaswerkError: there is no format to render."""
        raise GlaswerkError(
            "this model has no chat template, so it can neither chat nor be tuned on dialogues",
            hint="put its chat_template.jinja into the folder and run glaswerk adopt again",
        )

    def render_masked(self, messages: Sequence[Message], *, prompt: bool) -> tuple[list[int], list[int]]:
        """Raises GlaswerkError: there is no format to render."""
        return self.render(messages, prompt=prompt), []


class ChatTemplate:
    """A Jinja chat template, run in Jinja's sandbox. Ids equal those of `transformers`'
    `apply_chat_template`.

    One difference: names of special tokens inside a message stay plain text. The assistant's tokens are found
    by the template's `{% generation %}` marks or, without marks, by rendering the dialogue up to each answer.
    """

    def __init__(
        self, source: str, backend: TokenizersBackend, tokens: Mapping[str, str], end_id: int
    ) -> None:
        """tokens: special tokens that the template may name, such as bos_token and eos_token.

        Raises GlaswerkError if the template does not parse.
        """
        self._backend, self._tokens, self._end_id = backend, dict(tokens), end_id
        self._marked = re.search(r"\{%-?\s*generation\s*-?%\}", source) is not None
        names = sorted(backend.special, key=len, reverse=True)
        self._names = re.compile("|".join(map(re.escape, names)) or r"(?!)")
        try:
            self._template = _ENVIRONMENT.from_string(source)
        except jinja2.TemplateError as error:
            raise GlaswerkError(f"the chat template does not parse: {error}") from error

    @cached_property
    def turn_id(self) -> int:
        """The special token that opens the assistant's turn; the end token if there is none."""
        asked = [Message(role="user", content="a")]
        before, after = self._text(asked, prompt=False), self._text(asked, prompt=True)
        opening = self._names.search(after, _shared(before, after))
        return self._backend.special[opening[0]] if opening else self._end_id

    @cached_property
    def turn_end_id(self) -> int:
        """The special token that ends the assistant's turn; the end token if there is none."""
        dialogue = [Message(role="user", content="a"), Message(role="assistant", content="b")]
        ids, mask = self.render_masked(dialogue, prompt=False)
        own = [i for i, chosen in zip(ids, mask, strict=True) if chosen]
        return own[-1] if own and own[-1] in self._backend.special.values() else self._end_id

    def render(self, messages: Sequence[Message], *, prompt: bool) -> list[int]:
        """Ids of the dialogue. Raises GlaswerkError if the template refuses it."""
        text = self._text(self._guarded(messages), prompt=prompt)
        return [i for i, _, _ in self._placed(_unmarked(text)[0])]

    def render_masked(self, messages: Sequence[Message], *, prompt: bool) -> tuple[list[int], list[int]]:
        """Ids and mask. Raises GlaswerkError if the template refuses the dialogue or hides its answers."""
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
                hint="check the roles and their order: many templates want user and assistant to alternate",
            ) from error

    def _guarded(self, messages: Sequence[Message]) -> list[Message]:
        """The messages with a guard character inside every special token's name; `_placed` removes it."""
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
                        "the chat template does not show where an answer begins: the text before an answer "
                        "depends on what follows it",
                        hint="mark the answers with {% generation %} in chat_template.jinja and adopt again",
                    )
                yield len(head), _shared(whole, text)

    def _ended(self, text: str, span: tuple[int, int]) -> tuple[int, int]:
        """The span up to and including its end of turn: with a special token that directly follows it,
        without white space after one."""
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
    """`{% generation %}` … `{% endgeneration %}` encloses what the assistant writes, as in transformers."""

    tags = {"generation"}  # noqa: RUF012 -- Jinja reads this class attribute

    def parse(self, parser: Parser) -> nodes.Node:
        line = next(parser.stream).lineno
        body = parser.parse_statements(("name:endgeneration",), drop_needle=True)
        return nodes.CallBlock(self.call_method("_mark"), [], [], body).set_lineno(line)

    def _mark(self, caller: Any) -> str:
        return f"{_OPEN}{caller()}{_CLOSE}"


def _unmarked(text: str) -> tuple[str, list[tuple[int, int]]]:
    """The text without marks, and the spans that the marks enclosed."""
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
    """Length of the common prefix."""
    pairs = zip(one, other, strict=False)
    return next((i for i, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))


def _cut(name: re.Match[str]) -> str:
    return name[0][:1] + _GUARD + name[0][1:]


def _with_guards(piece: str, place: int) -> int:
    """Map a character position in the piece without guards to its position in the piece with guards."""
    seen = 0
    for index, character in enumerate(piece):
        if seen == place and character != _GUARD:
            return index
        seen += character != _GUARD
    return len(piece)


def _environment() -> ImmutableSandboxedEnvironment:
    """Jinja configured as `transformers` does for chat templates."""
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
    # A template that writes today's date into the prompt means the date at the user's place.
    return datetime.now().astimezone().strftime(form)


_ENVIRONMENT = _environment()
