"""Packing counts dialogues and answers that a chat template leaves out, and stops if it leaves out all."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from handmade import write_corpus
from open_models import write_tokenizer

from glaswerk.cli.main import cli
from glaswerk.core.document import Document, Message, Rights
from glaswerk.core.errors import GlaswerkError
from glaswerk.lab import Artifact, Lab, Spec
from glaswerk.lineage.stages import ADOPTED
from glaswerk.tokenizer import Shards, Tokenizer, pack

CC0 = Rights("CC0-1.0", acquired="own")
STRICT = (
    "{% for m in messages %}{% if (m.role == 'user') != (loop.index0 % 2 == 0) %}"
    "{{ raise_exception('roles must alternate') }}{% endif %}<|im_start|>{{ m.content }}<|im_end|>"
    "{% endfor %}"
)
ONLY_LAST = (
    "{% for m in messages %}{% if loop.last or m.role == 'user' %}{{ m.content }}{% endif %}{% endfor %}"
)
SILENT = "{% for m in messages if m.role == 'user' %}{{ m.content }}<|im_end|>{% endfor %}"
ENDED = "{% for m in messages %}{{ m.role }}{% endfor %}{{ 'a' * 10**11 }}"


def dialogue(identifier: str, roles: str) -> Document:
    names = {"u": "user", "a": "assistant"}
    messages = tuple(Message(role=names[role], content=f"{role}{i}") for i, role in enumerate(roles))
    return Document(identifier, "chats", "", CC0, kind="dialogue", messages=messages)


@pytest.fixture
def packed(empty_lab: Lab) -> Callable[..., Artifact]:
    """`packed(template, *roles)`: a corpus of a page and these dialogues, packed by an adopted tokenizer."""

    def made(template: str, *dialogues: str) -> Artifact:
        def write(folder: Path) -> Mapping[str, Any]:
            write_tokenizer(folder)
            (folder / "chat_template.jinja").write_text(template)
            return {}

        chats = [dialogue(f"d{i}", roles) for i, roles in enumerate(dialogues)]
        write_corpus(empty_lab, {"train": [Document("p", "pages", "A page.", CC0)], "chat": chats})
        empty_lab.make(Spec("tokenizer", "open", "test/1", {}, {"stage": ADOPTED, "t": template}), write)
        return pack(empty_lab, tokenizer="open")

    return made


def test_a_dialogue_that_the_template_refuses_is_counted_and_the_others_are_packed(
    packed: Callable[..., Artifact],
) -> None:
    made = packed(STRICT, "ua", "au", "uau", "uaa")
    assert made.stats["splits"]["chat"]["documents"] == 2
    assert made.stats["splits"]["chat"]["template_refuses"] == 2
    assert Shards.open(made.path).spans("chat")[0] == ["d0", "d2"]


def test_answers_that_the_template_hides_are_counted_in_figures_and_on_the_screen(
    packed: Callable[..., Artifact], empty_lab: Lab
) -> None:
    made = packed(ONLY_LAST, "uaua", "ua")
    assert made.stats["splits"]["chat"]["answer_not_found"] == 1
    arguments = ["pack", "--tokenizer", "open", "--lab", str(empty_lab.root)]
    result = CliRunner().invoke(cli, arguments, catch_exceptions=False)
    assert "chat: 1 × answer_not_found; glaswerk explain answer_not_found" in result.stderr
    explained = CliRunner().invoke(cli, ["explain", "answer_not_found"], catch_exceptions=False)
    assert "generation" in explained.stdout


def test_nothing_is_counted_where_nothing_was_left_out(packed: Callable[..., Artifact]) -> None:
    made = packed(STRICT, "ua", "uaua")
    assert made.stats["splits"]["chat"].keys() == {"documents", "tokens"}
    shards, words = Shards.open(made.path), Tokenizer.load(made.path.parent.parent / "tokenizers" / "open")
    learnt = words.decode(shards.tokens("chat")[shards.mask("chat") == 1].tolist())
    # The template has no opening for an answer, so the model has to write it.
    assert learnt == "<|im_start|>a1<|im_end|><|im_start|>a1<|im_end|><|im_start|>a3<|im_end|>"


@pytest.mark.parametrize(
    ("template", "words"),
    [(STRICT, "roles must alternate"), (SILENT, "shows none of 2 answers"), (ENDED, "MemoryError")],
)
def test_a_template_that_leaves_nothing_to_learn_stops_with_its_reason(
    template: str, words: str, packed: Callable[..., Artifact], empty_lab: Lab
) -> None:
    with pytest.raises(GlaswerkError, match=words):
        packed(template, *(["au", "aa"] if template == STRICT else ["uaua"]))
    assert empty_lab.find("shards", "main.open") is None
