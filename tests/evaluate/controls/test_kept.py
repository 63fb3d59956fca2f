"""Tables of a plant are kept under all that determines them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from glaswerk.evaluate.controls.kept import KeptTables, ModelTables

TABLES = ModelTables(
    {"lean": np.arange(6.0).reshape(3, 2), "familiarity": np.ones((3, 1))},
    np.zeros((2, 1)),
    {},
    {"seconds": 1.5},
)


def test_what_was_kept_is_read_again_without_loss(tmp_path: Path) -> None:
    KeptTables(tmp_path / "plants", ["a"]).write(TABLES)
    found = KeptTables(tmp_path / "plants", ["a"]).read()
    assert found is not None
    assert np.array_equal(found.held["lean"], TABLES.held["lean"])
    assert found.planted.shape == (2, 1)
    assert found.plain == {}
    assert found.training == {"seconds": 1.5}


def test_another_dose_or_other_pairs_are_another_plant(tmp_path: Path) -> None:
    KeptTables(tmp_path, ["a"]).write(TABLES)
    assert KeptTables(tmp_path, ["b"]).read() is None


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"held": 1}'])
def test_a_damaged_file_counts_as_not_kept(tmp_path: Path, text: str) -> None:
    KeptTables(tmp_path, ["a"]).write(TABLES)
    (file,) = tmp_path.glob("*.json")
    file.write_text(text)
    assert KeptTables(tmp_path, ["a"]).read() is None
