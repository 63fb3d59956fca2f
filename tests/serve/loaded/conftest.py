"""A lab with several tiny models that have learned different answers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from glaswerk.lab import Lab
from tests.serve.conftest import BAKERY, make_model
from tests.support.lab_copies import copied

QUESTION = "Who built the old bridge?"
# What each model answers to the same question.
SAYS = {"baker": BAKERY, "mason": "The mason Anna Behr built it."}


@pytest.fixture(scope="session")
def town_folder(glass_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a lab with the models chat, baker and mason. Read only."""
    folder = tmp_path_factory.mktemp("several") / "lab"
    copied(glass_folder, folder)
    lab = Lab.open(folder)
    for name, answer in SAYS.items():
        make_model(lab, f"{name}/step-40", steps=40, dialogues={QUESTION: answer})
    lab.ledger.close()
    return folder


@pytest.fixture
def town(town_folder: Path, tmp_path: Path) -> Iterator[Lab]:
    """A copy of it, to change."""
    copied(town_folder, tmp_path / "lab")
    lab = Lab.open(tmp_path / "lab")
    yield lab
    lab.ledger.close()
