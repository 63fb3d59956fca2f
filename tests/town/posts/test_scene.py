"""What all writers of posts share."""

from __future__ import annotations

from glaswerk.town.dice import dice
from glaswerk.town.posts.post import MAX_CHARACTERS
from glaswerk.town.posts.scene import Scene, finish, remark, say, weather_line


def test_accounts_are_found_by_kind_in_their_order(scene: Scene) -> None:
    found = scene.of_kind("party", "gazette")
    assert [account.kind for account in found] == ["party", "party", "gazette"]
    assert scene.one("gazette").name == "Ostlebury Gazette"
    assert scene.of_kind("stranger") == []


def test_small_talk_uses_places_of_the_town(scene: Scene) -> None:
    rng = dice(1, "test")
    places = {place.name: place.kind for place in scene.world.places}
    for _ in range(30):
        slots = scene.slots(rng)
        assert slots["street"] in scene.world.texts.values.streets
        assert places[slots["eatery"]] in scene.world.texts.places.eateries
        assert slots["at_venue"].endswith(slots["venue"])


def test_names_keep_their_capital_and_articles_do_not(scene: Scene) -> None:
    assert {"Ostlebury", "Wend", "Rovers", "August", "Marlow"} <= scene.proper
    assert not scene.proper & {"The", "A", "In", "On"}
    assert all(person.first in scene.proper for person in scene.world.people)


def test_the_weather_fits_the_season(scene: Scene) -> None:
    rng = dice(1, "test")
    winter = {weather_line(1, scene, rng) for _ in range(60)}
    assert "My fingers are blue." in winter
    assert not winter & {weather_line(7, scene, rng) for _ in range(60)}


def test_a_post_that_would_be_too_long_goes_without_decoration(scene: Scene) -> None:
    author = scene.of_kind("party")[0]
    core = "x" * (MAX_CHARACTERS - 5)
    for seed in range(30):
        assert finish(core, author, 1, scene, dice(seed, "test"), "#tag") == f"{core} #tag"


def test_a_remark_has_neither_opener_nor_closer(scene: Scene) -> None:
    author = next(
        account for account in scene.accounts if account.voice.calm < 0.5 and not account.voice.lower
    )
    found = {remark("Noted.", author, 1, scene, dice(seed, "test")) for seed in range(60)}
    assert "Noted." in found
    assert all(text.startswith("Noted.") for text in found)


def test_a_template_is_said_with_everything_filled_in(scene: Scene) -> None:
    said = say("[Tea|Soup] at {eatery} in {town} , says {place}.", scene, dice(1, "test"))
    assert not set("[]{}|") & set(said)
    assert "Ostlebury, says" in said
