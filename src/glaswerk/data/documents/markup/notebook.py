"""Jupyter notebooks (nbformat 3 and 4): prose as it is, code in fences, outputs left out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any


def read_notebook(notebook: Mapping[str, Any]) -> dict[str, Any]:
    """Fields of a notebook: text, title, author. Cells of other kinds than prose and code are left out."""
    about = _mapping(notebook.get("metadata"))
    language = _text(_mapping(about.get("kernelspec")).get("language")) or _text(
        _mapping(about.get("language_info")).get("name")
    )
    found = [_cell(cell, language) for cell in _cells(notebook)]
    authors = about.get("authors")
    names = [_text(_mapping(each).get("name")) for each in authors[:10]] if isinstance(authors, list) else []
    return {
        "text": "\n\n".join(cell for cell in found if cell),
        "title": _text(about.get("title")),
        "author": ", ".join(name for name in names if name),
    }


def _cells(notebook: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The cells in their order; version 3 has them in worksheets."""
    sheets = notebook.get("worksheets")
    for sheet in sheets if isinstance(sheets, list) else [notebook]:
        cells = _mapping(sheet).get("cells")
        yield from map(_mapping, cells if isinstance(cells, list) else ())


def _cell(cell: Mapping[str, Any], language: str) -> str:
    kind = cell.get("cell_type")
    source = _text(cell.get("source") or cell.get("input")).strip("\n")
    if kind == "code":
        return f"```{language}\n{source}\n```" if source.strip() else ""
    if kind == "heading":
        level = cell.get("level")
        return f"{'#' * (level if isinstance(level, int) and 0 < level < 7 else 1)} {source}"
    return source if kind == "markdown" else ""


def _text(value: object) -> str:
    """A text, or the lines that it is stored as."""
    if isinstance(value, list):
        return "".join(line for line in value if isinstance(line, str))
    return value if isinstance(value, str) else ""


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
