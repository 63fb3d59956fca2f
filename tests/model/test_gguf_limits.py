"""An export is the same network in its reader, or it is refused by the name of what GGUF would lose."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from click.testing import CliRunner
from open_models import FAMILIES, MODEL_TYPES, write_open_model
from safetensors.torch import load_file, save_file

from glaswerk.cli.main import cli
from glaswerk.core.errors import GlaswerkError
from glaswerk.lab import Artifact, Lab
from glaswerk.model import load
from glaswerk.model.adopt import adopt
from glaswerk.model.export_gguf import export_gguf

LOCAL = {"rope_type": "default", "rope_theta": 50_000.0}
WHOLE = {"rope_type": "default", "rope_theta": 1_000_000.0}
REFUSED: list[tuple[str, dict[str, Any], str]] = [
    ("llama", {"hidden_act": "gelu"}, "the activation 'gelu'"),
    ("qwen3", {"hidden_act": "relu"}, "the activation 'relu'"),
    ("gemma3_text", {"hidden_activation": "gelu"}, "the activation 'gelu'"),
    ("qwen3", {"attention_bias": True}, "biases of attention"),
    ("gemma3_text", {"attention_bias": True}, "biases of attention"),
    ("mistral", {"sliding_window": 8}, "a sliding window of 8 tokens"),
    (
        "qwen2",
        {"use_sliding_window": True, "sliding_window": 8, "max_window_layers": 1},
        "a sliding window of 8 tokens",
    ),
    (
        "qwen3",
        {"use_sliding_window": True, "sliding_window": 8, "max_window_layers": 0},
        "a sliding window of 8 tokens",
    ),
    (
        "gemma3_text",
        {"rope_parameters": {"full_attention": WHOLE, "sliding_attention": LOCAL}},
        "the base 50,000.0 of RoPE in local layers",
    ),
    ("gemma3_text", {"layer_types": ["full_attention"] * 6}, "layer types other than"),
    ("gemma3_text", {"final_logit_softcapping": 30.0}, "final_logit_softcapping 30.0"),
    ("gemma3_text", {"attn_logit_softcapping": 50.0}, "attn_logit_softcapping 50.0"),
    ("gemma3_text", {"query_pre_attn_scalar": 77}, "query_pre_attn_scalar 77"),
    (
        "llama",
        {"rope_parameters": {"rope_type": "dynamic", "rope_theta": 1e4, "factor": 2.0}},
        "RoPE scaling of type 'dynamic'",
    ),
    (
        "qwen3",
        {
            "rope_parameters": {
                "rope_type": "yarn",
                "rope_theta": 1e4,
                "factor": 2.0,
                "original_max_position_embeddings": 128,
            }
        },
        "RoPE scaling of type 'yarn'",
    ),
    (
        "llama",
        {
            "rope_parameters": {
                "rope_type": "llama3",
                "rope_theta": 1e4,
                "factor": 5.0,
                "low_freq_factor": 1.0,
                "high_freq_factor": 4.0,
                "original_max_position_embeddings": 64,
            }
        },
        "RoPE factors of Llama 3.1 or 3.2",
    ),
]
EXPRESSED: list[tuple[str, dict[str, Any]]] = [
    ("llama", {"attention_bias": True}),
    ("llama", {"mlp_bias": True}),
    ("llama", {"attention_bias": True, "mlp_bias": True, "tie_word_embeddings": False}),
    ("llama", {"rope_parameters": {"rope_type": "default", "rope_theta": 5e7}}),
    ("qwen2", {"tie_word_embeddings": False}),
    ("mistral", {}),
    ("mistral", {"sliding_window": 4096}),
    ("gemma3_text", {"tie_word_embeddings": False}),
    (
        "gemma3_text",
        {
            "rope_parameters": {
                "full_attention": {"rope_type": "linear", "rope_theta": 1e6, "factor": 8.0},
                "sliding_attention": {"rope_type": "default", "rope_theta": 10_000.0},
            }
        },
    ),
]


def few(cases: list[Any]) -> list[Any]:
    """The first three as they are; the others are slow."""
    return [*cases[:3], *(pytest.param(*case, marks=pytest.mark.slow) for case in cases[3:])]


@pytest.fixture
def adopted(empty_lab: Lab, tmp_path: Path) -> Callable[..., Artifact]:
    """`adopted(family, **config)`: a small model of that family."""

    def made(family: str, **config: Any) -> Artifact:
        return adopt(empty_lab, write_open_model(tmp_path / "hub", family, **config)).model

    return made


@pytest.mark.parametrize(("family", "config", "words"), few(REFUSED))
def test_what_gguf_would_lose_is_refused_by_name_and_no_file_is_left(
    family: str,
    config: dict[str, Any],
    words: str,
    adopted: Callable[..., Artifact],
    empty_lab: Lab,
    tmp_path: Path,
) -> None:
    model = adopted(family, **config)
    (tmp_path / "out").mkdir()
    with pytest.raises(GlaswerkError) as error:
        export_gguf(empty_lab, model, tmp_path / "out" / "m.gguf")
    assert words in str(error.value)
    assert "Hugging Face folder" in str(error.value.hint)
    assert not list((tmp_path / "out").iterdir())


@pytest.mark.parametrize(("family", "config"), few(EXPRESSED))
def test_what_gguf_expresses_is_the_same_network_when_it_is_adopted_again(
    family: str, config: dict[str, Any], adopted: Callable[..., Artifact], empty_lab: Lab, tmp_path: Path
) -> None:
    first = adopted(family, **config)
    assert export_gguf(empty_lab, first, tmp_path / "m.gguf", kind="f32") < 1e-3
    again = adopt(empty_lab, tmp_path / "m.gguf", name="again").model
    ids = torch.arange(60)[None] * 7 % 600
    with torch.inference_mode():
        before, after = (load(model.path)(input_ids=ids).logits for model in (first, again))
    assert (before - after).abs().max() < 1e-3


@pytest.mark.parametrize("family", [name for name in FAMILIES if name not in {*MODEL_TYPES, "mistral"}])
def test_every_other_family_is_refused_with_those_that_are_written(
    family: str, empty_lab: Lab, tmp_path: Path
) -> None:
    from transformers import AutoConfig

    from glaswerk.model.gguf_limits import check_expressible

    with pytest.raises(GlaswerkError, match=rf"llama, mistral, qwen2.* found '{family}'"):
        check_expressible(AutoConfig.for_model(family), "here")


def test_a_tied_flag_with_a_head_of_its_own_is_written_with_that_head(empty_lab: Lab, tmp_path: Path) -> None:
    folder = write_open_model(tmp_path / "hub", "gemma3_text")
    weights = load_file(folder / "model.safetensors")
    weights["lm_head.weight"] = weights["model.embed_tokens.weight"].flip(0).clone()
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    first = adopt(empty_lab, folder).model
    export_gguf(empty_lab, first, tmp_path / "m.gguf", kind="f32")
    again = load(adopt(empty_lab, tmp_path / "m.gguf", name="again").model.path)
    assert torch.equal(again.get_output_embeddings().weight, weights["lm_head.weight"])


@pytest.mark.parametrize("kind", ["f16", "q8_0"])
def test_rounding_alone_passes_the_check(
    kind: str, adopted: Callable[..., Artifact], empty_lab: Lab, tmp_path: Path
) -> None:
    assert export_gguf(empty_lab, adopted("qwen3"), tmp_path / "m.gguf", kind=kind) < 1e-3


def test_a_file_that_reads_as_another_network_is_not_kept(
    adopted: Callable[..., Artifact], empty_lab: Lab, tmp_path: Path
) -> None:
    from glaswerk.model.gguf_check import check_written
    from glaswerk.model.hub_folder import HubFolder

    model = adopted("llama")
    export_gguf(empty_lab, model, tmp_path / "m.gguf", kind="f32")
    network = HubFolder(model.path)
    with pytest.raises(GlaswerkError, match="log-probabilities differ by up to"):
        check_written(tmp_path / "m.gguf", network, lambda name: network.tensor(name).flip(0))
    config = json.loads((model.path / "config.json").read_text())
    config["rope_parameters"]["rope_theta"] = 77.0
    (model.path / "config.json").write_text(json.dumps(config))
    with pytest.raises(GlaswerkError, match=r"rope_parameters .* became"):
        check_written(tmp_path / "m.gguf", HubFolder(model.path), network.tensor)


def test_the_command_says_what_was_checked(
    adopted: Callable[..., Artifact], empty_lab: Lab, tmp_path: Path
) -> None:
    adopted("llama")
    arguments = ["export", "hub", "--gguf", "--to", str(tmp_path / "m.gguf"), "--lab", str(empty_lab.root)]
    result = CliRunner().invoke(cli, arguments, catch_exceptions=False)
    assert "read again, its log-probabilities differ by at most" in result.stderr
