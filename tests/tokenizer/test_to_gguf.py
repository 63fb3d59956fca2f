"""A tokenizer as GGUF metadata: every id has a name and a type, and the split rule is recognised."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from glaswerk.core.errors import GlaswerkError
from glaswerk.tokenizer import Tokenizer
from glaswerk.tokenizer.to_gguf import tokenizer_to_gguf

NORMAL, CONTROL, USER_DEFINED, UNUSED = 1, 3, 4, 5


@pytest.fixture
def changed(own_folder: Path, tmp_path: Path) -> Callable[..., Path]:
    """`changed(**parts)`: our tokenizer in a folder, with parts of its `tokenizer.json` replaced."""

    def change(**parts: Any) -> Path:
        data = json.loads((own_folder / "tokenizer.json").read_text())
        (tmp_path / "tokenizer.json").write_text(json.dumps(data | parts))
        config = (own_folder / "tokenizer_config.json").read_text()
        (tmp_path / "tokenizer_config.json").write_text(config)
        return tmp_path

    return change


def test_our_tokenizer_has_qwen2s_split_rule_and_every_id_once(own_folder: Path, own: Tokenizer) -> None:
    found = tokenizer_to_gguf(own_folder, own.vocab_size)
    assert found.pre == "qwen2"
    assert len(found.tokens) == len(found.kinds) == own.vocab_size
    assert len(set(found.tokens)) == own.vocab_size
    assert {found.kinds[i] for i in own.special_ids} == {CONTROL}
    assert found.kinds.count(CONTROL) == len(own.special_ids)
    assert not found.opens


def test_rows_without_a_token_are_named_padding_and_unused(own_folder: Path, own: Tokenizer) -> None:
    found = tokenizer_to_gguf(own_folder, own.vocab_size + 2)
    assert found.tokens[-2:] == [f"[PAD{own.vocab_size}]", f"[PAD{own.vocab_size + 1}]"]
    assert found.kinds[-2:] == [UNUSED, UNUSED]
    assert UNUSED not in found.kinds[:-2]


def test_the_ends_are_those_of_the_tokenizer_and_the_template_comes_along(open_folder: Path) -> None:
    own = Tokenizer.load(open_folder)
    found = tokenizer_to_gguf(open_folder, own.vocab_size)
    assert found.pre == "smollm"
    assert (found.end_id, found.turn_end_id) == (own.end_id, own.turn_end_id)
    assert found.template == ""


def test_an_added_token_that_is_not_special_is_user_defined(
    own: Tokenizer, changed: Callable[..., Path], own_folder: Path
) -> None:
    added = json.loads((own_folder / "tokenizer.json").read_text())["added_tokens"]
    added[-1]["special"] = False
    found = tokenizer_to_gguf(changed(added_tokens=added), own.vocab_size)
    assert found.kinds[added[-1]["id"]] == USER_DEFINED
    assert found.kinds[0] == NORMAL


def test_how_a_rule_trims_offsets_does_not_change_its_name(
    changed: Callable[..., Path], own_folder: Path, own: Tokenizer
) -> None:
    rule = json.loads((own_folder / "tokenizer.json").read_text())["pre_tokenizer"]
    for step in rule["pretokenizers"]:
        if "trim_offsets" in step:
            step["trim_offsets"] = not step["trim_offsets"]
    assert tokenizer_to_gguf(changed(pre_tokenizer=rule), own.vocab_size).pre == "qwen2"


@pytest.mark.parametrize(
    "parts",
    [
        {"pre_tokenizer": {"type": "Whitespace"}},
        {"pre_tokenizer": None},
        {"normalizer": {"type": "NFD"}},
        {"normalizer": {"type": "Lowercase"}},
    ],
)
def test_a_rule_without_a_name_is_refused(parts: dict[str, Any], changed: Callable[..., Path]) -> None:
    with pytest.raises(GlaswerkError, match="no name for this tokenizer's split rule") as error:
        tokenizer_to_gguf(changed(**parts), 600)
    assert "Hugging Face folder" in str(error.value.hint)


def test_qwens_own_normaliser_counts_as_qwen2(changed: Callable[..., Path], own: Tokenizer) -> None:
    assert tokenizer_to_gguf(changed(normalizer={"type": "NFC"}), own.vocab_size).pre == "qwen2"
