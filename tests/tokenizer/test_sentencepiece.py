"""SentencePiece's `tokenizer.model` gives the ids that the library gives; damaged ones are refused."""

from __future__ import annotations

import json
from typing import Any

import pytest
from mixed_texts import mixed_texts
from sentencepiece_models import trained

from glaswerk.core.errors import GlaswerkError
from glaswerk.tokenizer.backends import MAX_TEXT, TokenizersBackend
from glaswerk.tokenizer.sentencepiece_file import tokenizer_from_sentencepiece

sentencepiece = pytest.importorskip("sentencepiece", reason="pip install -e '.[parity]'")

SYMBOLS = ["\u2581\u2581", "\u2581\u2581\u2581", "\n", "\n\n", "<table>", "[x]"]
KINDS: dict[str, dict[str, Any]] = {
    "llama": {},
    "gemma": {"add_dummy_prefix": False, "user_defined_symbols": SYMBOLS, "split_digits": True},
    "composed": {"normalization_rule_name": "nmt_nfkc", "remove_extra_whitespaces": True},
    "no bytes": {"byte_fallback": False},
}
ODD = [
    "",
    " ",
    "  a",
    " lead",
    "trail  ",
    " " * 50,
    "\n" * 9,
    "\x00\x01\x7f",
    "<s></s><unk>",
    "<0x41>",
    "a<table>b [x]",
    "\r\n\t\t",
    "\u00a0\u3000\u200b",
    "ﬁ Ⅷ ｱ",
    "한국어 문장",
    "a" * 300,
]


def backend(model: bytes, config: dict[str, Any] | None = None) -> TokenizersBackend:
    return TokenizersBackend(json.loads(tokenizer_from_sentencepiece(model, config or {}, "m")[0]))


@pytest.mark.parametrize("kind", KINDS)
def test_ids_are_those_of_the_library_for_every_text(kind: str) -> None:
    model = trained(**KINDS[kind])
    library = sentencepiece.SentencePieceProcessor(model_proto=model)
    found = backend(model)
    texts = [*mixed_texts(), *ODD]
    assert len(texts) > 200
    assert [found.encode(text) for text in texts] == [library.encode(text) for text in texts]
    assert found.vocab_size == library.get_piece_size()
    assert found.prefixes == (kind != "gemma")


@pytest.mark.parametrize("kind", ["llama", "gemma"])
def test_texts_come_back_byte_for_byte_after_the_space_before_them(kind: str) -> None:
    found = backend(trained(**KINDS[kind]))
    before = b" " if kind == "llama" else b""
    for text in filter(None, [*mixed_texts(), *ODD]):
        assert found.decode_bytes(found.encode(text)) == before + text.encode()


def test_a_long_text_gets_no_space_where_its_parts_meet() -> None:
    found = backend(trained())
    text = "goose fair" * (MAX_TEXT // 5)
    assert found.decode_bytes(found.encode(text)) == b" " + text.encode()
    assert found.encode_many([text, "a"], threads=1) == [found.encode(text), found.encode("a")]


def test_the_config_decides_about_the_start_token_and_the_space() -> None:
    model = trained()
    assert backend(model).opening == [1]
    assert backend(model, {"add_bos_token": False}).opening == []
    assert not backend(model, {"add_prefix_space": False}).prefixes


def test_the_model_names_its_special_tokens() -> None:
    named = tokenizer_from_sentencepiece(trained(), {}, "m")[1]
    assert named == {"unk_token": "<unk>", "bos_token": "<s>", "eos_token": "</s>"}


@pytest.mark.parametrize(
    ("settings", "config", "found"),
    [
        ({"model_type": "unigram"}, {}, "a unigram model"),
        ({"model_type": "char"}, {}, "a character model"),
        ({"treat_whitespace_as_suffix": True}, {}, "spaces after words"),
        ({}, {"tokenizer_class": "XGLMTokenizerFast"}, "'XGLMTokenizer'"),
    ],
)
def test_other_kinds_are_refused_with_the_command_that_converts_them(
    settings: dict[str, Any], config: dict[str, Any], found: str
) -> None:
    model = trained(**settings)
    with pytest.raises(GlaswerkError, match=found) as caught:
        tokenizer_from_sentencepiece(model, config, "m")
    assert "pip install sentencepiece protobuf" in str(caught.value.hint)


def test_a_file_cut_anywhere_or_with_flipped_bytes_never_fails_in_another_way() -> None:
    model = trained()
    damaged = [model[:size] for size in range(0, len(model), 397)]
    damaged += [model[:at] + bytes([model[at] ^ 255]) + model[at + 1 :] for at in range(0, len(model), 397)]
    refused = 0
    for content in damaged:
        try:
            tokenizer_from_sentencepiece(content, {}, "m")
        except GlaswerkError:
            refused += 1
    assert refused > len(damaged) // 4


@pytest.mark.parametrize(
    "content", [b"", b"IQ== 0\nIg== 1\n", b"\x0a" + b"\xff" * 9 + b"\x01", b"\xff" * 40, bytes(9)]
)
def test_what_is_no_sentencepiece_model_is_refused(content: bytes) -> None:
    with pytest.raises(GlaswerkError, match="SentencePiece"):
        tokenizer_from_sentencepiece(content, {}, "m")
