"""Matrices of a network in fp32 or quantised, in the form that OpenVINO's products take apart themselves."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import openvino as ov
import openvino.opset13 as ops

WeightKind = Literal["f32", "int8", "int4"]
# Columns that share a scale; rows of another length have one scale.
_GROUP = 32
Matrix = np.ndarray[Any, np.dtype[np.float32]]


def matrix(values: Matrix, kind: WeightKind) -> Any:
    """The node of a matrix, (rows, columns)."""
    if kind == "f32":
        return ops.constant(values)
    if kind == "int8":
        return _int8(values)
    return _int4(values)


def _int8(values: Matrix) -> Any:
    scale = np.maximum(np.abs(values).max(1, keepdims=True), 1e-12) / 127
    whole = np.rint(values / scale).astype(np.int8)
    return ops.multiply(ops.convert(ops.constant(whole), "f32"), ops.constant(scale.astype(np.float32)))


def _int4(values: Matrix) -> Any:
    rows, columns = values.shape
    group = _GROUP if columns % _GROUP == 0 else columns
    parts = values.reshape(rows, columns // group, group)
    low, high = parts.min(2, keepdims=True), parts.max(2, keepdims=True)
    scale = np.maximum(high - low, 1e-12) / 15
    zero = np.clip(np.rint(-low / scale), 0, 15)
    whole = np.clip(np.rint(parts / scale) + zero, 0, 15).astype(np.uint8)
    shifted = ops.subtract(_nibbles(whole), _nibbles(zero.astype(np.uint8)))
    scaled = ops.multiply(shifted, ops.constant(scale.astype(np.float32)))
    return ops.reshape(scaled, ops.constant(np.array([rows, columns], np.int64)), False)


def _nibbles(whole: np.ndarray[Any, np.dtype[np.uint8]]) -> Any:
    flat = whole.reshape(-1)
    flat = np.pad(flat, (0, len(flat) % 2))
    packed = flat[0::2] | (flat[1::2] << 4)
    # A constant shares the memory of a tensor that is made over an array, and does not keep the array.
    own = ov.Tensor(ov.Type.u4, ov.Shape(whole.shape))
    np.copyto(own.data.reshape(-1), packed.view(own.data.dtype))
    return ops.convert(ops.constant(own), "f32")
