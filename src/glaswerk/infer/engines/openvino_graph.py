"""A transformers network as an OpenVINO graph, made from the weights in memory: nothing is written to disk.

The shape of the attention is the one that OpenVINO's transformation to paged attention looks for
(https://github.com/openvinotoolkit/openvino, `sdpa_to_paged_attention`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import openvino as ov
import openvino.opset13 as ops
import torch
from openvino._offline_transformations import paged_attention_transformation
from transformers import PreTrainedModel

from glaswerk.core.errors import GlaswerkError
from glaswerk.infer.engines.openvino_weights import WeightKind, matrix

FAMILIES = ("llama", "mistral", "qwen2", "qwen3")
_ROPES = ("default", "linear", "llama3")


@dataclass(frozen=True, slots=True)
class _Sizes:
    layers: int
    heads: int
    groups: int
    width: int
    eps: float


def paged_graph(model: PreTrainedModel, weights: WeightKind = "f32") -> ov.Model:
    """The network with a paged cache: `input_ids` of many sequences in one line, logits of chosen places.

    Raises GlaswerkError for a network that this builder does not know.
    """
    _check(model)
    graph = _Builder(model, weights).graph()
    paged_attention_transformation(graph)
    _only_chosen(graph)
    return graph


def _check(model: PreTrainedModel) -> None:
    config = model.config
    rope = dict(getattr(config, "rope_parameters", None) or {})
    windows = getattr(config, "layer_types", None) or []
    window = getattr(config, "sliding_window", None) or 0
    seen = "sliding_attention" in windows or (not windows and 0 < window < config.max_position_embeddings)
    found = {
        f"the family {config.model_type}": config.model_type not in FAMILIES,
        "a sliding window": seen,
        f"positions of type {rope.get('rope_type')}": rope.get("rope_type", "default") not in _ROPES,
        f"the activation {getattr(config, 'hidden_act', None)}": getattr(config, "hidden_act", "") != "silu",
    }
    for name, unknown in found.items():
        if unknown:
            raise GlaswerkError(
                f"expected a network of {', '.join(FAMILIES)} with full attention, found {name}",
                hint="use the engine torch",
            )


class _Builder:
    """Adds the operators of one network; `_state` are its tensors by their Hugging Face names."""

    def __init__(self, model: PreTrainedModel, weights: WeightKind) -> None:
        self._model, self._kind = model, weights
        self._state = model.state_dict()
        config = model.config
        heads = int(config.num_attention_heads)
        self._sizes = _Sizes(
            int(config.num_hidden_layers),
            heads,
            int(getattr(config, "num_key_value_heads", None) or heads),
            int(getattr(config, "head_dim", None) or config.hidden_size // heads),
            float(config.rms_norm_eps),
        )
        self._sinks: list[Any] = []

    def graph(self) -> ov.Model:
        self._ids = _parameter("input_ids", [-1, -1], np.int64)
        self._at = _parameter("position_ids", [-1, -1], np.int64)
        self._seen = _parameter("attention_mask", [-1, -1], np.int64)
        self._beams = _parameter("beam_idx", [-1], np.int32)
        self._cos, self._sin = self._rotations()
        state = ops.gather(self._constant("model.embed_tokens.weight"), self._ids, _number(0))
        for layer in range(self._sizes.layers):
            state = self._layer(f"model.layers.{layer}", layer, state)
        state = self._norm(state, "model.norm.weight")
        head = self._model.get_output_embeddings().weight
        logits = ops.matmul(state, matrix(_array(head), self._kind), False, True)
        logits.output(0).get_tensor().set_names({"logits"})
        inputs = [self._ids, self._seen, self._at, self._beams]
        return ov.Model([ops.result(logits)], self._sinks, inputs, "glaswerk")

    def _layer(self, name: str, layer: int, state: Any) -> Any:
        read = self._norm(state, f"{name}.input_layernorm.weight")
        state = ops.add(state, self._attention(f"{name}.self_attn", layer, read))
        read = self._norm(state, f"{name}.post_attention_layernorm.weight")
        gate = ops.swish(self._linear(read, f"{name}.mlp.gate_proj"))
        both = ops.multiply(gate, self._linear(read, f"{name}.mlp.up_proj"))
        return ops.add(state, self._linear(both, f"{name}.mlp.down_proj"))

    def _attention(self, name: str, layer: int, state: Any) -> Any:
        sizes = self._sizes
        query = self._rotated(self._heads(state, f"{name}.q_proj", sizes.heads, f"{name}.q_norm.weight"))
        key = self._rotated(self._heads(state, f"{name}.k_proj", sizes.groups, f"{name}.k_norm.weight"))
        value = self._heads(state, f"{name}.v_proj", sizes.groups, "")
        keys, values = (
            self._grown(part, f"{layer}.{kind}") for part, kind in ((key, "key"), (value, "value"))
        )
        mask = ops.unsqueeze(ops.convert(self._seen, "f32"), _numbers([1, 2]))
        scale = ops.constant(np.float32(sizes.width**-0.5))
        found = ops.scaled_dot_product_attention(
            query, self._repeated(keys), self._repeated(values), mask, scale
        )
        joined = ops.reshape(ops.transpose(found, _numbers([0, 2, 1, 3])), _numbers([0, 0, -1]), True)
        return self._linear(joined, f"{name}.o_proj")

    def _heads(self, state: Any, name: str, count: int, norm: str) -> Any:
        split = ops.reshape(self._linear(state, name), _numbers([0, 0, count, self._sizes.width]), True)
        if norm in self._state:
            split = self._norm(split, norm)
        return ops.transpose(split, _numbers([0, 2, 1, 3]))

    def _grown(self, part: Any, name: str) -> Any:
        """What was stored before, in a variable, and the new part behind it."""
        groups, width = self._sizes.groups, self._sizes.width
        rows = ops.gather(ops.shape_of(self._ids, "i64"), _numbers([0]), _number(0))
        empty = ops.concat([rows, _numbers([groups]), _numbers([0]), _numbers([width])], 0)
        start = ops.broadcast(ops.constant(np.float32(0)), empty)
        stored = ops.read_value(start, name, ov.Type.f32, ov.PartialShape([-1, groups, -1, width]))
        grown = ops.concat([ops.gather(stored, self._beams, _number(0)), part], 2)
        self._sinks.append(ops.assign(grown, name))
        return grown

    def _repeated(self, part: Any) -> Any:
        """Keys or values of a group for each of its query heads."""
        sizes, repeats = self._sizes, self._sizes.heads // self._sizes.groups
        if repeats == 1:
            return part
        wide = ops.broadcast(
            ops.unsqueeze(part, _number(2)), _numbers([1, 1, repeats, 1, 1]), broadcast_spec="BIDIRECTIONAL"
        )
        return ops.reshape(wide, _numbers([0, sizes.heads, -1, sizes.width]), True)

    def _rotations(self) -> tuple[Any, Any]:
        rotary = self._model.get_submodule("model.rotary_emb")
        frequencies = torch.as_tensor(rotary.inv_freq).float().numpy()[None, :, None]
        rows = ops.gather(ops.shape_of(self._ids, "i64"), _numbers([0]), _number(0))
        shape = ops.concat([rows, _numbers([1]), _numbers([1])], 0)
        spread = ops.broadcast(ops.constant(frequencies), shape, broadcast_spec="BIDIRECTIONAL")
        at = ops.convert(ops.unsqueeze(self._at, _number(1)), "f32")
        angles = ops.transpose(ops.matmul(spread, at, False, False), _numbers([0, 2, 1]))
        both = ops.concat([angles, angles], -1)
        return tuple(ops.unsqueeze(part, _number(1)) for part in (ops.cos(both), ops.sin(both)))

    def _rotated(self, state: Any) -> Any:
        half = self._sizes.width // 2
        low = ops.slice(state, _numbers([0]), _numbers([half]), _numbers([1]), _numbers([3]))
        high = ops.slice(state, _numbers([half]), _numbers([1 << 62]), _numbers([1]), _numbers([3]))
        turned = ops.concat(
            [ops.multiply(high, ops.constant(np.full((1, 1, 1, 1), -1, np.float32))), low], -1
        )
        return ops.add(ops.multiply(state, self._cos), ops.multiply(turned, self._sin))

    def _norm(self, state: Any, name: str) -> Any:
        """Zhang and Sennrich 2019: divided by the root of the mean square, then scaled."""
        square = ops.power(state, ops.constant(np.float32(2)))
        mean = ops.add(
            ops.reduce_mean(square, _numbers([-1]), True), ops.constant(np.float32(self._sizes.eps))
        )
        scaled = ops.multiply(state, ops.divide(ops.constant(np.float32(1)), ops.sqrt(mean)))
        return ops.multiply(scaled, self._constant(name))

    def _linear(self, state: Any, name: str) -> Any:
        found = ops.matmul(state, matrix(_array(self._state[f"{name}.weight"]), self._kind), False, True)
        bias = f"{name}.bias"
        return ops.add(found, self._constant(bias)) if bias in self._state else found

    def _constant(self, name: str) -> Any:
        return ops.constant(_array(self._state[name]))


def _only_chosen(graph: ov.Model) -> None:
    """Compute logits at `sampled_tokens_indices` only: those of a prompt's other tokens are not wanted."""
    head = graph.outputs[0].node.input_value(0).get_node()
    chosen = _parameter("sampled_tokens_indices", [-1], np.int64)
    head.input(0).replace_source_output(ops.gather(head.input_value(0), chosen, _number(0)).output(0))
    graph.add_parameters([chosen])
    graph.validate_nodes_and_infer_types()


def _parameter(name: str, shape: list[int], kind: Any) -> Any:
    made = ops.parameter(shape, kind, name=name)
    made.output(0).get_tensor().set_names({name})
    return made


def _array(tensor: torch.Tensor) -> np.ndarray[Any, np.dtype[np.float32]]:
    return tensor.detach().float().cpu().contiguous().numpy()


def _number(value: int) -> Any:
    return ops.constant(np.int64(value))


def _numbers(values: list[int]) -> Any:
    return ops.constant(np.array(values, np.int64))
