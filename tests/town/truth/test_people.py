"""People: unique names and handles, families, and one value of each kind."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from glaswerk.core.errors import GlaswerkError
from glaswerk.town.dice import dice
from glaswerk.town.text import Texts
from glaswerk.town.truth.people import Person, build_people, surnames


@pytest.fixture(scope="module", params=[24, 720])
def people(request: pytest.FixtureRequest, texts: Texts) -> list[Person]:
    return build_people(texts, request.param, dice(3, "people"))


def test_names_handles_and_ids_are_unique(people: list[Person]) -> None:
    for made in ([p.name for p in people], [p.handle for p in people], [p.id for p in people]):
        assert len(set(made)) == len(people)


def test_a_handle_has_at_most_15_characters_and_no_underscore_at_its_end() -> None:
    person = Person("Maximiliana-Sophie Ab", she=True)
    assert person.handle == "maximiliana_sop"
    assert Person("Abcdefgh Ijklm-Nop", she=True).handle == "abcdefgh_ijklm"


def test_families_point_at_each_other(people: list[Person]) -> None:
    related = [person for person in people if person.kin]
    assert related
    for person in related:
        assert person.kin is not None
        assert person.kin.kin is person
        assert person.kin.kin_word == person.self_word
        relation = "spouse" if "spouse" in person.values else "sibling"
        assert person.values[relation] == person.kin.name


def test_words_for_relatives_fit_the_person(people: list[Person]) -> None:
    expected = {
        ("spouse", True): "wife",
        ("spouse", False): "husband",
        ("sibling", True): "sister",
        ("sibling", False): "brother",
    }
    for person in people:
        for relation in {"spouse", "sibling"} & person.values.keys():
            assert person.self_word == expected[relation, person.she]


def test_couples_share_a_street_and_siblings_a_village(people: list[Person]) -> None:
    for person in people:
        if person.kin and "spouse" in person.values:
            assert person.values["street"] == person.kin.values["street"]
        elif person.kin:
            assert person.values["village"] == person.kin.values["village"]
            assert abs(int(person.values["born"]) - int(person.kin.values["born"])) <= 12


def test_everyone_has_a_pet_or_a_hobby_but_not_both(people: list[Person]) -> None:
    having = Counter(tuple(sorted({"pet", "hobby"} & person.values.keys())) for person in people)
    assert set(having) == {("pet",), ("hobby",)}
    assert having["pet",] == len(people) // 2


def test_values_come_from_the_lists(people: list[Person], texts: Texts) -> None:
    lists = {"street": texts.values.streets, "trade": texts.values.trades, "pet": texts.values.pets}
    for person in people:
        for relation, values in lists.items():
            assert person.values.get(relation, values[0]) in values


def test_trades_are_spread_evenly(people: list[Person]) -> None:
    used = Counter(person.values["trade"] for person in people).values()
    assert max(used) - min(used) <= 1


def test_listed_surnames_come_before_compounds(texts: Texts) -> None:
    found = surnames(texts.names, 400, dice(1, "test"))
    listed = len(texts.names.surnames)
    assert set(found[:listed]) == set(texts.names.surnames)
    assert not set(found[listed:]) & set(texts.names.surnames)
    assert len(found) == 400


def test_first_names_whose_handles_are_all_the_same_are_refused(texts: Texts) -> None:
    alike = tuple(f"Wilhelminafriederike{letter}" for letter in "abcdefghijkl")
    names = replace(texts.names, she=alike, he=alike)
    with pytest.raises(
        GlaswerkError, match=r"names\.toml: expected first names that give everyone called"
    ) as caught:
        build_people(replace(texts, names=names), 24, dice(1, "people"))
    assert caught.value.hint
