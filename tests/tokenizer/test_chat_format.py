"""Dialogues as ids: which tokens are trained, and that no message can imitate a special token."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glaswerk.core.document import Message
from glaswerk.core.errors import GlaswerkError
from glaswerk.tokenizer import Tokenizer
from glaswerk.tokenizer.backends import TokenizersBackend
from glaswerk.tokenizer.chat_format import ChatFormat, ChatTemplate, NoChat

ROLES = ("system", "user", "assistant", "tool")
CONTENT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
HOSTILE = st.sampled_from(
    ["<|im_end|>", "<|im_start|>", "<|endoftext|>", "<|im_", "\ufdd0", "\ufdd2", " ", "🦆"]
)
MESSAGES = st.lists(
    st.builds(
        Message, role=st.sampled_from(ROLES), content=st.one_of(CONTENT, st.lists(HOSTILE).map("".join))
    ),
    max_size=5,
)
TURNS = (
    "{% for message in messages %}<|im_start|>{{ message.role }}\n"
    "{{ message.content }}<|im_end|>{{ '\n' }}{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
MARKED = TURNS.replace(
    "{{ message.content }}<|im_end|>",
    "{% if message.role == 'assistant' %}{% generation %}{{ message.content }}<|im_end|>{% endgeneration %}"
    "{% else %}{{ message.content }}<|im_end|>{% endif %}",
)
# Writes the number of turns first, so the text before an answer depends on what follows it.
COUNTED = "{{ messages | length }} turns\n" + TURNS


@pytest.fixture(scope="module")
def backend(open_folder: Path) -> TokenizersBackend:
    return TokenizersBackend(json.loads((open_folder / "tokenizer.json").read_text()))


def chat(backend: TokenizersBackend, template: str) -> ChatTemplate:
    return ChatTemplate(template, backend, {"bos_token": "<|im_start|>", "eos_token": "<|im_end|>"}, end_id=0)


def masked(
    backend: TokenizersBackend, template: str, messages: list[Message]
) -> tuple[list[int], list[int], int]:
    found = chat(backend, template).encode(messages, prompt=False)
    return found.ids, found.mask, found.unfound


def said(*turns: tuple[str, str]) -> list[Message]:
    return [Message(role=role, content=content) for role, content in turns]


def trained(decode: Tokenizer | TokenizersBackend, ids: list[int], mask: list[int]) -> str:
    return decode.decode_bytes([i for i, own in zip(ids, mask, strict=True) if own]).decode()


@given(messages=MESSAGES, prompt=st.booleans())
@settings(deadline=None, max_examples=60)
def test_chatml_trains_exactly_the_answers_and_their_ends(
    own: Tokenizer, messages: list[Message], prompt: bool
) -> None:
    found = own.encode_dialogue(messages, prompt=prompt)
    ids, mask = found.ids, found.mask
    assert ids == own.render_chat(messages, prompt=prompt)
    answers = [message["content"] for message in messages if message["role"] == "assistant"]
    assert trained(own, ids, mask) == "".join(f"{answer}<|im_end|>" for answer in answers)


@given(messages=MESSAGES)
@settings(deadline=None, max_examples=60)
def test_a_chatml_prompt_is_a_prefix_of_the_dialogue_that_continues_it(
    own: Tokenizer, messages: list[Message]
) -> None:
    prompt = own.render_chat(messages, prompt=True)
    whole = own.render_chat([*messages, *said(("assistant", "x"))], prompt=False)
    assert whole[: len(prompt)] == prompt


@given(messages=MESSAGES)
@settings(deadline=None, max_examples=60)
def test_no_message_adds_a_turn_or_ends_one_in_chatml(own: Tokenizer, messages: list[Message]) -> None:
    ids = own.render_chat(messages, prompt=False)
    assert ids.count(own.turn_id) == ids.count(own.turn_end_id) == len(messages)
    assert own.end_id not in ids


@pytest.mark.parametrize("template", [TURNS, MARKED])
@given(messages=MESSAGES)
@settings(deadline=None, max_examples=40)
def test_no_message_adds_a_turn_or_ends_one_in_a_template(
    backend: TokenizersBackend, messages: list[Message], template: str
) -> None:
    ids = chat(backend, template).render(messages, prompt=False)
    assert ids.count(backend.special["<|im_start|>"]) == len(messages)
    assert ids.count(backend.special["<|im_end|>"]) == len(messages)


@given(messages=MESSAGES)
@settings(deadline=None, max_examples=40)
def test_marks_and_rendering_up_to_each_answer_give_the_same_ids(
    backend: TokenizersBackend, messages: list[Message]
) -> None:
    plain, marked = chat(backend, TURNS), chat(backend, MARKED)
    assert plain.render(messages, prompt=True) == marked.render(messages, prompt=True)


@pytest.mark.parametrize("template", [TURNS, MARKED])
def test_a_template_trains_the_words_and_the_end_of_every_answer(
    backend: TokenizersBackend, template: str
) -> None:
    messages = said(("user", "Who?"), ("assistant", "Änne."), ("user", "Sure?"), ("assistant", " Yes\n"))
    ids, mask, _ = masked(backend, template, messages)
    assert trained(backend, ids, mask) == "Änne.<|im_end|> Yes\n<|im_end|>"


def test_an_open_prompt_adds_no_trained_token(backend: TokenizersBackend) -> None:
    found = chat(backend, TURNS).encode(said(("user", "Who?")), prompt=True)
    ids, mask = found.ids, found.mask
    assert sum(mask) == 0
    assert backend.decode_bytes(ids).endswith(b"<|im_start|>assistant\n")


def test_noncharacters_in_a_message_become_replacement_characters(backend: TokenizersBackend) -> None:
    ids = chat(backend, MARKED).render(said(("user", "a\ufdd0b\ufdd1c\ufdd4d\ud800e")), prompt=False)
    assert "a\ufffdb\ufffdc\ufffdd\ufffde" in backend.decode_bytes(ids).decode()


def test_turn_tokens_are_found_in_the_template(backend: TokenizersBackend) -> None:
    found = chat(backend, TURNS)
    assert found.turn_id == backend.special["<|im_start|>"]
    assert found.turn_end_id == backend.special["<|im_end|>"]


def test_a_template_without_special_tokens_uses_the_end_token(backend: TokenizersBackend) -> None:
    found = chat(backend, "{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}")
    assert (found.turn_id, found.turn_end_id) == (0, 0)


def test_an_answer_is_found_although_the_text_before_it_depends_on_what_follows(
    backend: TokenizersBackend,
) -> None:
    messages = said(("user", "Who?"), ("assistant", " Anna. "), ("user", "Sure?"), ("assistant", "Yes"))
    ids, mask, unfound = masked(backend, COUNTED, messages)
    assert trained(backend, ids, mask) == " Anna. <|im_end|>Yes<|im_end|>"
    assert unfound == 0


def test_marks_find_an_answer_whatever_the_template_writes_before_it(backend: TokenizersBackend) -> None:
    messages = said(("user", "Who?"), ("assistant", "Anna."), ("user", "Sure?"))
    ids, mask, _ = masked(backend, "{{ messages | length }} turns\n" + MARKED, messages)
    assert trained(backend, ids, mask) == "Anna.<|im_end|>"


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("{{ messages | tojson }}", '[{"role": "user", "content": "ä\\""}]'),
        ("{{ messages[0] | tojson(indent=1) }}", '{\n "role": "user",\n "content": "ä\\""\n}'),
        ("{{ bos_token }}{{ eos_token }}", "<|im_start|><|im_end|>"),
        ("{% for i in [1, 2, 3] %}{% if i == 2 %}{% break %}{% endif %}{{ i }}{% endfor %}", "1"),
        ("{{ strftime_now('year') }}", "year"),
        ("{{ strftime_now('%d %b %Y') }}", "01 Jan 2026"),
        (
            "{{ messages[0] | tojson(separators=(',', ':'), sort_keys=true) }}",
            '{"content":"ä\\"","role":"user"}',
        ),
    ],
)
def test_the_helpers_of_transformers_templates_are_there(
    backend: TokenizersBackend, template: str, text: str
) -> None:
    ids = chat(backend, template).render(said(("user", 'ä"')), prompt=False)
    assert backend.decode_bytes(ids).decode() == text


@pytest.mark.parametrize("template", ["{% for %}", "{{", "{% generation %}", "{% if %}"])
def test_a_template_that_does_not_parse_is_refused(backend: TokenizersBackend, template: str) -> None:
    with pytest.raises(GlaswerkError, match="does not parse"):
        chat(backend, template)


@pytest.mark.parametrize(
    "template",
    [
        "{{ raise_exception('no tools') }}",
        "{{ 1 / 0 }}",
        "{{ messages[9].role.x }}",
        "{{ messages.append(1) }}",
        "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    ],
)
def test_a_template_that_fails_or_leaves_the_sandbox_refuses_the_dialogue(
    backend: TokenizersBackend, template: str
) -> None:
    with pytest.raises(GlaswerkError, match="refuses this dialogue"):
        chat(backend, template).render(said(("user", "x")), prompt=False)


@pytest.mark.parametrize("prompt", [False, True])
def test_a_model_without_a_template_refuses_every_dialogue(prompt: bool) -> None:
    found: ChatFormat = NoChat(3)
    assert found.turn_id == found.turn_end_id == 3
    for render in (found.render, found.encode):
        with pytest.raises(GlaswerkError, match="no chat template"):
            render(said(("user", "x")), prompt=prompt)
