"""The calendar that posts are placed on, and their ids."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glaswerk.town.dice import dice
from glaswerk.town.posts.accounts import Account
from glaswerk.town.posts.post import (
    SNOWFLAKE_EPOCH_MS,
    Post,
    date_of,
    moment,
    month_of_year,
    month_start,
    number_posts,
    season,
    snowflake,
)
from glaswerk.town.posts.scene import Scene
from glaswerk.town.text.records import OFFICIAL


@pytest.mark.parametrize(
    ("month", "start", "name"),
    [
        (1, (2023, 1), "winter"),
        (3, (2023, 3), "spring"),
        (12, (2023, 12), "winter"),
        (13, (2024, 1), "winter"),
        (18, (2024, 6), "summer"),
        (21, (2024, 9), "autumn"),
        (24, (2024, 12), "winter"),
    ],
)
def test_months_count_from_january_of_the_first_year(month: int, start: tuple[int, int], name: str) -> None:
    assert month_start(month) == datetime(*start, 1, tzinfo=UTC)
    assert month_of_year(month) == start[1]
    assert season(month) == name


@given(st.integers(1, 24), st.integers(0, 999))
def test_a_moment_is_within_its_month_and_waking_hours(month: int, seed: int) -> None:
    author = _author(nocturnal=False)
    when = datetime.fromtimestamp(moment(dice(seed, "test"), author, month), UTC)
    assert (when.year, when.month) == (month_start(month).year, month_start(month).month)
    assert 6 <= when.hour <= 22


@given(st.integers(1, 24), st.integers(0, 999))
def test_a_night_worker_posts_at_night(month: int, seed: int) -> None:
    when = moment(dice(seed, "test"), _author(nocturnal=True), month)
    assert datetime.fromtimestamp(when, UTC).hour in {0, 1, 2, 3, 4, 5, 6, 7, 22, 23}


def _author(*, nocturnal: bool) -> Account:
    return Account("1", "ada", "Ada", "person", replace(OFFICIAL, nocturnal=nocturnal), "", "a")


@given(st.integers(1_672_531_200, 1_735_689_600), st.integers(0, 99))
def test_an_id_holds_the_second_of_its_post(when: int, seed: int) -> None:
    number = int(snowflake(when, dice(seed, "ids")))
    assert ((number >> 22) + SNOWFLAKE_EPOCH_MS) // 1000 == when


def test_posts_of_the_same_second_have_different_ids(scene: Scene) -> None:
    posts = [Post(scene.accounts[0], 1_700_000_000, "text", "talk") for _ in range(500)]
    number_posts(posts, dice(1, "ids"))
    assert len({post.id for post in posts}) == 500
    assert date_of(posts[0]) == datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)
