"""The endpoint POST /v1/moderations: the score of lexicon toxicity, and nothing that is not measured.

`data/filters/toxicity.py` says what the score is, what it was measured on, and what it cannot see. Of
OpenAI's categories it answers "harassment"; all others are null, which no program takes for flagged. In
contract mode they are false and 0, as OpenAI's description wants them: there, as in its API for kinds of
input that a category does not read, only the empty list of `category_applied_input_types` says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from anyio import to_thread
from starlette.responses import JSONResponse, Response

from glaswerk.data.filters.toxicity import lexicon_toxicity
from glaswerk.data.language import letters, probabilities
from glaswerk.serve.contract.operation import Call, Operation
from glaswerk.serve.contract.schema import Schema
from glaswerk.serve.contract.shapes import TEXT, kind, object_of
from glaswerk.serve.stored.store import new_id

MODEL_NAME = "lexicon-toxicity"
# Half: the texts of the lists' strongest words, or of several weaker ones.
FLAGGED = 0.5
_SURE, _FEW_LETTERS = 0.8, 20
_OTHERS = (
    *("harassment/threatening", "hate", "hate/threatening", "illicit", "illicit/violent", "self-harm"),
    *(
        "self-harm/instructions",
        "self-harm/intent",
        "sexual",
        "sexual/minors",
        "violence",
        "violence/graphic",
    ),
)
_CATEGORIES = ("harassment", *_OTHERS)
_PART = object_of({"type": kind("text"), "text": TEXT})
REQUEST = object_of(
    {
        "input": {
            "anyOf": [
                TEXT,
                {"type": "array", "minItems": 1, "maxItems": 2048, "items": TEXT},
                {"type": "array", "minItems": 1, "maxItems": 2048, "items": {"anyOf": [_PART]}},
            ]
        }
    },
    {"model": {"type": ["string", "null"], "maxLength": 256}},
)


def _per_category(value: Schema) -> Schema:
    return object_of({name: value for name in _CATEGORIES})


GIVES = object_of(
    {
        "id": TEXT,
        "model": TEXT,
        "results": {
            "type": "array",
            "items": object_of(
                {
                    "flagged": {"type": "boolean"},
                    "categories": _per_category({"type": ["boolean", "null"]}),
                    "category_scores": _per_category({"type": ["number", "null"]}),
                    "category_applied_input_types": _per_category({"type": "array", "items": TEXT}),
                }
            ),
        },
    }
)


def moderation_operations(*, numbers: bool = False) -> Sequence[Operation]:
    """The endpoint. numbers: categories without a score are false and 0, not null."""
    about = "Lexicon toxicity of texts in German and English"
    create = partial(_create, numbers)
    return [Operation("POST", "/v1/moderations", "moderations", about, create, REQUEST, GIVES)]


async def _create(numbers: bool, call: Call) -> Response:
    results = await to_thread.run_sync(_results, call.body["input"])
    if numbers:
        results = [_without_null(result) for result in results]
    return JSONResponse({"id": new_id("modr"), "model": MODEL_NAME, "results": results})


def _results(found: Any) -> list[dict[str, Any]]:
    if isinstance(found, list) and isinstance(found[0], dict):
        # Parts of one input have one result.
        found = "\n".join(part["text"] for part in found)
    return [_result(text) for text in ([found] if isinstance(found, str) else found)]


def _result(text: str) -> dict[str, Any]:
    score = lexicon_toxicity(text, _language(text))
    flagged = score is not None and score >= FLAGGED
    unknown = dict.fromkeys(_CATEGORIES)
    return {
        "flagged": flagged,
        "categories": unknown | {"harassment": None if score is None else flagged},
        "category_scores": unknown | {"harassment": score},
        "category_applied_input_types": {
            name: ["text"] if name == "harassment" and score is not None else [] for name in _CATEGORIES
        },
    }


def _without_null(result: dict[str, Any]) -> dict[str, Any]:
    flags, scores = result["categories"], result["category_scores"]
    return result | {
        "categories": {name: bool(flag) for name, flag in flags.items()},
        "category_scores": {name: score or 0.0 for name, score in scores.items()},
    }


def _language(text: str) -> str:
    """The language of the lists to use; "" for all of them, another if the text is surely in none of them."""
    found = probabilities(text)
    best = max(found, key=lambda code: found[code], default="")
    if found.get(best, 0.0) < _SURE or letters(text) < _FEW_LETTERS:
        return ""
    return best
