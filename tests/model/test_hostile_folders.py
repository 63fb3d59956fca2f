"""A folder of weights from anyone is data: no link is followed, no number is trusted, nothing is lost."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from open_models import write_open_model
from safetensors.torch import load_file, save_file

from glaswerk.core.errors import GlaswerkError
from glaswerk.infer import Engine
from glaswerk.lab import Lab
from glaswerk.model import load
from glaswerk.model.adopt import adopt
from glaswerk.tokenizer import Tokenizer


@pytest.fixture
def open_model(tmp_path: Path) -> Path:
    return write_open_model(tmp_path / "hub")


def change(file: Path, **values: Any) -> None:
    """Set keys of a JSON object."""
    file.write_text(json.dumps(json.loads(file.read_text()) | values))


@pytest.mark.parametrize(
    "name",
    ["config.json", "tokenizer.json", "tokenizer_config.json", "model.safetensors", "generation_config.json"],
)
@pytest.mark.parametrize("target", ["/etc/passwd", "../secret", "other"])
def test_no_link_is_followed(name: str, target: str, empty_lab: Lab, open_model: Path) -> None:
    for copy in (open_model / "other", open_model.parent / "secret"):
        shutil.copy(open_model / "config.json", copy)
    (open_model / name).unlink(missing_ok=True)
    (open_model / name).symlink_to(target)
    with pytest.raises(GlaswerkError, match=r"found a link to .*: no link is followed"):
        adopt(empty_lab, open_model)
    assert not empty_lab.all("model")


def test_a_chat_template_that_links_to_a_file_of_this_machine_is_refused(
    empty_lab: Lab, open_model: Path
) -> None:
    (open_model / "chat_template.jinja").symlink_to("/etc/passwd")
    with pytest.raises(GlaswerkError, match="found a link to '/etc/passwd'") as error:
        adopt(empty_lab, open_model)
    assert error.value.hint.startswith("cp -L")


def test_a_shard_that_links_elsewhere_is_refused(empty_lab: Lab, open_model: Path) -> None:
    (open_model / "model.safetensors").rename(open_model.parent / "elsewhere")
    (open_model / "part.safetensors").symlink_to(open_model.parent / "elsewhere")
    index = {"weight_map": {"model.norm.weight": "part.safetensors"}}
    (open_model / "model.safetensors.index.json").write_text(json.dumps(index))
    with pytest.raises(GlaswerkError, match="no link is followed"):
        adopt(empty_lab, open_model)


def test_a_readme_that_links_elsewhere_states_no_licence(empty_lab: Lab, open_model: Path) -> None:
    (open_model / "README.md").rename(open_model.parent / "elsewhere")
    (open_model / "README.md").symlink_to(open_model.parent / "elsewhere")
    with pytest.raises(GlaswerkError, match="expected a licence"):
        adopt(empty_lab, open_model)


def cached(open_model: Path, root: Path) -> Path:
    """The folder as Hugging Face's cache has it: a snapshot of links to blobs."""
    blobs, snapshot = root / "blobs", root / "snapshots" / "abc"
    blobs.mkdir(parents=True)
    snapshot.mkdir(parents=True)
    for number, file in enumerate(sorted(open_model.iterdir())):
        file.rename(blobs / str(number))
        (snapshot / file.name).symlink_to(f"../../blobs/{number}")
    return snapshot


def test_a_snapshot_of_hugging_faces_cache_is_adopted(
    empty_lab: Lab, open_model: Path, tmp_path: Path
) -> None:
    made = adopt(empty_lab, cached(open_model, tmp_path / "models--a--b"))
    assert made.model.config["licence"] == "Apache-2.0"
    assert not (made.model.path / "model.safetensors").is_symlink()


@pytest.mark.parametrize("trick", ["blob", "blobs"])
def test_a_false_cache_leads_nowhere(trick: str, empty_lab: Lab, open_model: Path, tmp_path: Path) -> None:
    snapshot = cached(open_model, tmp_path / "models--a--b")
    blobs = snapshot.parent.parent / "blobs"
    if trick == "blob":
        (blobs / "x").symlink_to("/etc/passwd")
    else:
        blobs.rename(tmp_path / "real")
        blobs.symlink_to(tmp_path / "real")
        shutil.copy("/etc/passwd", tmp_path / "real" / "x")
    (snapshot / "chat_template.jinja").symlink_to("../../blobs/x")
    with pytest.raises(GlaswerkError, match="no link is followed"):
        adopt(empty_lab, snapshot)


@pytest.mark.parametrize(
    ("file", "key", "value"),
    [
        ("config.json", "rms_norm_eps", float("inf")),
        ("config.json", "initializer_range", float("nan")),
        ("config.json", "rope_theta", float("-inf")),
        ("tokenizer_config.json", "model_max_length", float("inf")),
    ],
)
def test_numbers_that_are_none_are_refused(
    file: str, key: str, value: float, empty_lab: Lab, open_model: Path
) -> None:
    change(open_model / file, **{key: value})
    with pytest.raises(GlaswerkError, match="expected finite numbers, found"):
        adopt(empty_lab, open_model)


def test_a_number_beyond_all_floats_is_refused(empty_lab: Lab, open_model: Path) -> None:
    config = (
        (open_model / "config.json").read_text().replace('"rms_norm_eps": 1e-06', '"rms_norm_eps": 1e999')
    )
    assert "1e999" in config
    (open_model / "config.json").write_text(config)
    with pytest.raises(GlaswerkError, match="expected finite numbers, found 1e999"):
        adopt(empty_lab, open_model)


@pytest.mark.parametrize("key", ["bos_token_id", "eos_token_id", "pad_token_id"])
@pytest.mark.parametrize("value", [-1, 640, 10**12, True, 1.5, "2", [1, -1]])
def test_a_token_id_that_is_no_row_is_refused(key: str, value: Any, empty_lab: Lab, open_model: Path) -> None:
    change(open_model / "config.json", **{key: value})
    with pytest.raises(GlaswerkError, match=f"expected a token id from 0 to 639 for {key}"):
        adopt(empty_lab, open_model)


@pytest.mark.parametrize("theta", [10_000_000, 100_000_000.0, 1_000_042, 1e11])
def test_bases_of_rope_beyond_sixteen_million_are_adopted(
    theta: float, empty_lab: Lab, open_model: Path
) -> None:
    change(open_model / "config.json", rope_parameters={"rope_type": "default", "rope_theta": theta})
    model = load(adopt(empty_lab, open_model).model.path)
    assert model.config.rope_parameters["rope_theta"] == theta


@pytest.mark.parametrize("theta", [0, -1.0, 1e13, "wide", True])
def test_an_impossible_base_of_rope_is_refused(theta: Any, empty_lab: Lab, open_model: Path) -> None:
    change(open_model / "config.json", rope_parameters={"rope_type": "default", "rope_theta": theta})
    with pytest.raises(GlaswerkError, match="for rope_theta"):
        adopt(empty_lab, open_model)


def test_a_tied_flag_with_a_head_of_its_own_keeps_that_head(empty_lab: Lab, open_model: Path) -> None:
    from transformers import AutoModelForCausalLM

    weights = load_file(open_model / "model.safetensors")
    weights["lm_head.weight"] = weights["model.embed_tokens.weight"].flip(0).clone()
    save_file(weights, open_model / "model.safetensors", metadata={"format": "pt"})
    adopted = load(adopt(empty_lab, open_model).model.path)
    assert not adopted.config.tie_word_embeddings
    ids = torch.arange(20)[None]
    reference: Any = AutoModelForCausalLM.from_pretrained(open_model, dtype=torch.float32)
    with torch.inference_mode():
        assert torch.equal(adopted(input_ids=ids).logits, reference(input_ids=ids).logits)
        assert torch.equal(adopted.get_output_embeddings().weight, weights["lm_head.weight"])


def test_a_tied_head_that_is_stored_twice_stays_tied(empty_lab: Lab, open_model: Path) -> None:
    weights = load_file(open_model / "model.safetensors")
    weights["lm_head.weight"] = weights["model.embed_tokens.weight"].clone()
    save_file(weights, open_model / "model.safetensors", metadata={"format": "pt"})
    assert load(adopt(empty_lab, open_model).model.path).config.tie_word_embeddings


def token(content: str, **flags: bool) -> dict[str, Any]:
    return {"content": content, "special": False, **flags}


def test_tokens_that_only_the_config_names_are_tokens_as_in_transformers(
    empty_lab: Lab, open_model: Path
) -> None:
    from transformers import PreTrainedTokenizerFast

    added = {"600": token("<|call|>", special=True), "601": token("<note>"), "0": token("<|endoftext|>")}
    change(open_model / "tokenizer_config.json", added_tokens_decoder=added)
    tokenizer = Tokenizer.load(adopt(empty_lab, open_model).tokenizer.path)
    reference: Any = PreTrainedTokenizerFast.from_pretrained(open_model)
    text = "a <note> and"
    assert tokenizer.vocab_size == len(reference) == 602
    assert tokenizer.encode(text) == reference(text, add_special_tokens=False)["input_ids"]
    assert 601 in tokenizer.encode(text)
    assert 600 in tokenizer.special_ids
    assert 600 not in tokenizer.encode("<|call|>")


@pytest.mark.parametrize(
    "added",
    [
        {"-1": token("<x>")},
        {"1.5": token("<x>")},
        {"999999999999": token("<x>")},
        {"5": token("<x>")},
        {"600": token("<|im_end|>x"), "601": {"content": 7}},
        {"600": "<x>"},
        {"640": token("<x>")},
    ],
)
def test_added_tokens_whose_ids_are_none_or_taken_are_refused(
    added: dict[str, Any], empty_lab: Lab, open_model: Path
) -> None:
    change(open_model / "tokenizer_config.json", added_tokens_decoder=added)
    with pytest.raises(GlaswerkError, match=r"expected a token id|expected the id"):
        adopt(empty_lab, open_model)


@pytest.mark.parametrize("identifier", [-1, 1 << 40, "x", None])
def test_an_impossible_id_in_the_tokenizer_is_refused(
    identifier: Any, empty_lab: Lab, open_model: Path
) -> None:
    data = json.loads((open_model / "tokenizer.json").read_text())
    data["added_tokens"][0]["id"] = identifier
    (open_model / "tokenizer.json").write_text(json.dumps(data))
    with pytest.raises(GlaswerkError):
        adopt(empty_lab, open_model)


def test_a_gpt2_without_prefixes_and_with_its_masks_is_adopted(empty_lab: Lab, tmp_path: Path) -> None:
    folder = write_open_model(tmp_path / "gpt2", "gpt2")
    weights = load_file(folder / "model.safetensors")
    bare = {name.removeprefix("transformer."): value for name, value in weights.items()}
    bare |= {f"h.{i}.attn.bias": torch.ones(1, 1, 256, 256) for i in range(2)}
    save_file(bare, folder / "model.safetensors", metadata={"format": "pt"})
    made = adopt(empty_lab, folder)
    engine = Engine.load(made.model.path)
    assert engine.context == 256
    names = os.listdir(made.model.path)
    assert "model.safetensors" in names


@pytest.mark.parametrize(
    "content",
    [
        "[" * 200_000,
        '{"model":' * 100_000,
        '{"added_tokens": [], "model": {"type": "Unigram", "unk_id": 0, "vocab": [[]]}}',
        '{"added_tokens": [], "model": {"type": "Unigram", "unk_id": 0, "vocab": [["<unk>", 0], 7]}}',
        '{"added_tokens": [{"content": "<x>"}], "model": {"type": "BPE", "vocab": {}, "merges": []}}',
        '{"added_tokens": [], "model": {"type": "BPE", "vocab": null, "merges": [5]}}',
    ],
)
def test_a_tokenizer_that_is_nested_too_deep_or_has_no_vocabulary_is_refused(
    content: str, empty_lab: Lab, open_model: Path
) -> None:
    (open_model / "tokenizer.json").write_text(content)
    with pytest.raises(GlaswerkError, match=r"tokenizer|tokens"):
        adopt(empty_lab, open_model)
    assert not empty_lab.all("model")
