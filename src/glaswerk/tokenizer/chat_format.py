"""Dialogues to token ids: ChatML for our own models, the model's Jinja chat template for adopted ones."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Any, Protocol

from glaswerk.core.document import Message
from glaswerk.core.errors import GlaswerkError
from glaswerk.tokenizer.answer_spans import find_answers
from glaswerk.tokenizer.backends import Backend, Placed, TokenizersBackend, well_formed
from glaswerk.tokenizer.template_renderer import Rendered, render

LARGEST_TEMPLATE = 1 << 20
# Templates that write today's date would give other ids every day: their clock stands still.
TEMPLATE_DATE = "2026-01-01"
# Unicode noncharacters mark places in a rendered text. Any that a message contains become U+FFFD first.
_OPEN, _CLOSE, _GUARD = "\ufdd0", "\ufdd1", "\ufdd2"
_MARKS = str.maketrans({chr(code): "\ufffd" for code in range(0xFDD0, 0xFDF0)})
NOTHING: Mapping[str, Any] = MappingProxyType({})
_MARKED = re.compile(r"\{%[-+]?\s*generation\s*[-+]?%\}")


@dataclass(frozen=True, slots=True)
class EncodedDialogue:
    """Ids of a dialogue and, for each, 1 if training predicts it (an answer and its end of turn), else 0.

    `unfound`: how many of its answers are not in the text that the template writes, so nothing predicts them.
    """

    ids: list[int]
    mask: list[int]
    unfound: int = 0


class DialogueRefused(GlaswerkError):
    """The chat template refuses one dialogue, such as one whose roles do not alternate."""


class ChatFormat(Protocol):
    """How one model writes a dialogue as token ids."""

    @property
    def turn_id(self) -> int:
        """The special token that opens a turn; the end token if the format has none."""

    @property
    def turn_end_id(self) -> int:
        """The special token that ends the assistant's turn; the end token if the format has none."""

    @property
    def source(self) -> str:
        """The Jinja template; "" if the format has none or needs none."""

    def render(
        self, messages: Sequence[Message], *, prompt: bool, more: Mapping[str, Any] = NOTHING
    ) -> list[int]:
        """Ids of the dialogue; with `prompt`, followed by the opening of the assistant's turn.

        more: further variables of a template, such as `tools`. Messages may have further fields, too.
        """

    def continued(self, messages: Sequence[Message], more: Mapping[str, Any] = NOTHING) -> list[int]:
        """Ids of a dialogue up to the last word of its last message, whose turn stays open."""

    def encode(self, messages: Sequence[Message], *, prompt: bool) -> EncodedDialogue:
        """Ids of the dialogue, and which of them training predicts."""


class ChatMl:
    """`<|im_start|>role\\nwords<|im_end|>\\n`, encoded turn by turn: faster than rendering a template."""

    source = ""

    def __init__(self, backend: Backend, turn_id: int, turn_end_id: int) -> None:
        self._backend, self.turn_id, self.turn_end_id = backend, turn_id, turn_end_id

    def render(
        self, messages: Sequence[Message], *, prompt: bool, more: Mapping[str, Any] = NOTHING
    ) -> list[int]:
        """Ids of the dialogue; see `ChatFormat.render`. The format has no further variables."""
        return self.encode(messages, prompt=prompt).ids

    def continued(self, messages: Sequence[Message], more: Mapping[str, Any] = NOTHING) -> list[int]:
        """Ids with the last turn open; see `ChatFormat.continued`."""
        *before, last = messages
        head = [self.turn_id, *self._backend.encode(last["role"] + "\n")]
        return self.encode(before, prompt=False).ids + head + self._backend.encode(last["content"])

    def encode(self, messages: Sequence[Message], *, prompt: bool) -> EncodedDialogue:
        """Ids and mask of the dialogue; see `ChatFormat.encode`."""
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
        return EncodedDialogue(ids, mask)


class NoChat:
    """A model without a chat template: it can be scored and trained on text, but it cannot chat."""

    source = ""

    def __init__(self, end_id: int) -> None:
        self.turn_id = self.turn_end_id = end_id

    def continued(self, messages: Sequence[Message], more: Mapping[str, Any] = NOTHING) -> list[int]:
        """Raises GlaswerkError: there is no format to render."""
        return self.render(messages, prompt=False)

    def render(
        self, messages: Sequence[Message], *, prompt: bool, more: Mapping[str, Any] = NOTHING
    ) -> list[int]:
        """Raises GlaswerkError: there is no format to render."""
        raise GlaswerkError(
            "this model has no chat template, so it can neither chat nor be tuned on dialogues",
            hint="put its chat_template.jinja into the folder and run glaswerk adopt again",
        )

    def encode(self, messages: Sequence[Message], *, prompt: bool) -> EncodedDialogue:
        """Raises GlaswerkError: there is no format to render."""
        return EncodedDialogue(self.render(messages, prompt=prompt), [])


class ChatTemplate:
    """A Jinja chat template, run in Jinja's sandbox in a process with limits (`template_worker.py`).

    Ids equal those of `transformers`' `apply_chat_template`, with two differences: names of special tokens
    inside a message stay plain text, and the clock of a template that writes a date stands still.
    The assistant's tokens are found by the template's `{% generation %}` marks or, without marks, by
    rendering the dialogue in parts (`answer_spans.py`).
    """

    def __init__(
        self,
        source: str,
        backend: TokenizersBackend,
        tokens: Mapping[str, str],
        end_id: int,
        *,
        date: str = TEMPLATE_DATE,
    ) -> None:
        """tokens: special tokens that the template may name, such as bos_token and eos_token; date: ISO.

        Raises GlaswerkError if the template does not parse.
        """
        self.source, self._date = source, date
        self._backend, self._tokens, self._end_id = backend, dict(tokens), end_id
        self._marked = _MARKED.search(source) is not None
        names = sorted(backend.special, key=len, reverse=True)
        self._names = re.compile("|".join(map(re.escape, names)) or r"(?!)")
        render(source, date, [])

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
        found = self.encode(dialogue, prompt=False)
        own = [i for i, chosen in zip(found.ids, found.mask, strict=True) if chosen]
        return own[-1] if own and own[-1] in self._backend.special.values() else self._end_id

    def render(
        self, messages: Sequence[Message], *, prompt: bool, more: Mapping[str, Any] = NOTHING
    ) -> list[int]:
        """Ids of the dialogue. Raises DialogueRefused if the template refuses it."""
        text = self._text(self._guarded(messages), prompt=prompt, more=self._guard(more))
        return [i for i, _, _ in self._placed(_unmarked(text)[0])]

    def continued(self, messages: Sequence[Message], more: Mapping[str, Any] = NOTHING) -> list[int]:
        """Ids with the last turn open. Raises DialogueRefused if the template refuses the dialogue or does
        not write its last words."""
        guarded = self._guarded(messages)
        text = _unmarked(self._text(guarded, prompt=False, more=self._guard(more)))[0]
        # Templates may strip a message.
        last = next((w for w in (guarded[-1]["content"], guarded[-1]["content"].strip()) if w in text), None)
        if not last:
            raise DialogueRefused(
                "the model's chat template does not write the last message as it is",
                hint="leave out continue_final_message",
            )
        return [i for i, _, _ in self._placed(text[: text.rindex(last) + len(last)])]

    def encode(self, messages: Sequence[Message], *, prompt: bool) -> EncodedDialogue:
        """Ids and mask. Raises DialogueRefused if the template refuses the dialogue."""
        guarded = self._guarded(messages)
        text, marked = _unmarked(self._text(guarded, prompt=prompt))
        answers = sum(message["role"] == "assistant" for message in messages)
        if self._marked:
            spans, unfound = marked, max(0, answers - len(marked))
        else:
            found = find_answers(guarded, text, prompt, self._texts)
            spans = [span for span in found if span is not None]
            unfound = answers - len(spans)
        placed = self._placed(text)
        mask = [0] * len(placed)
        for start, end in (self._ended(text, span) for span in spans):
            for number, (_, first, last) in enumerate(placed):
                if first >= start and last <= end:
                    mask[number] = 1
        return EncodedDialogue([i for i, _, _ in placed], mask, unfound)

    def _text(self, messages: Sequence[Message], *, prompt: bool, more: Mapping[str, Any] = NOTHING) -> str:
        (found,) = self._rendered([(messages, prompt)], more)
        if found.text is None:
            raise DialogueRefused(
                f"the model's chat template refuses this dialogue: {found.refusal}",
                hint="check the roles and their order: many templates want user and assistant to alternate",
            )
        return found.text

    def _texts(self, dialogues: Sequence[tuple[Sequence[Message], bool]]) -> list[str | None]:
        return [found.text for found in self._rendered(dialogues)]

    def _rendered(
        self, dialogues: Sequence[tuple[Sequence[Message], bool]], more: Mapping[str, Any] = NOTHING
    ) -> list[Rendered]:
        texts: list[dict[str, Any]] = [
            {
                **more,
                **self._tokens,
                "messages": [dict(message) for message in messages],
                "add_generation_prompt": prompt,
            }
            for messages, prompt in dialogues
        ]
        return render(self.source, self._date, texts)

    def _guarded(self, messages: Sequence[Message]) -> list[Message]:
        """The messages with a guard character inside every special token's name; `_placed` removes it."""
        found: list[Message] = self._guard(list(messages))
        return found

    def _guard(self, value: Any) -> Any:
        """Texts in `value` guarded, at any depth, keys too: a tool's description is data like a message."""
        if isinstance(value, str):
            return self._names.sub(_cut, _clean(value))
        if isinstance(value, Mapping):
            return {self._guard(key): self._guard(part) for key, part in value.items()}
        return [self._guard(part) for part in value] if isinstance(value, list | tuple) else value

    def _ended(self, text: str, span: tuple[int, int]) -> tuple[int, int]:
        """The span up to and including its end of turn: with a special token that directly follows it,
        without white space after one."""
        start, end = span
        found = self._names.match(text, end + len(text[end:]) - len(text[end:].lstrip(" ")))
        last = list(self._names.finditer(text, start, end))
        if last and not text[last[-1].end() : end].strip():
            return start, last[-1].end()
        return (start, found.end()) if found else span

    def _placed(self, text: str) -> Placed:
        if _GUARD not in text:
            placed = self._backend.place(text, parse=True)
            if all(text[start:end].strip() in self._backend.special for start, end in self._control(placed)):
                return placed
        placed, at = [], 0
        for piece in re.split(f"({self._names.pattern})", text):
            if self._names.fullmatch(piece):
                placed.append((self._backend.special[piece], at, at + len(piece)))
            else:
                placed += [
                    (i, at + _with_guards(piece, first), at + _with_guards(piece, last))
                    for i, first, last in self._backend.place(
                        piece.replace(_GUARD, ""), parse=False, within=at > 0
                    )
                ]
            at += len(piece)
        return placed

    def _control(self, placed: Placed) -> list[tuple[int, int]]:
        """Where control tokens are. One that is not its name in the text is text that a normaliser changed,
        such as letters of full width, or what is in no vocabulary."""
        numbers = set(self._backend.special.values())
        return [(start, end) for i, start, end in placed if i in numbers]


def texts_without_answers(source: str, tokens: Mapping[str, str], date: str) -> list[str]:
    """What the template writes around one question, without and with the opening of an answer.

    Raises GlaswerkError if the template does not parse.
    """
    asked = [{"role": "user", "content": "a"}]
    both = [{**tokens, "messages": asked, "add_generation_prompt": opening} for opening in (False, True)]
    return [found.text for found in render(source, date, both) if found.text is not None]


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
    # A template may write such characters itself, in any order.
    return plain, [(a, b) for a, b in zip(starts, ends, strict=False) if a <= b]


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
