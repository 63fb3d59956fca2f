"""GGUF metadata as a tokenizer: the round trip keeps every id; damaged tables are refused by name."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from mixed_texts import mixed_texts

from glaswerk.core.document import Message
from glaswerk.core.errors import GlaswerkError
from glaswerk.tokenizer import Tokenizer
from glaswerk.tokenizer.from_gguf import PRE_TOKENIZERS, TokenizerFiles, tokenizer_from_gguf
from glaswerk.tokenizer.to_gguf import GgufTokenizer, tokenizer_to_gguf

TINY: dict[str, Any] = {
    "tokenizer.ggml.model": "gpt2",
    "tokenizer.ggml.pre": "gpt-2",
    "tokenizer.ggml.tokens": ["a", "b", "ab", "<s>", "</s>", "<x>"],
    "tokenizer.ggml.merges": ["a b"],
    "tokenizer.ggml.token_type": [1, 1, 1, 3, 3, 4],
    "tokenizer.ggml.bos_token_id": 3,
    "tokenizer.ggml.eos_token_id": 4,
}


def metadata(found: GgufTokenizer) -> dict[str, Any]:
    keys = {
        "model": "gpt2",
        "pre": found.pre,
        "tokens": found.tokens,
        "merges": found.merges,
        "token_type": found.kinds,
        "bos_token_id": found.start_id,
        "eos_token_id": found.turn_end_id,
        "padding_token_id": found.end_id,
        "add_bos_token": found.opens,
    }
    named = {f"tokenizer.ggml.{key}": value for key, value in keys.items()}
    return named | {"tokenizer.chat_template": found.template}


def written(files: TokenizerFiles, folder: Path) -> Tokenizer:
    (folder / "tokenizer.json").write_text(files.tokenizer, encoding="utf-8")
    (folder / "tokenizer_config.json").write_text(json.dumps(dict(files.config)))
    if files.template:
        (folder / "chat_template.jinja").write_text(files.template)
    return Tokenizer.load(folder)


def test_our_tokenizer_comes_back_with_the_same_ids(own_folder: Path, own: Tokenizer, tmp_path: Path) -> None:
    found = tokenizer_to_gguf(own_folder, own.vocab_size)
    again = written(tokenizer_from_gguf(metadata(found), "m.gguf"), tmp_path)
    for text in mixed_texts():
        assert again.encode(text) == own.encode(text)
    messages = [Message(role="user", content="Who?"), Message(role="assistant", content="Anna.")]
    assert again.encode_dialogue(messages, prompt=False) == own.encode_dialogue(messages, prompt=False)


def test_another_split_rule_comes_back_with_the_same_ids(open_folder: Path, tmp_path: Path) -> None:
    other = Tokenizer.load(open_folder)
    found = tokenizer_to_gguf(open_folder, other.vocab_size)
    again = written(tokenizer_from_gguf(metadata(found), "m.gguf"), tmp_path)
    for text in mixed_texts():
        assert again.encode(text) == other.encode(text)
    assert again.special_ids == other.special_ids


def test_token_types_decide_which_tokens_are_added_and_special() -> None:
    data = json.loads(tokenizer_from_gguf(TINY, "m.gguf").tokenizer)
    added = {entry["content"]: entry["special"] for entry in data["added_tokens"]}
    assert added == {"<s>": True, "</s>": True, "<x>": False}


@pytest.mark.parametrize(
    ("pre", "said", "opens"),
    [
        ("gpt-2", None, False),
        ("gpt-2", True, True),
        ("llama-bpe", None, True),
        ("llama-bpe", False, False),
    ],
)
def test_a_start_token_opens_texts_if_the_file_or_the_family_says_so(
    pre: str, said: bool | None, opens: bool, tmp_path: Path
) -> None:
    changed = TINY | {"tokenizer.ggml.pre": pre}
    if said is not None:
        changed["tokenizer.ggml.add_bos_token"] = said
    found = written(tokenizer_from_gguf(changed, "m.gguf"), tmp_path)
    assert found.start_id == (3 if opens else found.end_id)
    assert found.encode("ab") == [2]


@pytest.mark.parametrize("identifier", [-1, 6, 1 << 40, "3", None, 2.0])
def test_a_named_token_outside_the_vocabulary_is_left_out(identifier: Any) -> None:
    files = tokenizer_from_gguf(TINY | {"tokenizer.ggml.bos_token_id": identifier}, "m.gguf")
    assert "bos_token" not in files.config
    assert files.config["eos_token"] == "</s>"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"tokenizer.ggml.model": "t5"}, "found 't5'"),
        ({"tokenizer.ggml.model": "llama"}, "6 tokens, 0 scores"),
        ({"tokenizer.ggml.model": "llama", "tokenizer.ggml.scores": ["a"] * 6}, "no number"),
        ({"tokenizer.ggml.model": None}, "found None"),
        ({"tokenizer.ggml.pre": "viking"}, "'viking'"),
        ({"tokenizer.ggml.tokens": None}, "lacks tokenizer.ggml.tokens"),
        ({"tokenizer.ggml.tokens": []}, "lacks tokenizer.ggml.tokens"),
        ({"tokenizer.ggml.tokens": [1, 2]}, "lacks tokenizer.ggml.tokens"),
        ({"tokenizer.ggml.merges": "a b"}, "lacks tokenizer.ggml.merges"),
        ({"tokenizer.ggml.merges": ["ab"]}, "a merge that is not a pair"),
        ({"tokenizer.ggml.merges": ["a b c"]}, "a merge that is not a pair"),
        ({"tokenizer.ggml.tokens": ["a"] * 6}, "duplicate token"),
        ({"tokenizer.ggml.token_type": [1, 1]}, "6 token types"),
        ({"tokenizer.ggml.token_type": None}, "6 token types"),
    ],
)
def test_a_tokenizer_that_cannot_be_read_is_refused_with_what_is_wrong(
    change: dict[str, Any], words: str
) -> None:
    with pytest.raises(GlaswerkError, match=words) as error:
        tokenizer_from_gguf(TINY | change, "m.gguf")
    assert "m.gguf" in str(error.value)


def test_a_template_that_is_not_text_is_ignored() -> None:
    assert tokenizer_from_gguf(TINY | {"tokenizer.chat_template": 7}, "m.gguf").template == ""
    assert tokenizer_from_gguf(TINY | {"tokenizer.chat_template": "{{ 1 }}"}, "m.gguf").template == "{{ 1 }}"


def test_every_name_of_a_split_rule_is_followed_by_a_byte_level_step() -> None:
    assert all(steps[-1]["type"] == "ByteLevel" for steps in PRE_TOKENIZERS.values())
