"""A fresh, empty lab for tests that add content; hypothesis without its clock."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from glaswerk.lab import Lab

# A busy machine is no fault of the code: tests never time anything.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


@pytest.fixture
def empty_lab(tmp_path: Path) -> Iterator[Lab]:
    lab = Lab.init(tmp_path / "lab")
    yield lab
    lab.ledger.close()
