"""GGUF: what is written is read back exactly, and no file makes the reader hang, crash or believe it."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

import gguf
import numpy as np
import pytest
import torch
from click.testing import CliRunner
from open_models import MODEL_TYPES, write_open_model

from glaswerk.cli.main import cli
from glaswerk.core.errors import GlaswerkError
from glaswerk.lab import Artifact, Lab
from glaswerk.model import load
from glaswerk.model.adopt import adopt
from glaswerk.model.export_gguf import export_gguf
from glaswerk.model.gguf_file import GgufFile
from glaswerk.model.gguf_model import GgufModel, llama3_factors, rotated, unrotated
from glaswerk.tokenizer import Tokenizer


@pytest.fixture
def written(empty_lab: Lab, tmp_path: Path) -> Path:
    """A small Llama as an f32 GGUF file."""
    model = adopt(empty_lab, write_open_model(tmp_path / "hub")).model
    export_gguf(empty_lab, model, tmp_path / "m.gguf", kind="f32")
    return tmp_path / "m.gguf"


@pytest.mark.parametrize("family", MODEL_TYPES)
def test_a_model_of_each_family_comes_back_unchanged(family: str, empty_lab: Lab, tmp_path: Path) -> None:
    first = adopt(empty_lab, write_open_model(tmp_path / "hub", family)).model
    export_gguf(empty_lab, first, tmp_path / "m.gguf", kind="f32")
    again = adopt(empty_lab, tmp_path / "m.gguf", name="again").model
    ids = torch.arange(60)[None] * 7 % 600
    with torch.inference_mode():
        before, after = (load(model.path)(input_ids=ids).logits for model in (first, again))
    assert (before - after).abs().max() < (1e-4 if family == "gemma3_text" else 1e-6)
    assert again.config["licence"] == "Apache-2.0"


@pytest.mark.parametrize("kind", ["f16", "q8_0"])
def test_shorter_numbers_stay_near(kind: str, empty_lab: Lab, tmp_path: Path) -> None:
    first = adopt(empty_lab, write_open_model(tmp_path / "hub")).model
    export_gguf(empty_lab, first, tmp_path / "m.gguf", kind=kind)
    again = load(adopt(empty_lab, tmp_path / "m.gguf", name="again").model.path).state_dict()
    for name, value in load(first.path).state_dict().items():
        step = value.abs().max() / (127 if kind == "q8_0" else 1024)
        assert (again[name] - value).abs().max() <= (0 if value.ndim < 2 else step), name


def test_llama3s_positions_survive(empty_lab: Lab, tmp_path: Path) -> None:
    rope = {
        "rope_type": "llama3",
        "rope_theta": 500_000.0,
        "factor": 32.0,
        "low_freq_factor": 1.0,
        "high_freq_factor": 4.0,
        "original_max_position_embeddings": 8192,
    }
    first = adopt(empty_lab, write_open_model(tmp_path / "hub", rope_parameters=rope)).model
    export_gguf(empty_lab, first, tmp_path / "m.gguf", kind="f32")
    again = adopt(empty_lab, tmp_path / "m.gguf", name="again").model
    assert load(again.path).config.rope_parameters == rope


def test_the_factors_of_llama3s_positions_are_transformers() -> None:
    from transformers import LlamaConfig
    from transformers.modeling_rope_utils import ROPE_INIT_FUNCTIONS

    rope = {
        "rope_type": "llama3",
        "rope_theta": 500_000.0,
        "factor": 32.0,
        "low_freq_factor": 1.0,
        "high_freq_factor": 4.0,
        "original_max_position_embeddings": 8192,
    }
    config = LlamaConfig(hidden_size=256, num_attention_heads=4, head_dim=64, rope_parameters=rope)
    stretched = ROPE_INIT_FUNCTIONS["llama3"](config, torch.device("cpu"))[0].numpy()
    plain = 500_000.0 ** -(np.arange(0, 64, 2) / 64)
    assert np.allclose(plain / llama3_factors(500_000.0, 64, rope), stretched, rtol=1e-5)


def test_rotating_and_unrotating_are_opposites() -> None:
    weight = torch.arange(4 * 16 * 3.0).reshape(64, 3)
    assert torch.equal(unrotated(rotated(weight, 4), 4), weight)
    assert not torch.equal(rotated(weight, 4), weight)


def test_our_own_model_is_written_with_the_name_of_its_split_rule(
    lab: Lab, chat_model: Artifact, tmp_path: Path
) -> None:
    export_gguf(lab, chat_model, tmp_path / "m.gguf", kind="f16")
    file = GgufFile.open(tmp_path / "m.gguf")
    tokenizer = Tokenizer.load(chat_model.path)
    assert (file.architecture, file.text("tokenizer.ggml.pre")) == ("qwen3", "qwen2")
    assert file.metadata["tokenizer.ggml.eos_token_id"] == tokenizer.turn_end_id
    assert file.text("tokenizer.chat_template") == (chat_model.path / "chat_template.jinja").read_text()
    assert chat_model.id in file.text("glaswerk.lineage")
    rows = file.tensors["token_embd.weight"].shape[0]
    assert len(file.metadata["tokenizer.ggml.tokens"]) == rows >= tokenizer.vocab_size


def test_licence_and_origin_of_adopted_weights_are_in_the_file(written: Path) -> None:
    file = GgufFile.open(written)
    assert file.text("general.license") == "Apache-2.0"
    assert "unknown training data" in file.text("glaswerk.origin")


def test_the_gguf_package_reads_the_same_tensors(written: Path) -> None:
    ours = GgufFile.open(written)
    for tensor in gguf.GGUFReader(written).tensors:
        theirs = gguf.dequantize(tensor.data, tensor.tensor_type)
        assert np.array_equal(ours.tensor(tensor.name).numpy(), theirs), tensor.name
    assert len(ours.tensors) > 10


def test_the_command_writes_a_file_and_leaves_nothing_else(lab: Lab, tmp_path: Path) -> None:
    arguments = ["export", "chat", "--gguf", "--to", str(tmp_path / "m.gguf"), "--lab", str(lab.root)]
    result = CliRunner().invoke(cli, arguments, catch_exceptions=False)
    assert result.exit_code == 0
    assert [path.name for path in tmp_path.iterdir()] == ["m.gguf"]


def test_a_file_that_cannot_be_completed_does_not_exist(
    lab: Lab, chat_model: Artifact, tmp_path: Path
) -> None:
    (tmp_path / "m.gguf").mkdir()
    with pytest.raises(IsADirectoryError):
        export_gguf(lab, chat_model, tmp_path / "m.gguf")
    assert [path.name for path in tmp_path.iterdir()] == ["m.gguf"]


def test_every_cut_is_noticed(written: Path, empty_lab: Lab) -> None:
    whole = written.read_bytes()
    for kept in (0, 3, 4, 20, 100, 5_000, len(whole) // 2, len(whole) - 1):
        written.write_bytes(whole[:kept])
        with pytest.raises(GlaswerkError, match=r"not a complete GGUF file|is empty"):
            adopt(empty_lab, written)
    assert [model.name for model in empty_lab.all("model")] == ["hub/step-0"]


def _head(*parts: bytes, keys: int, tensors: int = 0) -> bytes:
    return b"GGUF" + struct.pack("<IQQ", 3, tensors, keys) + b"".join(parts)


def _name(text: str) -> bytes:
    return struct.pack("<Q", len(text)) + text.encode()


HOSTILE = {
    "an endless list": (_head(_name("a"), struct.pack("<IIQ", 9, 4, 1 << 60), keys=1), "the limit is"),
    "endless keys": (_head(keys=1 << 60), "keys, the limit is"),
    "endless tensors": (_head(keys=0, tensors=1 << 60), "tensors, the limit is"),
    "an endless name": (_head(struct.pack("<Q", 1 << 62), keys=1), "bytes in a string"),
    "an unknown type": (_head(_name("a"), struct.pack("<I", 77), keys=1), "unknown type 77"),
    "no text": (_head(struct.pack("<Q", 2), b"\xff\xff", keys=1), "not a complete"),
    "an odd alignment": (_head(_name("general.alignment"), struct.pack("<II", 4, 0), keys=1), "alignment"),
    "a huge tensor": (
        _head(_name("t"), struct.pack("<IQQIQ", 2, 1 << 40, 1 << 40, 0, 0), keys=0, tensors=1),
        "inside or before its tensor",
    ),
    "many dimensions": (_head(_name("t"), struct.pack("<I", 1 << 30), keys=0, tensors=1), "dimensions"),
    "another version": (b"GGUF" + struct.pack("<IQQ", 1, 0, 0), "found 1"),
    "another format": (b"PK\x03\x04" + bytes(60), "does not begin"),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_a_hostile_head_is_refused_at_once(case: str, tmp_path: Path) -> None:
    content, words = HOSTILE[case]
    (tmp_path / "m.gguf").write_bytes(content)
    with pytest.raises(GlaswerkError, match=words):
        GgufFile.open(tmp_path / "m.gguf")


def _changed(change: Callable[[gguf.GGUFWriter], None], path: Path) -> Path:
    writer = gguf.GGUFWriter(path, "llama")
    change(writer)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_ti_data_to_file()
    writer.close()
    return path


@pytest.mark.parametrize(
    ("architecture", "words"), [("mamba", "'mamba'"), ("", "''"), ("llama", "expected a number")]
)
def test_another_architecture_or_one_without_sizes_is_refused(
    architecture: str, words: str, empty_lab: Lab, tmp_path: Path
) -> None:
    def change(writer: gguf.GGUFWriter) -> None:
        writer.kv_data[0]["general.architecture"].value = architecture

    with pytest.raises(GlaswerkError, match=words):
        adopt(empty_lab, _changed(change, tmp_path / "m.gguf"))


@pytest.mark.parametrize("base", ["wide", [1.0], 0.0, -1.0, True, 1e300])
def test_an_impossible_rope_base_is_refused(base: object, written: Path) -> None:
    file = GgufFile.open(written)
    file.metadata["llama.rope.freq_base"] = base
    with pytest.raises(GlaswerkError, match=r"expected a number.* for llama\.rope\.freq_base"):
        GgufModel(file)


@pytest.mark.parametrize("kind", ["I8", "F64", "Q8_1", "Q8_K"])
def test_a_tensor_of_a_type_that_is_not_read_is_refused_when_the_file_is_opened(
    kind: str, tmp_path: Path
) -> None:
    number = gguf.GGMLQuantizationType[kind]
    entry = _name("odd") + struct.pack("<IQIQ", 1, 256, number, 0)
    (tmp_path / "m.gguf").write_bytes(_head(entry, keys=0, tensors=1) + bytes(4096))
    with pytest.raises(GlaswerkError, match=f"'odd' .* has the type {kind}"):
        GgufFile.open(tmp_path / "m.gguf")
