"""Tuning learns every answer, whatever a chat template does to earlier turns, or counts it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from open_models import TEMPLATE

from glaswerk.core.document import Message
from glaswerk.tokenizer.backends import TokenizersBackend
from glaswerk.tokenizer.chat_format import ChatTemplate, EncodedDialogue

# As Qwen3's: thoughts of earlier turns are dropped, the last answer has a place for them, even if empty.
THINKING = (
    "{% set ns = namespace(last=0) %}{% for m in messages %}{% if m.role == 'user' %}"
    "{% set ns.last = loop.index0 %}{% endif %}{% endfor %}{% for m in messages %}"
    "{% set content = m.content %}<|im_start|>{{ m.role }}\n{% if m.role == 'assistant' %}"
    "{% set thought = '' %}"
    "{% if '</think>' in content %}"
    "{% set thought = content.split('</think>')[0].rstrip('\n').split('<think>')[-1].lstrip('\n') %}"
    "{% set content = content.split('</think>')[-1].lstrip('\n') %}{% endif %}"
    "{% if loop.index0 > ns.last and (loop.last or thought) %}"
    "<think>\n{{ thought.strip('\n') }}\n</think>\n\n{{ content.lstrip('\n') }}"
    "{% else %}{{ content }}{% endif %}{% else %}{{ content }}{% endif %}<|im_end|>{{ '\n' }}{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
# As Llama 2's: spaces around a trimmed answer, an end token after it.
SPACED = (
    "{% for m in messages %}{% if m.role == 'user' %}<|im_start|>[INST] {{ m.content | trim }} [/INST]"
    "{% else %}{{ ' ' + m.content | trim + ' ' }}<|im_end|>{% endif %}{% endfor %}"
)
ONLY_LAST = (
    "{% for m in messages %}{% if m.role == 'user' or loop.last %}<|im_start|>{{ m.content }}<|im_end|>"
    "{% endif %}{% endfor %}{% if add_generation_prompt %}<|im_start|>{% endif %}"
)
SILENT = "{% for m in messages %}{% if m.role == 'user' %}{{ m.content }}<|im_end|>{% endif %}{% endfor %}"
TWICE = "{% for m in messages %}{{ m.content }}|{{ m.content }}<|im_end|>{% endfor %}{{ messages | length }}"
LAST_ENDS = (
    "{{ messages | length }}{% for m in messages %}<|im_start|>{{ m.content }}"
    "{% if loop.last %}<|im_end|>{% else %}\n{% endif %}{% endfor %}"
)


@pytest.fixture(scope="module")
def backend(open_folder: Path) -> TokenizersBackend:
    return TokenizersBackend(json.loads((open_folder / "tokenizer.json").read_text()))


def encoded(backend: TokenizersBackend, template: str, *contents: str) -> EncodedDialogue:
    """A dialogue of user and assistant in turns."""
    messages = [
        Message(role="assistant" if i % 2 else "user", content=content) for i, content in enumerate(contents)
    ]
    return ChatTemplate(template, backend, {}, end_id=0).encode(messages, prompt=False)


def learnt(backend: TokenizersBackend, found: EncodedDialogue) -> list[str]:
    """The stretches of text with loss."""
    parts: list[list[int]] = [[]]
    for token, own in zip(found.ids, found.mask, strict=True):
        parts = [*parts[:-1], [*parts[-1], token]] if own else [*parts, []] if parts[-1] else parts
    return [backend.decode_bytes(part).decode() for part in parts if part]


def test_every_answer_is_learnt_where_the_template_drops_the_thoughts_of_earlier_turns(
    backend: TokenizersBackend,
) -> None:
    found = encoded(backend, THINKING, "a?", "One.", "b?", "Two.", "c?", "Three.")
    last = "<think>\n\n</think>\n\nThree.<|im_end|>"
    assert learnt(backend, found) == ["One.<|im_end|>", "Two.<|im_end|>", last]
    assert found.unfound == 0


def test_thoughts_that_a_dialogue_has_are_learnt_only_where_the_template_writes_them(
    backend: TokenizersBackend,
) -> None:
    thought = "<think>\nhm\n</think>\n\n"
    found = encoded(backend, THINKING, "a?", f"{thought}One.", "b?", f"{thought}Two.")
    assert learnt(backend, found) == ["One.<|im_end|>", f"{thought}Two.<|im_end|>"]
    assert found.unfound == 0


def test_white_space_that_a_template_cuts_or_adds_does_not_hide_an_answer(backend: TokenizersBackend) -> None:
    found = encoded(backend, SPACED, "a?", "  One. \n", "b?", "Two.")
    assert [part.strip() for part in learnt(backend, found)] == ["One. <|im_end|>", "Two. <|im_end|>"]
    assert found.unfound == 0


@pytest.mark.parametrize(
    ("template", "parts", "unfound"),
    [
        (ONLY_LAST, ["Two.<|im_end|>"], 1),
        (SILENT, [], 2),
        (TWICE, [], 2),
        (LAST_ENDS, ["One.<|im_start|>", "Two.<|im_end|>"], 0),
    ],
)
def test_answers_that_are_not_in_the_text_once_are_counted(
    template: str, parts: list[str], unfound: int, backend: TokenizersBackend
) -> None:
    found = encoded(backend, template, "a?", "One.", "b?", "Two.")
    assert learnt(backend, found) == parts
    assert found.unfound == unfound


def test_a_template_that_marks_only_its_last_answer_has_the_others_counted(
    backend: TokenizersBackend,
) -> None:
    template = (
        "{% for m in messages %}{% if loop.last %}{%- generation -%}{{ m.content }}<|im_end|>"
        "{% endgeneration %}"
        "{% else %}{{ m.content }}<|im_end|>{% endif %}{% endfor %}"
    )
    found = encoded(backend, template, "a?", "One.", "b?", "Two.")
    assert learnt(backend, found) == ["Two.<|im_end|>"]
    assert found.unfound == 1


@pytest.mark.parametrize("template", [THINKING, TEMPLATE, LAST_ENDS])
@given(
    contents=st.lists(
        st.text(
            st.sampled_from("ab \n<>/🦆0123456789") | st.characters(exclude_categories=["Cs"]), max_size=12
        ),
        min_size=2,
        max_size=6,
    )
)
@settings(deadline=None, max_examples=40)
def test_whatever_is_said_no_question_is_learnt_and_every_answer_is(
    template: str, contents: list[str], backend: TokenizersBackend
) -> None:
    marked = [f"u{i}{text}u" if i % 2 == 0 else f"A{text}Z" for i, text in enumerate(contents)]
    found = encoded(backend, template, *marked)
    own = "".join(learnt(backend, found))
    assert found.unfound == 0
    assert not any(text in own and text not in "".join(marked[1::2]) for text in marked[::2])
    assert own.count("Z") >= len(marked[1::2])


def test_ids_do_not_depend_on_how_the_answers_were_found(backend: TokenizersBackend) -> None:
    template = ChatTemplate(THINKING, backend, {}, end_id=0)
    messages = [Message(role="user", content="a?"), Message(role="assistant", content="One.")] * 2
    assert template.encode(messages, prompt=True).ids == template.render(messages, prompt=True)
