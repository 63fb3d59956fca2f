"""llama.cpp reads every network that we write as GGUF as the same network."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from open_models import MODEL_TYPES, write_open_model

from glaswerk.lab import Lab
from glaswerk.model import load
from glaswerk.model.adopt import adopt
from glaswerk.model.export_gguf import export_gguf
from glaswerk.tokenizer import Tokenizer

pytestmark = pytest.mark.slow
pytest.importorskip("xllamacpp", reason="pip install -e '.[parity]'")

# Of a natural logarithm: llama.cpp computes in fp32, as the file is, in another order.
EXACT = 2e-3
GEMMA = {
    "full_attention": {"rope_type": "linear", "rope_theta": 1e6, "factor": 8.0},
    "sliding_attention": {"rope_type": "default", "rope_theta": 10_000.0},
}
CASES: list[tuple[str, dict[str, Any]]] = [
    *((family, {}) for family in (*MODEL_TYPES, "mistral")),
    ("llama", {"attention_bias": True}),
    ("llama", {"mlp_bias": True}),
    ("llama", {"attention_bias": True, "mlp_bias": True, "tie_word_embeddings": False}),
    ("llama", {"rope_parameters": {"rope_type": "default", "rope_theta": 5e7}}),
    ("qwen2", {"tie_word_embeddings": False}),
    ("gemma3_text", {"tie_word_embeddings": False}),
    ("gemma3_text", {"rope_parameters": GEMMA}),
]


@pytest.mark.parametrize(("family", "config"), CASES)
def test_log_probabilities_agree(family: str, config: dict[str, Any], empty_lab: Lab, tmp_path: Path) -> None:
    from llama_cpp import LlamaCpp

    # llama.cpp's vocabulary check wants a token for every row.
    model = adopt(empty_lab, write_open_model(tmp_path / "hub", family, **config)).model
    export_gguf(empty_lab, model, tmp_path / "m.gguf", kind="f32")
    network, other = load(model.path), LlamaCpp(tmp_path / "m.gguf")
    ids = [int(i) for i in torch.arange(70) * 7 % 600]
    with torch.inference_mode():
        ours = network(input_ids=torch.tensor([ids])).logits[0].float().log_softmax(-1)
    # Where the likeliest token ends the text or is part of a character, llama.cpp gives no probabilities.
    words = Tokenizer.load(model.path)
    likeliest = [words.decode_bytes([token]) if token > 2 else b"" for token in ours.argmax(-1).tolist()]
    ends = [end for end, piece in enumerate(likeliest, 1) if piece and piece.isascii()]
    assert len(ends) > 3
    for end in (*ends[:2], *ends[-2:]):
        found = other.after(ids[:end], 100)
        worst = max(abs(value - float(ours[end - 1, token])) for token, value in found.items())
        assert worst < EXACT, (end, worst)
