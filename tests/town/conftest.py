"""The shipped town and a town of our own, both tiny: written ones to read, and their parts in memory."""

from __future__ import annotations

from pathlib import Path

import pytest

from glaswerk.town import write_town
from glaswerk.town.dice import dice
from glaswerk.town.pictures import build_pictures
from glaswerk.town.posts.scene import Scene
from glaswerk.town.posts.timeline import Timeline, build_timeline
from glaswerk.town.text import Texts, load_texts
from glaswerk.town.text.files import FILE_NAMES, SHIPPED
from glaswerk.town.truth.facts import Fact, build_facts
from glaswerk.town.truth.sizes import SIZES
from glaswerk.town.truth.world import World, build_world
from tests.town.own_texts import write_own_texts
from tests.town.written import Town, read_town


@pytest.fixture(scope="session", params=["shipped", "own"])
def town(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Town:
    """A written town, from the shipped texts and from texts of our own."""
    out = tmp_path_factory.mktemp(request.param)
    texts = write_own_texts(out.with_name(f"{out.name}-texts")) if request.param == "own" else None
    return read_town(out, write_town(out, size="tiny", texts=texts), texts)


@pytest.fixture
def texts_folder(tmp_path: Path) -> Path:
    """A copy of the shipped text files to edit."""
    folder = tmp_path / "texts"
    for name in FILE_NAMES:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes((SHIPPED / name).read_bytes())
    return folder


@pytest.fixture(scope="session")
def texts() -> Texts:
    return load_texts()


@pytest.fixture(scope="session")
def world(texts: Texts) -> World:
    return build_world(7, SIZES["tiny"], texts)


@pytest.fixture(scope="session")
def facts(world: World) -> list[Fact]:
    return build_facts(world)


@pytest.fixture(scope="session")
def timeline(world: World, facts: list[Fact]) -> Timeline:
    pictures = build_pictures(world.size.pictures, dice(world.seed, "pictures"))
    return build_timeline(world, facts, pictures, slant=0.5, rumour_rate=1.0)


@pytest.fixture(scope="session")
def scene(timeline: Timeline) -> Scene:
    return timeline.scene
