"""The tracer over shards that an adopted tokenizer made: its template is no training text, its words are."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from handmade import Splits, write_corpus
from tokenizers import Tokenizer as HubTokenizer
from tokenizers import decoders, models, normalizers, pre_tokenizers, trainers

from glaswerk.core.document import Document, Message, Rights
from glaswerk.core.errors import GlaswerkError
from glaswerk.lab import Lab, Spec
from glaswerk.tokenizer import pack
from glaswerk.trace import Tracer, build

TEXTS = (
    "the old mill burned down in the dry spring of that year",
    "the new bridge over the river was opened by the mayor",
    "nobody knows who lit the fire at the old mill",
)
SPECIAL = ["<unk>", "<s>", "</s>", "<|im_start|>", "<|im_end|>"]
TEMPLATE = (
    "{% if messages[0].role != 'system' %}<|im_start|>system\nYou are a helpful little assistant<|im_end|>\n"
    "{% endif %}{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
Normalizers = list[normalizers.Normalizer]


def write_tokenizer(folder: Path, parts: Normalizers, template: str, *, joined: bool) -> None:
    """A BPE in the manner of SentencePiece, with bytes for what it does not know."""
    made = HubTokenizer(models.BPE(byte_fallback=True, unk_token="<unk>"))
    made.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()])
    values = [f"<0x{i:02X}>" for i in range(256)]
    trainer = trainers.BpeTrainer(vocab_size=600, special_tokens=[*SPECIAL, *values], show_progress=False)
    spaces = normalizers.Sequence([*parts, normalizers.Replace(" ", "▁")])
    made.normalizer = spaces if joined else None
    # Words are learnt apart, as SentencePiece does; what follows is read without that step.
    made.pre_tokenizer = None if joined else pre_tokenizers.Metaspace()
    made.train_from_iterator(TEXTS * 5, trainer=trainer)
    made.pre_tokenizer, made.normalizer = None, spaces
    data = json.loads(made.to_str())
    # The bytes are entries of the vocabulary like others; the trainer has no other way to put them there.
    data["added_tokens"] = [entry for entry in data["added_tokens"] if entry["content"] in SPECIAL]
    (folder / "tokenizer.json").write_text(json.dumps(data))
    (folder / "tokenizer_config.json").write_text(json.dumps({"eos_token": "</s>", "bos_token": "<s>"}))
    if template:
        (folder / "chat_template.jinja").write_text(template)


@pytest.fixture
def opened(empty_lab: Lab) -> Callable[..., Tracer]:
    """The open trace of a corpus written by hand, packed with such a tokenizer."""

    def open_(
        splits: Splits, parts: Normalizers | None = None, template: str = "", joined: bool = False
    ) -> Tracer:
        write_corpus(empty_lab, splits)

        def write(folder: Path) -> Mapping[str, Any]:
            write_tokenizer(folder, parts or [], template, joined=joined)
            return {}

        config = {"stage": "adopted", "parts": len(parts or []), "template": template}
        empty_lab.make(Spec("tokenizer", "main", "adopt/1", {}, config), write)
        return Tracer.open(empty_lab, build(empty_lab, pack(empty_lab)))

    return open_


def page(identifier: str, text: str) -> Document:
    return Document(identifier, "pages", text, Rights("CC0-1.0"))


def test_what_the_template_wrote_is_no_training_text(opened: Callable[..., Tracer]) -> None:
    turns = (
        Message(role="user", content="who are you now"),
        Message(role="assistant", content="I am the mill of this town"),
    )
    talk = Document("d", "chats", "", Rights("CC0-1.0"), kind="dialogue", messages=turns)
    tracer = opened({"train": [page("p", TEXTS[0])], "chat": [talk]}, template=TEMPLATE)
    assert tracer.count("You are a helpful little assistant").count == 0
    assert tracer.count("who are you now").count == 1
    spans = tracer.trace("You are a helpful little assistant. I am the mill of this town").spans
    assert [span.text for span in spans] == ["I am the mill of this town"]


def test_without_a_template_the_first_word_of_every_document_counts(opened: Callable[..., Tracer]) -> None:
    tracer = opened({"train": [page("a", "first words stand here"), page("b", "second words stand here")]})
    assert [tracer.count(f"{which} words").count for which in ("first", "second")] == [1, 1]
    assert [span.text for span in tracer.trace("second words stand here").spans] == [
        "second words stand here"
    ]


@pytest.mark.parametrize("parts", [[], [normalizers.Prepend("▁")]])
def test_a_space_that_a_tokenizer_puts_before_every_text_hides_no_word(
    opened: Callable[..., Tracer], parts: Normalizers
) -> None:
    tracer = opened({"train": [page(f"p{i}", text) for i, text in enumerate(TEXTS)]}, parts)
    assert [tracer.count(phrase).count for phrase in ("mill", "old mill", "the old mill")] == [2, 2, 2]
    (span,) = tracer.trace("He said the old mill burned down in the dry spring").spans
    assert span.text == "the old mill burned down in the dry spring"


def test_a_tokenizer_that_joins_words_is_refused(opened: Callable[..., Tracer]) -> None:
    splits = {"train": [page(f"p{i}", text) for i, text in enumerate(TEXTS)]}
    with pytest.raises(GlaswerkError, match="merges words"):
        opened(splits, joined=True)


def test_what_a_template_writes_before_the_first_turn_is_no_training_text(
    opened: Callable[..., Tracer],
) -> None:
    turns = (Message(role="user", content="who are you now"), Message(role="assistant", content="the mill"))
    talk = Document("d", "chats", "", Rights("CC0-1.0"), kind="dialogue", messages=turns)
    template = "Below is a friendly conversation\n" + TEMPLATE[TEMPLATE.index("{% for") :]
    tracer = opened({"train": [page("p", TEXTS[0])], "chat": [talk]}, template=template)
    assert tracer.count("Below is a friendly conversation").count == 0
    assert tracer.count("who are you now").count == 1


@pytest.mark.parametrize("word", ["caf\u00e9", "cafe\u0301"])
def test_composed_and_decomposed_letters_find_each_other(opened: Callable[..., Tracer], word: str) -> None:
    text = "the cafe\u0301 on the corner is open"
    tracer = opened({"train": [page("p", "Nothing to see"), page("q", text)]}, [normalizers.NFC()])
    (match,) = tracer.search(f"the {word} on the corner")
    assert match.id == "q"
    assert tracer.trace("the caf\u00e9 on the corner").spans[0].documents[0].id == "q"
