"""Answers with pictures, and the events of a stream, in the format of OpenAI's API reference."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from glaswerk.lab import Artifact
from glaswerk.serve.contract.schema import Schema
from glaswerk.serve.contract.shapes import TEXT, object_of
from glaswerk.serve.images.request import Asked

_COUNT: Schema = {"type": "integer"}
_DETAILS = object_of({"image_tokens": _COUNT, "text_tokens": _COUNT})
USAGE = object_of(
    {
        "input_tokens": _COUNT,
        "input_tokens_details": _DETAILS,
        "output_tokens": _COUNT,
        "total_tokens": _COUNT,
    }
)
GIVES = object_of(
    {
        "created": _COUNT,
        "background": TEXT,
        "data": {"type": "array", "items": object_of({"b64_json": TEXT}, {"seed": _COUNT})},
        "output_format": TEXT,
        "quality": TEXT,
        "size": TEXT,
        "usage": USAGE,
        "model": TEXT,
    }
)


@dataclass(frozen=True, slots=True)
class Envelope:
    """The fields of an answer and of its events. `event`: image_generation or image_edit.

    Tokens are patches: `patches` of a picture, `words` of all prompts, `seen` patches of the pictures sent.
    """

    asked: Asked
    model: Artifact
    event: str
    words: int
    patches: int
    seen: int = 0
    created: int = field(default_factory=lambda: int(time.time()))

    def usage(self) -> dict[str, Any]:
        """Counts of tokens."""
        read, written = self.words + self.seen, self.patches * self.asked.n
        return {
            "input_tokens": read,
            "input_tokens_details": {"image_tokens": self.seen, "text_tokens": self.words},
            "output_tokens": written,
            "total_tokens": read + written,
        }

    def body(self, files: Sequence[bytes]) -> dict[str, Any]:
        """The whole answer."""
        data = [
            {"b64_json": _text(file), "seed": self.asked.seed + place} for place, file in enumerate(files)
        ]
        fields = {"data": data, "usage": self.usage(), "model": self.model.name}
        return {"created": self.created, **self._shared(), **fields}

    def partial(self, file: bytes, index: int) -> bytes:
        """The event of a preview; `index` counts previews from 0."""
        return self._event("partial_image", {"b64_json": _text(file), "partial_image_index": index})

    def completed(self, file: bytes, place: int) -> bytes:
        """The event of a finished picture."""
        more = {"b64_json": _text(file), "seed": self.asked.seed + place, "usage": self.usage()}
        return self._event("completed", more)

    def _event(self, name: str, more: Mapping[str, Any]) -> bytes:
        kind = f"{self.event}.{name}"
        value = {"type": kind, "created_at": self.created, **self._shared(), **more}
        return f"event: {kind}\ndata: {json.dumps(value, separators=(',', ':'))}\n\n".encode()

    def _shared(self) -> dict[str, Any]:
        asked = self.asked
        words = {"background": "opaque", "output_format": asked.kind}
        return {**words, "quality": asked.word, "size": asked.size}


def _text(file: bytes) -> str:
    return base64.b64encode(file).decode()
