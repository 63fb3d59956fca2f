"""Secrets and contact details: what they look like, and that their numbers are safe."""

from __future__ import annotations

import pytest

from glaswerk.town.dice import dice
from glaswerk.town.posts.private import CONTACT, SECRET, contact_slots, deleted_posts, direct_messages, iban
from glaswerk.town.posts.scene import Scene
from glaswerk.town.posts.timeline import Timeline


@pytest.mark.parametrize("seed", range(20))
def test_an_iban_has_correct_check_digits_for_a_bank_that_does_not_exist(seed: int) -> None:
    number = iban(dice(seed, "test"))
    assert number[4:8] == "TOWN"
    assert len(number) == 22
    turned = number[4:] + number[:4]
    assert int("".join(str(int(letter, 36)) for letter in turned)) % 97 == 1


def test_contact_details_are_of_reserved_ranges(scene: Scene) -> None:
    slots = contact_slots(scene.accounts[5], "town.example", dice(1, "test"))
    assert slots["mail"] == f"{scene.accounts[5].handle}@town.example"
    assert slots["phone"].startswith("01632 960")
    assert all(CONTACT.fullmatch(text) for text in slots.values())


def test_every_deleted_post_holds_one_secret_that_no_other_has(scene: Scene) -> None:
    posts = deleted_posts(scene, dice(1, "test"))
    found = [SECRET.findall(post.text) for post in posts]
    assert all(len(secrets) == 1 for secrets in found)
    assert len({secrets[0] for secrets in found}) == len(posts)
    assert all(post.deleted for post in posts)


def test_a_conversation_opens_with_a_secret_and_is_between_two_people(scene: Scene) -> None:
    messages = direct_messages(scene, dice(1, "test"))
    openings = [message for message in messages if SECRET.search(message.text)]
    assert len(openings) == len(scene.of_kind("person"))
    assert all(message.sender is not message.recipient for message in messages)


def test_no_secret_is_in_any_other_post(timeline: Timeline) -> None:
    assert not [post.text for post in timeline.posts if not post.deleted and SECRET.search(post.text)]
