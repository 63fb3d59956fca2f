"""Every document belongs to one family, and every family has two splits."""

from __future__ import annotations

from typing import get_args

import pytest

from glaswerk.core.document import Kind
from glaswerk.data.store.families import (
    CHAT,
    CORPUS_SPLITS,
    FAMILIES,
    IMAGE,
    PREFERENCE,
    SHARD_SPLITS,
    TEXT,
    TURNS,
    family_of,
)


@pytest.mark.parametrize(
    ("kind", "media", "family"),
    [
        ("post", (), TEXT),
        ("post", ("a.png",), TEXT),
        ("page", (), TEXT),
        ("dialogue", (), CHAT),
        ("dialogue", ("a.png",), CHAT),
        ("preference", (), PREFERENCE),
        ("caption", ("a.png",), IMAGE),
        ("caption", (), TEXT),
        ("a kind of the future", (), TEXT),
    ],
)
def test_the_kind_decides_the_family_and_a_caption_needs_its_picture(
    kind: str, media: tuple[str, ...], family: int
) -> None:
    assert family_of(kind, media) == family


def test_every_kind_of_document_has_a_family() -> None:
    assert {family_of(kind, ("a.png",)) for kind in get_args(Kind)} == {TEXT, CHAT, PREFERENCE, IMAGE}


def test_each_family_has_a_split_to_train_on_and_one_held_out_in_the_order_of_families() -> None:
    trained, held = CORPUS_SPLITS[::2], CORPUS_SPLITS[1::2]
    assert len(trained) == len(held) == len(FAMILIES)
    assert trained == ("train", *FAMILIES[1:])
    assert held == ("validation", *(f"{family}-validation" for family in FAMILIES[1:]))


def test_shards_have_every_split_but_those_of_pictures() -> None:
    assert set(CORPUS_SPLITS) - set(SHARD_SPLITS) == {"image", "image-validation"}
    assert CORPUS_SPLITS[: len(SHARD_SPLITS)] == SHARD_SPLITS


def test_only_families_of_dialogues_consist_of_turns() -> None:
    assert [FAMILIES[family] for family in TURNS] == ["chat", "preference"]
