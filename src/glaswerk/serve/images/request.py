"""What a request for pictures may ask: OpenAI's fields, and seed, steps, guidance_scale, negative_prompt."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from glaswerk.infer.images.sampler import GUIDANCE, STEPS, Drawing
from glaswerk.lab import Artifact
from glaswerk.serve.contract.schema import Schema, shown
from glaswerk.serve.contract.shapes import FLAG, USER, either, object_of, only
from glaswerk.serve.errors import ApiError

MOST_PICTURES, MOST_STEPS, MOST_PARTIAL = 10, 100, 3
LONGEST_PROMPT = 32_000
_NAME: Schema = {"type": ["string", "null"], "minLength": 1, "maxLength": 256}
_SIZE: Schema = {"type": ["string", "null"], "maxLength": 20}
_PROMPT: Schema = {"type": "string", "minLength": 1, "maxLength": LONGEST_PROMPT}
# Steps for OpenAI's words on quality.
_QUALITY = {"low": 12, "medium": STEPS, "high": 40, "auto": STEPS, "standard": STEPS, "hd": 40}
_SMALLEST_SIDE = 16


def _whole(low: int, high: int) -> Schema:
    return {"type": ["integer", "null"], "minimum": low, "maximum": high}


def _number(low: float, high: float) -> Schema:
    return {"type": ["number", "null"], "minimum": low, "maximum": high}


COMMON: Mapping[str, Schema] = {
    "model": _NAME,
    "n": _whole(1, MOST_PICTURES),
    "size": _SIZE,
    "response_format": only(None, "b64_json", why="pictures are not kept, so there is no URL"),
    "user": USER,
    "seed": _whole(0, 2**53),
    "steps": _whole(1, MOST_STEPS),
    "guidance_scale": _number(1, 30),
    "output_format": either(None, "png", "jpeg", "webp"),
    "output_compression": _whole(0, 100),
    "quality": either(None, *_QUALITY),
    "background": only(None, "auto", "opaque", why="pictures have no transparency"),
}
STREAMED: Mapping[str, Schema] = {"stream": FLAG, "partial_images": _whole(0, MOST_PARTIAL)}
GENERATIONS = object_of(
    {"prompt": _PROMPT},
    {
        **COMMON,
        **STREAMED,
        "negative_prompt": {"type": ["string", "null"], "maxLength": LONGEST_PROMPT},
        "moderation": either(None, "auto", "low"),
        "style": either(None, "vivid", "natural"),
    },
)


@dataclass(frozen=True, slots=True)
class Asked:
    """A checked request: `width` and `height` in pixels; `partial`: previews of a streamed picture."""

    prompt: str
    negative: str
    width: int
    height: int
    n: int
    seed: int
    steps: int
    guidance: float
    kind: str
    quality: int
    word: str
    stream: bool = False
    partial: int = 0

    @classmethod
    def of(cls, body: Mapping[str, Any], side: int, patch: int) -> Asked:
        """From a body that fits its schema, for a model of pictures of `side` pixels.

        Raises ApiError 400 for a size that the model cannot draw.
        """
        width, height = size_of(body.get("size"), side, patch)
        word = body.get("quality") or "auto"
        seed = body.get("seed")
        kind = body.get("output_format") or "png"
        compression = body.get("output_compression")
        if kind == "png" and compression not in (None, 100):
            message = f"output_compression is for jpeg and webp, found {compression} with png"
            raise ApiError(400, message, param="output_compression", code="invalid_value")
        return cls(
            prompt=body.get("prompt") or "",
            negative=body.get("negative_prompt") or "",
            width=width,
            height=height,
            n=body.get("n") or 1,
            seed=secrets.randbelow(2**31) if seed is None else seed,
            steps=body.get("steps") or _QUALITY[word],
            guidance=float(body.get("guidance_scale") or GUIDANCE),
            kind=kind,
            quality=100 if compression is None else compression,
            word=word,
            stream=bool(body.get("stream")),
            partial=body.get("partial_images") or 0,
        )

    @property
    def size(self) -> str:
        """As OpenAI writes it."""
        return f"{self.width}x{self.height}"

    def drawings(self, **more: Any) -> list[Drawing]:
        """The pictures; the first has the seed, the others the following ones."""
        return [
            Drawing(
                self.prompt,
                self.seed + place,
                self.steps,
                self.guidance,
                self.negative,
                self.width,
                self.height,
                **more,
            )
            for place in range(self.n)
        ]

    def said(self, model: Artifact, place: int, how: str) -> dict[str, Any]:
        """What the credentials of picture `place` say."""
        return {
            "model": model.name,
            "model_digest": model.digest,
            "corpus": model.inputs.get("corpus", ""),
            "made_by": how,
            "prompt": self.prompt[:1000],
            "seed": self.seed + place,
            "steps": self.steps,
            "guidance_scale": self.guidance,
        }


def size_of(text: str | None, side: int, patch: int) -> tuple[int, int]:
    """(width, height) of "64x64", or those of the model for "auto". Raises ApiError 400."""
    if text in (None, "auto"):
        return side, side
    found = re.fullmatch(r"([0-9]{1,5})x([0-9]{1,5})", str(text))
    sides = [int(number) for number in found.groups()] if found else []
    fits = sides and all(_SMALLEST_SIDE <= one <= 2 * side and one % patch == 0 for one in sides)
    if not fits:
        message = (
            f'size must be "auto" or WIDTHxHEIGHT, each a multiple of {patch} from {_SMALLEST_SIDE} to '
            f"{2 * side}; this model learned {side}x{side}, found {shown(text)}"
        )
        raise ApiError(400, message, param="size", code="invalid_value")
    return sides[0], sides[1]
