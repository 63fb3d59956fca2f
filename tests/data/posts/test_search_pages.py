"""Answers of X's search are posts, with results or without; `add docs` sends them to `add posts`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from x_exports import status

from glaswerk.core.errors import GlaswerkError
from glaswerk.data.source import add_docs, add_posts
from glaswerk.lab import Lab

RIGHTS = {"licence": "CC0-1.0", "acquired": "licensed"}
POST = status(1, "Words of the mill")
FULL: list[dict[str, Any]] = [
    {"statuses": [POST], "search_metadata": {"count": 1}},
    {"search_metadata": {"count": 1}, "statuses": [POST]},
    {"statuses": [POST]},
    {"results": [POST], "max_id": 2},
]
EMPTY: list[dict[str, Any]] = [
    {"statuses": [], "search_metadata": {"count": 0}},
    {"meta": {"result_count": 0}},
    {"data": [], "meta": {"result_count": 0}},
]


def written(folder: Path, page: dict[str, Any], way: str) -> Path:
    file = folder / f"page.{way}"
    file.write_text(json.dumps(page, indent=1) if way == "json" else f"{json.dumps(page)}\n" * 2)
    return file


@pytest.mark.parametrize("way", ["json", "jsonl"])
@pytest.mark.parametrize("page", FULL)
def test_a_page_of_results_gives_its_posts(
    empty_lab: Lab, tmp_path: Path, page: dict[str, Any], way: str
) -> None:
    assert add_posts(empty_lab, [written(tmp_path, page, way)], **RIGHTS).stats["documents"] == 1


@pytest.mark.parametrize("way", ["json", "jsonl"])
@pytest.mark.parametrize("page", [*FULL, *EMPTY])
def test_documents_name_the_command_for_a_page(
    empty_lab: Lab, tmp_path: Path, page: dict[str, Any], way: str
) -> None:
    with pytest.raises(GlaswerkError, match="a record of X's API") as caught:
        add_docs(empty_lab, [written(tmp_path, page, way)], **RIGHTS)
    assert "glaswerk add posts" in (caught.value.hint or "")


@pytest.mark.parametrize("page", EMPTY)
def test_a_page_without_results_says_so(empty_lab: Lab, tmp_path: Path, page: dict[str, Any]) -> None:
    with pytest.raises(GlaswerkError, match="no_results 1") as caught:
        add_posts(empty_lab, [written(tmp_path, page, "json")], **RIGHTS)
    assert caught.value.hint == "glaswerk explain no_results"
