"""Accounts: one for everybody, with a voice, a side and a profile."""

from __future__ import annotations

import re
from collections import Counter

from glaswerk.town.posts.accounts import build_accounts
from glaswerk.town.posts.scene import Scene
from glaswerk.town.text import Texts
from glaswerk.town.text.records import OFFICIAL
from glaswerk.town.truth.sizes import SIZES
from glaswerk.town.truth.world import World, build_world


def test_parties_gazette_and_council_come_first(scene: Scene) -> None:
    assert [account.kind for account in scene.accounts[:4]] == ["party", "party", "gazette", "council"]
    assert all(account.voice is OFFICIAL for account in scene.accounts[:4])


def test_every_person_has_an_account_and_no_visitor_s_voice(scene: Scene, world: World) -> None:
    people = scene.of_kind("person")
    assert [account.name for account in people] == [person.name for person in world.people]
    assert not [account for account in people if account.voice.visitor]


def test_handles_and_ids_are_unique_in_every_size(texts: Texts) -> None:
    for name, size in SIZES.items():
        accounts = build_accounts(build_world(5, size, texts))
        assert len({account.handle for account in accounts}) == len(accounts), name
        assert len({account.id for account in accounts}) == len(accounts)
        assert all(re.fullmatch(r"[a-z0-9_]{1,15}", account.handle) for account in accounts)


def test_both_sides_have_equally_many_accounts(scene: Scene) -> None:
    sides = Counter(account.side for account in scene.accounts)
    assert abs(sides["a"] - sides["b"]) <= 1


def test_a_large_town_has_more_outsiders_than_names_and_numbers_them(texts: Texts) -> None:
    accounts = build_accounts(build_world(5, SIZES["large"], texts))
    outsiders = [account.name for account in accounts if account.kind == "outsider"]
    assert len(outsiders) == SIZES["large"].outsiders > len(texts.accounts.outsiders)
    assert len(set(outsiders)) == len(outsiders)
    assert {"Weir Watcher", "Weir Watcher Again", "Weir Watcher 9"} <= set(outsiders)


def test_profiles_have_no_open_placeholders(scene: Scene) -> None:
    assert not [account.bio for account in scene.accounts if "{" in account.bio or "  " in account.bio]
