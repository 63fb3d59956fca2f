"""What a server knows of a picture model before it loads it."""

from __future__ import annotations

from pathlib import Path

import pytest
from small_painters import small_painter

from glaswerk.core.errors import GlaswerkError
from glaswerk.model.images.facts import facts_of
from glaswerk.model.images.folder import save


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    (tmp_path / "model").mkdir()
    save(small_painter(tmp_path / "tokenizer", side=48), tmp_path / "model")
    return tmp_path / "model"


def test_side_patch_and_tokens_are_known_without_the_weights(saved: Path) -> None:
    for weights in saved.rglob("*.safetensors"):
        weights.unlink()
    facts = facts_of(saved)
    assert (facts.side, facts.patch) == (48, 8)
    assert facts.words("") == 1
    assert 1 < facts.words("a red house") < facts.words("a red house on the left at night")
    assert facts.words("a" * 10**6) == facts.prompts.length


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("model_index.json", "{}"),
        ("model_index.json", "[]"),
        ("model_index.json", '{"prompt_max_tokens": "many", "default_sample_size": 1}'),
        ("transformer/config.json", "{"),
        ("tokenizer/tokenizer_config.json", "{}"),
    ],
)
def test_a_damaged_folder_is_refused(saved: Path, name: str, content: str) -> None:
    (saved / name).write_text(content)
    with pytest.raises(GlaswerkError, match="expected a picture model"):
        facts_of(saved)
