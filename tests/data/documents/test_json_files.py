"""Files whose name says JSON, and that are none or have no objects, are no prose."""

from __future__ import annotations

from pathlib import Path

import pytest
from x_docs import add

from glaswerk.core.errors import GlaswerkError
from glaswerk.lab import Lab


@pytest.mark.parametrize(
    "data", [b'["first", "second"]', b'// x\n[{"text": "first"}]', b"{'text': 'first'}", b'"first"', b"[[1]]"]
)
def test_json_without_objects_is_refused_and_not_taken_as_text(
    empty_lab: Lab, tmp_path: Path, data: bytes
) -> None:
    (tmp_path / "a.json").write_bytes(data)
    with pytest.raises(GlaswerkError, match="expected"):
        add(empty_lab, tmp_path / "a.json")
