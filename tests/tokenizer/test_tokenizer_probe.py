"""A stranger's tokenizer cannot keep us busy: patterns and replacements are tried before they are adopted."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from glaswerk.core.errors import GlaswerkError
from glaswerk.tokenizer.backends import TokenizersBackend
from glaswerk.tokenizer.from_gguf import PRE_TOKENIZERS
from glaswerk.tokenizer.tokenizer_probe import fault_of


def changed(folder: Path, **parts: Any) -> dict[str, Any]:
    data: dict[str, Any] = json.loads((folder / "tokenizer.json").read_text())
    return data | parts


def split(pattern: str) -> dict[str, Any]:
    return {"type": "Split", "pattern": {"Regex": pattern}, "behavior": "Isolated", "invert": False}


def replacing(*pairs: tuple[str, str]) -> dict[str, Any]:
    steps = [{"type": "Replace", "pattern": {"String": a}, "content": b} for a, b in pairs]
    return {"type": "Sequence", "normalizers": steps}


@pytest.mark.parametrize("pattern", [pytest.param("(x+)+$|.", marks=pytest.mark.slow), "(?:q|qq)+$|."])
def test_a_pattern_that_backtracks_exponentially_is_found(pattern: str, open_folder: Path) -> None:
    fault = fault_of(json.dumps(changed(open_folder, pre_tokenizer=split(pattern))).encode())
    assert "retry-limit" in fault or "time" in fault


@pytest.mark.parametrize(
    "normalizer",
    [
        pytest.param(replacing(*[("a", "aa")] * 40), marks=pytest.mark.slow),
        replacing(("k", "0" * 5000)),
        replacing((" ", "  " * 999)),
    ],
)
def test_replacements_that_multiply_a_text_are_found(normalizer: dict[str, Any], open_folder: Path) -> None:
    fault = fault_of(json.dumps(changed(open_folder, normalizer=normalizer)).encode())
    assert "tokens of" in fault or "memory" in fault


@pytest.mark.parametrize("name", sorted(PRE_TOKENIZERS))
def test_the_split_rules_of_the_families_pass(name: str, open_folder: Path) -> None:
    rule = {"type": "Sequence", "pretokenizers": PRE_TOKENIZERS[name]}
    assert fault_of(json.dumps(changed(open_folder, pre_tokenizer=rule)).encode()) == ""


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff"])
def test_a_file_that_is_no_tokenizer_is_left_to_the_loader(content: bytes) -> None:
    assert fault_of(content) == ""


@pytest.mark.filterwarnings("ignore")
def test_a_rule_that_gives_up_on_a_text_is_our_error(open_folder: Path) -> None:
    backend = TokenizersBackend(changed(open_folder, pre_tokenizer=split("(z|zz)+$|.")))
    with pytest.raises(GlaswerkError, match=r"gave up on a text: .*retry-limit"):
        backend.encode("z" * 40 + "!")
