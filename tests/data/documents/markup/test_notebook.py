"""Notebooks give prose and code, never outputs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from x_docs import add, documents

from glaswerk.core.errors import GlaswerkError
from glaswerk.data.documents.markup.notebook import read_notebook
from glaswerk.lab import Lab

OUTPUT = [{"output_type": "stream", "text": ["secret output"]}]
CELLS: list[dict[str, Any]] = [
    {"cell_type": "markdown", "source": ["# The mill\n", "It turns."]},
    {"cell_type": "code", "source": "turn(mill)\n", "outputs": OUTPUT, "execution_count": 1},
    {"cell_type": "raw", "source": "raw"},
    {"cell_type": "code", "source": "", "outputs": []},
]
NOTEBOOK = {
    "cells": CELLS,
    "metadata": {"title": "Mills", "authors": [{"name": "Ada"}], "kernelspec": {"language": "python"}},
    "nbformat": 4,
    "nbformat_minor": 5,
}


@pytest.mark.parametrize("indent", [None, 1])
def test_a_notebook_is_one_document_without_outputs(
    empty_lab: Lab, tmp_path: Path, indent: int | None
) -> None:
    (tmp_path / "work").write_text(json.dumps(NOTEBOOK, indent=indent))
    (found,) = documents(add(empty_lab, tmp_path / "work"))
    assert found.text == "Mills\n\n# The mill\nIt turns.\n\n```python\nturn(mill)\n```"
    assert found.author == "Ada"


def test_version_3_keeps_its_cells_in_worksheets() -> None:
    cells = [{"cell_type": "heading", "level": 2, "source": "Mill"}, {"cell_type": "code", "input": ["x"]}]
    assert read_notebook({"worksheets": [{"cells": cells}]})["text"] == "## Mill\n\n```\nx\n```"


def test_a_notebook_without_cells_counts_as_no_text_and_a_cut_one_is_an_error(
    empty_lab: Lab, tmp_path: Path
) -> None:
    (tmp_path / "a.ipynb").write_text('{"cells": [], "nbformat": 4}')
    with pytest.raises(GlaswerkError, match="no_text 1"):
        add(empty_lab, tmp_path / "a.ipynb")
    (tmp_path / "b.ipynb").write_text(json.dumps(NOTEBOOK)[:200])
    with pytest.raises(GlaswerkError, match="JSON object"):
        add(empty_lab, tmp_path / "b.ipynb")


def test_a_notebook_nested_without_end_is_a_named_error(empty_lab: Lab, tmp_path: Path) -> None:
    (tmp_path / "a.ipynb").write_text('{"cells": ' + "[" * 100_000)
    with pytest.raises(GlaswerkError, match="JSON object"):
        add(empty_lab, tmp_path / "a.ipynb")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["cells", "source", "cell_type"]), inner),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from(["cells", "metadata", "worksheets"]), JSON))
def test_any_json_gives_text(notebook: dict[str, Any]) -> None:
    assert isinstance(read_notebook(notebook)["text"], str)
