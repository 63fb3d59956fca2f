"""Pictures that a client sends: the one to edit, and the mask of where."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

import torch
from PIL import Image, ImageOps
from torch import Tensor

from glaswerk.data.pictures.check import check
from glaswerk.infer.images.pixels import to_tensor
from glaswerk.serve.contract.schema import Schema
from glaswerk.serve.contract.shapes import TEXT, object_of
from glaswerk.serve.errors import ApiError
from glaswerk.serve.files.forms import Form
from glaswerk.serve.images.request import COMMON, LONGEST_PROMPT, STREAMED

MOST_BYTES = 20_000_000
_FILE: Schema = {"type": "string", "format": "binary"}
_STRENGTH: Schema = {"type": ["number", "null"], "exclusiveMinimum": 0, "maximum": 1}
_PROMPT: Schema = {"type": "string", "minLength": 1, "maxLength": LONGEST_PROMPT}
_MORE = {**COMMON, "strength": _STRENGTH, "moderation": TEXT}
EDIT_FIELDS = object_of(
    {"prompt": _PROMPT}, {**_MORE, **STREAMED, "input_fidelity": TEXT, "negative_prompt": TEXT}
)
VARIATION_FIELDS = object_of({}, _MORE)
# As the OpenAPI document shows them.
EDITS: Schema = object_of(
    {"image": _FILE, **{"prompt": _PROMPT}}, {**EDIT_FIELDS["properties"], "mask": _FILE}
)
VARIATIONS: Schema = object_of({"image": _FILE}, VARIATION_FIELDS["properties"])
_OPENED = ("JPEG", "PNG", "WEBP", "GIF")


def typed(fields: Mapping[str, str], schema: Schema) -> dict[str, Any]:
    """The fields of a form, which are texts, as the types of the schema; what does not fit stays text."""
    return {name: _typed(value, schema["properties"].get(name, TEXT)) for name, value in fields.items()}


def _typed(value: str, schema: Schema) -> Any:
    kinds = schema.get("type", ())
    kinds = (kinds,) if isinstance(kinds, str) else kinds
    if "boolean" in kinds and value in ("true", "false"):
        return value == "true"
    for kind, convert in (("integer", int), ("number", float)):
        if kind in kinds and len(value) < 30:
            try:
                return convert(value)
            except ValueError:
                continue
    return value


def opened(data: bytes, name: str) -> Image.Image:
    """The upright picture in the field `name`. Raises ApiError 400 for anything else."""
    if len(data) > MOST_BYTES:
        message = f"{name} must have up to {MOST_BYTES:,} bytes, found {len(data):,}"
        raise ApiError(400, message, param=name, code="image_too_large")
    found = check(data)
    if isinstance(found, str):
        message = f"{name} must be a complete PNG, JPEG, WebP or GIF, found {len(data):,} bytes ({found})"
        raise ApiError(400, message, param=name, code="invalid_image")
    with Image.open(io.BytesIO(found.data), formats=_OPENED) as image:
        return ImageOps.exif_transpose(image)


def start_of(image: Image.Image, width: int, height: int) -> Tensor:
    """(3, height, width) in [-1, 1]: the middle of the picture at this size."""
    return to_tensor(ImageOps.fit(image.convert("RGB"), (width, height), Image.Resampling.LANCZOS))


def kept_of(mask: Image.Image, image: Image.Image, width: int, height: int) -> Tensor:
    """bool, (height, width): true where the mask is opaque, so that the picture stays (OpenAI's meaning).

    Raises ApiError 400 for a mask of another size than the picture, or without transparency.
    """
    if mask.size != image.size:
        sizes = " and ".join(f"{one.width}x{one.height}" for one in (image, mask))
        message = f"mask must have the size of the image, found {sizes}"
        raise ApiError(400, message, param="mask", code="invalid_value")
    if "A" not in mask.getbands() and "transparency" not in mask.info:
        message = "mask must be transparent where the image is to change, found no transparency"
        raise ApiError(400, message, param="mask", code="invalid_value")
    alpha = mask.convert("RGBA").getchannel("A")
    fitted = ImageOps.fit(alpha, (width, height), Image.Resampling.BOX)
    values = torch.frombuffer(bytearray(fitted.tobytes()), dtype=torch.uint8)
    return values.reshape(height, width) > 127


async def bytes_of(form: Form, name: str) -> bytes:
    """The bytes of a file of the form; empty if it has none of that name."""
    file = form.file if name == "" else form.others.get(name)
    if file is None:
        return b""
    await file.seek(0)
    return await file.read(MOST_BYTES + 1)
