"""A gateway in front of a scripted server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from glaswerk.lab import Lab
from glaswerk.serve import create_app
from tests.serve.conftest import Running, run_app
from tests.serve.upstreams.scripted import Scripted
from tests.support.lab_copies import copied


@pytest.fixture(scope="module")
def other() -> Iterator[tuple[Scripted, Running]]:
    """The scripted server."""
    made = Scripted()
    with run_app(made.app) as running:
        yield made, running


@pytest.fixture
def scripted(other: tuple[Scripted, Running]) -> Scripted:
    """What it was sent, and whether its reader left."""
    other[0].left.clear()
    return other[0]


@pytest.fixture
def lab(copy: Lab, other: tuple[Scripted, Running]) -> Lab:
    """A lab that knows it as "other"."""
    with (copy.root / "lab.toml").open("a") as file:
        file.write(f'\n[serve.upstreams.other]\nurl = "{other[1].url}/v1"\n')
    return copy


@pytest.fixture(scope="module")
def shared(
    other: tuple[Scripted, Running], glass_folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Running]:
    """A gateway without keys in front of it."""
    folder = tmp_path_factory.mktemp("gateway") / "lab"
    copied(glass_folder, folder)
    with (folder / "lab.toml").open("a") as file:
        file.write(f'\n[serve.upstreams.other]\nurl = "{other[1].url}/v1"\n')
    with run_app(create_app(Lab.open(folder))) as running:
        yield running


@pytest.fixture
def gateway(shared: Running) -> Running:
    """The gateway of all tests of a file."""
    return shared
