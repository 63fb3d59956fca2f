"""Write a model as one GGUF file, for llama.cpp, OpenVINO GenAI and other readers.

Key names: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import gguf
import numpy as np
import torch

from glaswerk.core.files import fsync_path, sweep_temporaries, temporary_of
from glaswerk.core.progress import track
from glaswerk.lab import Artifact, Lab
from glaswerk.lab.artifact import ArtifactKind
from glaswerk.model.gguf_check import check_written
from glaswerk.model.gguf_limits import WRITTEN, check_expressible
from glaswerk.model.gguf_model import FREQUENCIES, ROTATED, llama3_factors, rotated
from glaswerk.model.hub_folder import HubFolder
from glaswerk.tokenizer.to_gguf import GgufTokenizer, tokenizer_to_gguf

FILE_TYPES = {
    "f32": (gguf.GGMLQuantizationType.F32, gguf.LlamaFileType.ALL_F32),
    "f16": (gguf.GGMLQuantizationType.F16, gguf.LlamaFileType.MOSTLY_F16),
    "q8_0": (gguf.GGMLQuantizationType.Q8_0, gguf.LlamaFileType.MOSTLY_Q8_0),
}


def export_gguf(lab: Lab, model: Artifact, to: Path, *, kind: str = "f16") -> float:
    """Write `model` to the file `to`, atomically.

    kind: type of the matrices, a key of `FILE_TYPES`; vectors are fp32. The metadata includes licence and
    lineage. Returns the largest difference of a log-probability that a reader of the file finds. Raises
    GlaswerkError if GGUF cannot express the network or the tokenizer, or if the reader finds another network.
    """
    network = HubFolder(model.path)
    check_expressible(network.config, model.name)
    vocabulary = tokenizer_to_gguf(model.path, network.config.vocab_size)
    sweep_temporaries(to.parent, of=to.name)
    temporary = temporary_of(to)
    name = _architecture(network)
    try:
        writer = gguf.GGUFWriter(temporary, name)
        _describe(writer, network, kind)
        _trace(writer, lab, model)
        _tokenizer(writer, vocabulary)
        _weights(writer, network, name, kind)
        writer.close()
        worst = check_written(temporary, network, lambda tensor: _rounded(network, tensor, kind))
        fsync_path(temporary)
        os.replace(temporary, to)
    finally:
        temporary.unlink(missing_ok=True)
    fsync_path(to.resolve().parent)
    return worst


def _architecture(network: HubFolder) -> str:
    return WRITTEN[network.config.model_type]


def _describe(writer: gguf.GGUFWriter, network: HubFolder, kind: str) -> None:
    config = network.config
    writer.add_type("model")
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_block_count(config.num_hidden_layers)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(config.num_attention_heads)
    writer.add_head_count_kv(config.num_key_value_heads)
    writer.add_key_length(_head(network))
    writer.add_value_length(_head(network))
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    writer.add_vocab_size(config.vocab_size)
    writer.add_file_type(FILE_TYPES[kind][1])
    writer.add_quantization_version(gguf.GGML_QUANT_VERSION)
    if _is_llama(network):
        writer.add_rope_dimension_count(_head(network))
    if config.model_type == "gemma3_text":
        writer.add_sliding_window(config.sliding_window)
    _positions(writer, _rope(network))


def _positions(writer: gguf.GGUFWriter, rope: dict[str, Any]) -> None:
    kind = rope.get("rope_type", "default")
    writer.add_rope_freq_base(rope["rope_theta"])
    if kind == "linear":
        writer.add_rope_scaling_type(gguf.RopeScalingType.LINEAR)
        writer.add_rope_scaling_factor(rope["factor"])


def _trace(writer: gguf.GGUFWriter, lab: Lab, model: Artifact) -> None:
    """Write licence and lineage: every artifact the model was made from, by name, id and digest."""
    found = list(_lineage(lab, model))
    licences = sorted({a.config["licence"] for a in found if a.kind == "model" and "licence" in a.config})
    writer.add_name(model.name)
    writer.add_quantized_by("glaswerk")
    if licences:
        writer.add_license(" AND ".join(licences))
    lineage = [{"kind": a.kind, "name": a.name, "id": a.id, "digest": a.digest} for a in found]
    writer.add_string("glaswerk.lineage", json.dumps(lineage, ensure_ascii=False))
    origins = sorted({str(a.config["origin"]) for a in found if "origin" in a.config})
    if origins:
        writer.add_string("glaswerk.origin", "; ".join(origins))


def _lineage(lab: Lab, model: Artifact) -> Iterator[Artifact]:
    known = {made.id: made for kind in get_args(ArtifactKind) for made in lab.all(kind)}
    queue, seen = [model.id], {model.id}
    while queue:
        made = known.get(queue.pop(0))
        if made is not None:
            yield made
            new = [parent for parent in made.inputs.values() if parent not in seen]
            seen.update(new)
            queue += new


def _tokenizer(writer: gguf.GGUFWriter, vocabulary: GgufTokenizer) -> None:
    writer.add_tokenizer_model(vocabulary.model)
    writer.add_tokenizer_pre(vocabulary.pre)
    writer.add_token_list(vocabulary.tokens)
    writer.add_token_types(vocabulary.kinds)
    if vocabulary.model == "llama":
        writer.add_token_scores(list(vocabulary.scores))
        writer.add_add_space_prefix(vocabulary.prefix)
    else:
        writer.add_token_merges(vocabulary.merges)
    writer.add_bos_token_id(vocabulary.start_id)
    writer.add_eos_token_id(vocabulary.turn_end_id)
    writer.add_eot_token_id(vocabulary.turn_end_id)
    writer.add_pad_token_id(vocabulary.end_id)
    writer.add_add_bos_token(vocabulary.opens)
    if vocabulary.template:
        writer.add_chat_template(vocabulary.template)


def _weights(writer: gguf.GGUFWriter, network: HubFolder, name: str, kind: str) -> None:
    arch = next(arch for arch, known in gguf.MODEL_ARCH_NAMES.items() if known == name)
    names = gguf.get_tensor_name_map(arch, network.config.num_hidden_layers)
    own = {
        tensor: str(names.get_name(tensor, try_suffixes=(".weight", ".bias"))) for tensor in network.shapes
    }
    # In file order, so that memory holds one tensor at a time.
    extra = _frequencies(network)
    for tensor, shape in network.shapes.items():
        chosen = _kind(own[tensor], shape, kind)
        size = gguf.quant_shape_to_byte_shape(shape, chosen) if chosen == FILE_TYPES["q8_0"][0] else shape
        width = {"F32": 4, "F16": 2}.get(chosen.name, 1)
        writer.add_tensor_info(
            own[tensor],
            size,
            np.dtype(np.uint8 if width == 1 else f"f{width}"),
            int(np.prod(size)) * width,
            chosen,
        )
    if extra is not None:
        writer.add_tensor_info(FREQUENCIES, extra.shape, extra.dtype, extra.nbytes)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_ti_data_to_file()
    for tensor, shape in track(list(network.shapes.items()), "write"):
        value = _arranged(network, tensor).float().numpy()
        writer.write_tensor_data(gguf.quantize(value, _kind(own[tensor], shape, kind)))
    if extra is not None:
        writer.write_tensor_data(extra)


def _kind(name: str, shape: tuple[int, ...], kind: str) -> gguf.GGMLQuantizationType:
    """The type of a tensor: vectors stay fp32, as llama.cpp computes with them in fp32. Rows that are not a
    multiple of the block size become f16."""
    if len(shape) < 2:
        return gguf.GGMLQuantizationType.F32
    chosen = FILE_TYPES[kind][0]
    block = gguf.GGML_QUANT_SIZES[chosen][0]
    return chosen if shape[-1] % block == 0 else gguf.GGMLQuantizationType.F16


def _arranged(network: HubFolder, name: str) -> torch.Tensor:
    found = network.tensor(name)
    config = network.config
    if _is_llama(network) and ROTATED.search(name):
        return rotated(found, config.num_attention_heads if "q_proj" in name else config.num_key_value_heads)
    if config.model_type == "gemma3_text" and name.endswith("norm.weight"):
        return found.float() + 1
    return found


def _is_llama(network: HubFolder) -> bool:
    return _architecture(network) == "llama"


def _rounded(network: HubFolder, name: str, kind: str) -> torch.Tensor:
    """A tensor in the numbers that the file has for it, in Hugging Face's order: rows are rounded alike."""
    value = network.tensor(name).float()
    chosen = _kind(name, tuple(value.shape), kind)
    if chosen == gguf.GGMLQuantizationType.F32:
        return value
    return torch.from_numpy(gguf.dequantize(gguf.quantize(value.numpy(), chosen), chosen)).reshape(
        value.shape
    )


def _frequencies(network: HubFolder) -> np.ndarray[Any, np.dtype[np.float32]] | None:
    rope = _rope(network)
    if rope.get("rope_type") != "llama3":
        return None
    return llama3_factors(rope["rope_theta"], _head(network), rope).astype(np.float32)


def _rope(network: HubFolder) -> dict[str, Any]:
    found: dict[str, Any] = network.config.rope_parameters
    return dict(found.get("full_attention", found))


def _head(network: HubFolder) -> int:
    config = network.config
    return int(getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads)
