"""Checks across files, and lists long enough for a town's size."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from glaswerk.core.errors import GlaswerkError
from glaswerk.town import write_town
from glaswerk.town.text import Texts, check_size
from glaswerk.town.truth.sizes import SIZES
from tests.town.text.edits import edit, refusal


def check(texts: Texts, size: str) -> None:
    counts = SIZES[size]
    check_size(
        texts, people=counts.people, places=counts.places, events=counts.events, rumours=counts.rumours
    )


@pytest.mark.parametrize("size", list(SIZES))
def test_the_shipped_texts_are_enough_for_every_size(size: str, texts: Texts) -> None:
    check(texts, size)
    assert len(texts.places.events) >= SIZES[size].events


@pytest.mark.parametrize(
    ("name", "old", "new", "message"),
    [
        (
            "accounts.toml",
            "Weir Watcher | poet",
            "Weir Watcher | poets",
            "found 'poets'; did you mean 'poet'?",
        ),
        ("stories.toml", 'teller = "neighbour"', 'teller = "nobody"', "for the story gnome"),
        ("places.toml", "Lantern Regatta | August", "Lantern Regatta | Augst", "did you mean 'August'?"),
        ("places.toml", "The Drowned Bell |", "The Copper-Kettle |", "found 'The Copper Kettle' and"),
        (
            "places.toml",
            "Goose Fair |",
            "Lantern Regatta! |",
            "found 'Lantern Regatta' and 'Lantern Regatta!'",
        ),
        ("names.toml", "Abernook", "Абернук", "with letters a to z, which ids and handles are made from"),
        ("names.toml", "Abernook", "Árkle Árklé", "expected surnames that differ in letters and digits"),
    ],
)
def test_files_that_contradict_each_other_are_refused(
    name: str, old: str, new: str, message: str, texts_folder: Path
) -> None:
    edit(texts_folder, name, old, new)
    found = refusal(texts_folder)
    assert found.startswith(f"{name}: expected ")
    assert message in found


def test_own_voices_without_one_that_a_shipped_file_needs_are_refused(texts_folder: Path) -> None:
    edit(texts_folder, "voices.toml", 'id = "poet"', 'id = "singer"')
    (texts_folder / "accounts.toml").unlink()
    assert "accounts.toml: expected a voice of voices.toml for Weir Watcher" in refusal(texts_folder)


def test_a_reserved_pair_that_is_also_spoken_is_refused(texts_folder: Path) -> None:
    spoken = "We should scrap the bridge toll."
    edit(texts_folder, "issues.toml", "Crossing the bridge should cost nothing.", spoken + " ")
    message = refusal(texts_folder)
    assert "twice" in message or "nowhere else" in message


@pytest.mark.parametrize(
    ("change", "size", "message"),
    [
        ({"surnames": ("Arkle",) * 12, "surname_heads": ()}, "tiny", "at least 24 surnames"),
        (
            {"she": ("Ada",), "surname_heads": ()},
            "demo",
            "at least 720 full names for a town of this size, found",
        ),
        ({"surname_heads": (), "surname_tails": ()}, "large", "at least 720 surnames"),
    ],
)
def test_too_few_names_are_refused(
    change: dict[str, tuple[str, ...]], size: str, message: str, texts: Texts
) -> None:
    names = replace(texts.names, **change)
    with pytest.raises(GlaswerkError, match=message) as caught:
        check(replace(texts, names=names), size)
    assert caught.value.hint == "add entries to the list, or choose a smaller --size"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"listed": (("The Bell", "pub", "cook"),) * 3, "heads": ()}, "at least 16 places"),
        ({"events": ()}, "at least 12 events for a town of this size, found 0"),
        ({"eateries": ("canteen",)}, r"an eatery \(canteen\) among the first 16 places, found none"),
    ],
)
def test_too_few_places_are_refused(
    change: dict[str, tuple[object, ...]], message: str, texts: Texts
) -> None:
    places = replace(texts.places, **change)  # type: ignore[arg-type]
    with pytest.raises(GlaswerkError, match=r"places\.toml: expected .*" + message):
        check(replace(texts, places=places), "demo")


def test_too_few_rumours_are_refused(texts: Texts) -> None:
    few = replace(texts.rumours, listed=texts.rumours.listed[:5])
    with pytest.raises(GlaswerkError, match=r"rumours\.toml: expected at least 6 rumours .* found 5"):
        check(replace(texts, rumours=few), "tiny")


def test_two_accounts_with_the_same_handle_are_refused_before_an_archive_is_overwritten(
    texts_folder: Path, tmp_path: Path
) -> None:
    edit(texts_folder, "names.toml", 'handle = "hill_union"', 'handle = "copper_kettle"')
    with pytest.raises(GlaswerkError, match="'Hill Union' and 'The Copper Kettle', both 'copper_kettle'"):
        write_town(tmp_path / "out", size="tiny", texts=texts_folder)
    assert not (tmp_path / "out").exists()
