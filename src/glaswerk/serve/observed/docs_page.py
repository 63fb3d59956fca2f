"""GET /docs: the API's description as a page without scripts, styles from elsewhere or network access."""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import groupby
from typing import Any

from markupsafe import Markup, escape

from glaswerk.serve.contract.operation import Operation
from glaswerk.serve.observed.description import path_of

_HEAD = Markup(
    '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Glaswerk API</title>'
    '<meta name="viewport" content="width=device-width, initial-scale=1">'
    '<link rel="stylesheet" href="/static/base.css"></head><body><main>'
    '<h1>Glaswerk API</h1><p>Machines read <a href="/openapi.json">openapi.json</a>. What is not named '
    "here is refused by name, never ignored.</p>"
)
_FOOT = Markup("</main></body></html>")


def docs_page(operations: Sequence[Operation]) -> str:
    """The page, grouped by the operations' tags in their order."""
    parts = [_HEAD]
    for tag, found in groupby(operations, key=lambda operation: operation.tag):
        parts += [Markup("<h2>{}</h2>").format(tag), *map(_section, found)]
    return str(Markup("").join([*parts, _FOOT]))


def _section(operation: Operation) -> Markup:
    head = Markup("<h3><code>{} {}</code></h3><p>{}</p>").format(
        operation.method, path_of(operation.path), operation.summary
    )
    fields = _fields("query", operation.query) + _fields("body", (operation.body or {}).get("properties", {}))
    given = _schema("gives", operation.gives)
    return head + fields + given


def _fields(where: str, fields: Any) -> Markup:
    if not fields:
        return Markup("")
    rows = [
        Markup("<tr><td><code>{}</code></td><td>{}</td></tr>").format(name, _words(schema))
        for name, schema in fields.items()
    ]
    return Markup("<table><caption>{}</caption><tbody>{}</tbody></table>").format(
        where, Markup("").join(rows)
    )


def _words(schema: Any) -> Markup:
    if "x-unsupported" in schema:
        return Markup("not supported: {}").format(schema["x-unsupported"])
    text = json.dumps(schema, ensure_ascii=False)
    if len(text) <= 200:
        return Markup("<code>{}</code>").format(text)
    return Markup("<details><summary>schema</summary><pre>{}</pre></details>").format(_pretty(schema))


def _schema(name: str, schema: Any) -> Markup:
    if schema is None:
        return Markup("")
    return Markup("<details><summary>{}</summary><pre>{}</pre></details>").format(name, _pretty(schema))


def _pretty(schema: Any) -> Markup:
    return escape(json.dumps(schema, indent=2, ensure_ascii=False))
