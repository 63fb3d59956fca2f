"""The endpoint POST /v1/embeddings: vectors of texts, from the served model."""

from __future__ import annotations

import base64
import threading
from collections.abc import Sequence
from typing import Any

from anyio import to_thread
from starlette.responses import JSONResponse, Response

from glaswerk.infer.embedding import Vectors, embed, embedding_width
from glaswerk.serve.contract.operation import Call, Operation
from glaswerk.serve.contract.schema import Schema, shown
from glaswerk.serve.contract.shapes import MODEL, TEXT, USER, either, kind, object_of
from glaswerk.serve.errors import ApiError
from glaswerk.serve.served_model import ServedModel
from glaswerk.serve.stored.store import new_id

MOST_INPUTS, MOST_TOKENS = 2048, 300_000
_TOKENS: Schema = {
    "type": "array",
    "minItems": 1,
    "maxItems": MOST_TOKENS,
    "items": {"type": "integer", "minimum": 0, "maximum": 2**31},
}
_WORDS: Schema = {"type": "string", "minLength": 1}
REQUEST = object_of(
    {
        "model": MODEL,
        "input": {
            "anyOf": [
                _WORDS,
                {"type": "array", "minItems": 1, "maxItems": MOST_INPUTS, "items": _WORDS},
                _TOKENS,
                {"type": "array", "minItems": 1, "maxItems": MOST_INPUTS, "items": _TOKENS},
            ]
        },
    },
    {
        "dimensions": {"type": ["integer", "null"], "minimum": 1, "maximum": 65536},
        "encoding_format": either(None, "float", "base64"),
        "user": USER,
    },
)
_VECTOR: Schema = {"anyOf": [{"type": "array", "items": {"type": "number"}}, TEXT]}
GIVES = object_of(
    {
        "object": kind("list"),
        "data": {
            "type": "array",
            "items": object_of(
                {"object": kind("embedding"), "index": {"type": "integer"}, "embedding": _VECTOR}
            ),
        },
        "model": TEXT,
        "usage": object_of({"prompt_tokens": {"type": "integer"}, "total_tokens": {"type": "integer"}}),
    }
)


class Embeddings:
    """Vectors of one served model; one request is computed at a time."""

    def __init__(self, served: ServedModel) -> None:
        self._served, self._turn = served, threading.Lock()

    def operations(self) -> Sequence[Operation]:
        """The endpoint."""
        about = "Vectors of texts: the mean of the model's last hidden states"
        return [Operation("POST", "/v1/embeddings", "embeddings", about, self.create, REQUEST, GIVES)]

    async def create(self, call: Call) -> Response:
        """POST /v1/embeddings."""
        asked = call.body
        self._served.check(asked["model"])
        dimensions = self._dimensions(asked.get("dimensions"))
        rows = await to_thread.run_sync(self._rows, asked["input"])
        total = sum(map(len, rows))
        usage = await call.request.app.state.accounts.begin(
            call.request.state.account,
            model=self._served.id,
            endpoint="embeddings",
            prompt_tokens=total,
            max_tokens=0,
            response=new_id("emb"),
        )
        vectors = await to_thread.run_sync(self._embed, rows, dimensions)
        await usage.finish(total, 0, 0, "stop")
        return JSONResponse(_answer(asked, vectors, total))

    def _embed(self, rows: list[list[int]], dimensions: int | None) -> Vectors:
        with self._turn:
            return embed(self._served.engine, rows, dimensions)

    def _dimensions(self, wanted: int | None) -> int | None:
        width = embedding_width(self._served.engine)
        if wanted is not None and wanted > width:
            message = f"dimensions must be from 1 to {width:,} for this model, found {wanted:,}"
            raise ApiError(400, message, param="dimensions", code="invalid_value")
        return wanted

    def _rows(self, found: Any) -> list[list[int]]:
        single = isinstance(found, str) or isinstance(found[0], int)
        rows = [self._ids(one) for one in ([found] if single else found)]
        total = sum(map(len, rows))
        if total > MOST_TOKENS:
            message = (
                f"input must have up to {MOST_TOKENS:,} tokens in all, found {total:,}; send it in parts"
            )
            raise ApiError(400, message, param="input", code="context_length_exceeded")
        return rows

    def _ids(self, one: str | list[int]) -> list[int]:
        tokenizer, context = self._served.engine.tokenizer, self._served.engine.context
        if isinstance(one, str):
            # Tokens have at most 128 bytes.
            ids = tokenizer.encode(one) if len(one) <= 128 * context else [0] * (context + 1)
        else:
            ids = one
        if len(ids) > context:
            message = f"input must have up to {context:,} tokens each, found more in {shown(one)}"
            raise ApiError(400, message, param="input", code="context_length_exceeded")
        if not ids or max(ids) >= tokenizer.vocab_size:
            message = f"input must have token ids below {tokenizer.vocab_size:,}, found {shown(one)}"
            raise ApiError(400, message, param="input", code="invalid_value")
        return ids


def _answer(asked: dict[str, Any], vectors: Vectors, total: int) -> dict[str, Any]:
    coded = asked.get("encoding_format") == "base64"
    rows = [
        base64.b64encode(row.astype("<f4").tobytes()).decode() if coded else row.tolist() for row in vectors
    ]
    data = [{"object": "embedding", "index": i, "embedding": row} for i, row in enumerate(rows)]
    usage = {"prompt_tokens": total, "total_tokens": total}
    return {"object": "list", "data": data, "model": asked["model"], "usage": usage}
