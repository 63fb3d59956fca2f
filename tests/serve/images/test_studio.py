"""The studio draws for several requests at once, and ends cleanly."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest
import torch
from small_painters import small_painter

from glaswerk.core.errors import GlaswerkError
from glaswerk.infer.images.sampler import Drawing, Painter
from glaswerk.lab import Lab, Spec
from glaswerk.model.images.folder import save
from glaswerk.serve.errors import ApiError
from glaswerk.serve.images.studio import MOST, Sketch, Studio
from tests.support.lab_copies import copied

HOUSE = Drawing("a red house", seed=3, steps=4)
NEAR = 1e-4


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Lab:
    folder = tmp_path_factory.mktemp("studio")
    made = Lab.init(folder / "lab")
    for seed, name in enumerate(("first", "second")):

        def write(out: Path, name: str = name, seed: int = seed) -> dict[str, Any]:
            save(small_painter(folder / name, seed=seed), out)
            return {}

        made.make(Spec("image-model", name, "test/1", {}, {"name": name}), write)
    return made


@pytest.fixture
def studio(lab: Lab) -> Iterator[Studio]:
    found = Studio(lab)
    yield found
    found.close()


async def _sketches(studio: Studio, drawings: Sequence[Drawing], model: str | None = None) -> list[Sketch]:
    return [sketch async for sketch in studio.draw(studio.model(model), drawings)]


def _last(sketches: Sequence[Sketch]) -> dict[int, torch.Tensor]:
    return {sketch.index: sketch.picture for sketch in sketches if sketch.finished}


def test_every_step_gives_a_sketch_and_the_last_is_the_picture(studio: Studio, lab: Lab) -> None:
    found = asyncio.run(_sketches(studio, [HOUSE]))
    assert [(sketch.done, sketch.steps) for sketch in found] == [(n, 4) for n in range(1, 5)]
    from glaswerk.model.images.folder import load

    alone = Painter(load(studio.model(None).path), torch.device("cpu")).draw([HOUSE])[0]
    assert (found[-1].picture - alone).abs().max() < NEAR


def test_the_newest_model_draws_unless_another_is_named(studio: Studio) -> None:
    assert studio.model(None).name == "second"
    assert studio.model("first").name == "first"
    with pytest.raises(ApiError, match="first, second") as error:
        studio.model("third")
    assert error.value.status == 404


def test_requests_are_drawn_together_and_each_as_if_alone(studio: Studio) -> None:
    async def both() -> tuple[list[Sketch], list[Sketch]]:
        others = [Drawing("two blue boats", seed=i, steps=6) for i in range(5)]
        one, two = await asyncio.gather(_sketches(studio, [HOUSE]), _sketches(studio, others))
        return one, two

    alone = _last(asyncio.run(_sketches(studio, [HOUSE])))[0]
    together, others = asyncio.run(both())
    assert (alone - _last(together)[0]).abs().max() < NEAR
    assert sorted(_last(others)) == list(range(5))


def test_pictures_of_several_sizes_and_models_all_end(studio: Studio) -> None:
    async def everything() -> list[list[Sketch]]:
        wide = Drawing("a red house", steps=3, width=48, height=16)
        calls = [
            _sketches(studio, [HOUSE], "first"),
            _sketches(studio, [wide], "second"),
            _sketches(studio, [HOUSE, HOUSE], "second"),
            _sketches(studio, [wide], "first"),
        ]
        return await asyncio.gather(*calls)

    found = asyncio.run(everything())
    assert [len(_last(sketches)) for sketches in found] == [1, 1, 2, 1]
    assert _last(found[1])[0].shape == (3, 16, 48)
    assert (_last(found[0])[0] - _last(found[2])[0]).abs().max() > 0.01


def test_work_that_nobody_waits_for_ends(studio: Studio) -> None:
    async def leaves() -> None:
        drawings = [Drawing("a red house", seed=i, steps=1000) for i in range(10)]
        async with aclosing(studio.draw(studio.model(None), drawings)) as sketches:
            async for _ in sketches:
                break
        await _sketches(studio, [HOUSE])

    asyncio.run(leaves())
    assert studio.waiting == 0


def test_more_than_may_wait_are_refused_with_a_time(studio: Studio) -> None:
    async def crowd() -> list[Any]:
        many = [Drawing("a red house", seed=i, steps=2) for i in range(10)]
        calls = (_sketches(studio, many) for _ in range(MOST // 10 + 3))
        return await asyncio.gather(*calls, return_exceptions=True)

    found = asyncio.run(crowd())
    refused = [one for one in found if isinstance(one, ApiError)]
    assert refused
    assert all(one.status == 429 and one.headers["retry-after"] for one in refused)
    assert sum(not isinstance(one, Exception) for one in found) >= MOST // 10


def test_a_damaged_model_ends_its_request_and_others_go_on(lab: Lab, tmp_path: Path) -> None:
    copied(lab.root, tmp_path / "lab")
    copy = Lab.open(tmp_path / "lab")
    (copy.need("image-model", "first", hint="").path / "model_index.json").write_text("{}")
    studio = Studio(copy)
    try:
        with pytest.raises(GlaswerkError, match="expected a picture model"):
            asyncio.run(_sketches(studio, [HOUSE], "first"))
        assert _last(asyncio.run(_sketches(studio, [HOUSE], "second")))
    finally:
        studio.close()


def test_a_closed_studio_ends_what_is_drawn(lab: Lab) -> None:
    studio = Studio(lab)

    async def closing() -> None:
        drawings = [Drawing("a red house", seed=i, steps=1000) for i in range(4)]
        async with aclosing(studio.draw(studio.model(None), drawings)) as sketches:
            async for _ in sketches:
                await asyncio.to_thread(studio.close)

    with pytest.raises(RuntimeError, match="has ended"):
        asyncio.run(closing())


def test_a_lab_without_image_models_says_what_makes_one(tmp_path: Path) -> None:
    with pytest.raises(ApiError, match="glaswerk images train makes one"):
        Studio(Lab.init(tmp_path)).model(None)
