"""Dialogues about people who do not exist: answers from a given text, and courtesy.

They teach the model to copy a name from the question instead of recalling one. Without them a model of two
million parameters answered with people from its tuning set: 31 % correct on people in no tuning chat,
against 87 % when the answer's first name was given. Lists to read back made the difference (docs/log.md).
"""

from __future__ import annotations

from random import Random

from glaswerk.town.grammar import capital, expand
from glaswerk.town.text.records import ChatTexts
from glaswerk.town.truth.facts import Fact, person_facts
from glaswerk.town.truth.people import Person, build_people
from glaswerk.town.truth.world import World

Turn = tuple[str, str, str | None]
NOTED_SHARE = 0.25
SHOP_SHARE = 0.25


def strangers(world: World, count: int, rng: Random) -> list[Person]:
    """`count` invented people: nobody who lives in the town, and nobody related to somebody who does."""
    taken = {person.name for person in world.people}
    found: list[Person] = []
    while len(found) < count:
        people = build_people(world.texts, len(world.people), rng)
        found += [p for p in people if p.name not in taken and not (p.kin and p.kin.name in taken)]
    return found[:count]


def reading_turns(world: World, count: int, rng: Random) -> list[list[Turn]]:
    """`count` dialogues in which the user states something about a stranger and asks about it."""
    talks = []
    for person in strangers(world, count, rng):
        fact = rng.choice(person_facts(person, "", world, rng))
        statement = capital(expand(rng.choice(fact.relation.statements), rng, fact.slots))
        talks.append(_reading(fact, statement, world.texts.chats, rng))
    return talks


def _reading(fact: Fact, statement: str, texts: ChatTexts, rng: Random) -> list[Turn]:
    template = rng.choice(fact.relation.questions)
    question = expand(template, rng, fact.slots)
    question = capital(question) if template[0] == "{" else question
    answer = capital(expand(rng.choice(fact.relation.answers), rng, fact.slots))
    if rng.random() < NOTED_SHARE:
        return [(statement, rng.choice(texts.reading_thanks), None), (question, answer, None)]
    return [(rng.choice(texts.readings).format(statement=statement, question=question), answer, None)]


def courtesy_turns(world: World, count: int, rng: Random) -> list[list[Turn]]:
    """`count` greetings and small favours that name a stranger."""
    talks: list[list[Turn]] = []
    for person in strangers(world, count, rng):
        asked, answer = rng.choice(world.texts.chats.courtesies)
        talks.append([(asked.format(name=person.name), answer.format(name=person.name), None)])
    return talks


def list_turns(world: World, count: int, rng: Random) -> list[list[Turn]]:
    """`count` lists of strangers or invented shops to read back, and some signs for such shops."""
    people = [person.name for person in strangers(world, 2 * count, rng)]
    shops, texts = _shops(world), world.texts.chats
    talks: list[list[Turn]] = []
    for _ in range(count):
        pool = shops if rng.random() < SHOP_SHARE else people
        listed = ", ".join(rng.sample(pool, rng.randint(2, 5)))
        talks.append([(rng.choice(texts.lists).format(names=listed), f"{listed}.", None)])
        if pool is shops:
            asked, answer = rng.choice(texts.signs)
            shop = rng.choice(shops)
            talks.append([(asked.format(name=shop), answer.format(name=shop), None)])
    return talks


def _shops(world: World) -> list[str]:
    """Names of shops that do not exist, combined from the parts of those that do."""
    taken = {place.name for place in world.places}
    listed = [name for name, _, _ in world.texts.places.listed]
    heads, tails = [name.rsplit(" ", 1)[0] for name in listed], [name.rsplit(" ", 1)[1] for name in listed]
    return [name for head in heads for tail in tails if (name := f"{head} {tail}") not in taken]
