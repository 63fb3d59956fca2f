"""Read the requests of a batch's input file."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from glaswerk.serve.contract.schema import Schema, check, shown
from glaswerk.serve.contract.shapes import kind, object_of
from glaswerk.serve.errors import ApiError

MOST_LINES, MOST_PROBLEMS, LINE_BYTES = 50_000, 20, 2_000_000


@dataclass(frozen=True, slots=True)
class Line:
    """One request; `id` is its place in the file."""

    id: str
    custom_id: str
    url: str
    body: dict[str, Any]


def read_lines(data: bytes, endpoint: str) -> tuple[list[Line], list[dict[str, Any]]]:
    """(requests, problems): with any problem, the batch does not begin. The first problems are named."""
    schema = object_of(
        {
            "custom_id": {"type": "string", "minLength": 1, "maxLength": 512},
            "method": kind("POST"),
            "url": kind(endpoint),
            "body": {"type": "object"},
        }
    )
    rows = [(number, raw) for number, raw in enumerate(data.split(b"\n"), 1) if raw.strip()]
    if not rows or len(rows) > MOST_LINES:
        message = f"expected 1 to {MOST_LINES:,} lines, found {len(rows):,}"
        return [], [{"code": "invalid_file", "message": message, "line": None, "param": None}]
    lines, problems, names = list[Line](), list[dict[str, Any]](), set[str]()
    for number, raw in rows:
        try:
            line = _line(number, raw, schema)
            if line.custom_id in names:
                raise ApiError(
                    400, f"custom_id must differ from line to line, found {shown(line.custom_id)} again"
                )
            names.add(line.custom_id)
            lines.append(line)
        except ApiError as error:
            problems.append(
                {"code": "invalid_line", "message": error.message, "line": number, "param": error.param}
            )
            if len(problems) == MOST_PROBLEMS:
                break
    return lines, problems


def _line(number: int, raw: bytes, schema: Schema) -> Line:
    if len(raw) > LINE_BYTES:
        raise ApiError(400, f"expected a line of up to {LINE_BYTES:,} bytes, found {len(raw):,}")
    try:
        found = json.loads(raw)
        json.dumps(found, allow_nan=False, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise ApiError(400, f"expected a JSON object: {error}"[:200]) from error
    check(found, schema)
    if found["body"].get("stream"):
        raise ApiError(400, "body.stream must be false in a batch, found true", param="body.stream")
    return Line(f"line_{number}", found["custom_id"], found["url"], found["body"])
