"""Chats for tuning: tuned facts in many phrasings, and everything else a guide must be able to say."""

from __future__ import annotations

import json
from random import Random
from typing import Any

from glaswerk.town.chats.readings import courtesy_turns, list_turns, reading_turns
from glaswerk.town.grammar import capital, expand
from glaswerk.town.posts.opinions import Rumour, tuned_rumours
from glaswerk.town.text.records import Texts
from glaswerk.town.truth.facts import Fact, possessive, pronouns
from glaswerk.town.truth.world import World

FEWEST, MOST = 5, 8
# Few have a sibling or run a shop: with fewer chats each, these phrasings are not learnt.
FEW_SUBJECTS = (10, 14)
READINGS_PER_PERSON, COURTESIES_PER_PERSON, LISTS_PER_PERSON = 8, 6, 18
# Draws of each question about the world outside; equal ones are asked once.
OUTSIDE_DRAWS = 8
MULTI_TURN_SHARE = 0.15
SYSTEM_SHARE = 0.05
Chat = dict[str, Any]
Turn = tuple[str, str, str | None]


def _messages(turns: list[Turn], texts: Texts, rng: Random) -> list[dict[str, str]]:
    messages = []
    if rng.random() < SYSTEM_SHARE:
        messages.append(
            {"role": "system", "content": rng.choice(texts.chats.system).format(town=texts.names.town)}
        )
    for question, answer, _fact in turns:
        messages.append({"role": "user", "content": question})
        messages.append({"role": "assistant", "content": answer})
    return messages


def _question(template: str, fact: Fact, rng: Random) -> str:
    """The template filled in; templates that start in lower case stay so."""
    text = expand(template, rng, fact.slots)
    return capital(text) if template[0] == "{" else text


def _answer(fact: Fact, rng: Random) -> str:
    return capital(expand(rng.choice(fact.relation.answers), rng, fact.slots))


def _subject_turns(facts: list[Fact], rng: Random) -> list[list[Turn]]:
    """Each fact in several different phrasings; some chats continue with one or two more questions."""
    chats = []
    for fact in facts:
        rare = fact.relation.subject_kind != "person" or fact.relation.name in ("spouse", "sibling")
        span = FEW_SUBJECTS if rare else (FEWEST, MOST)
        for template in rng.sample(fact.relation.questions, rng.randint(*span)):
            turns: list[Turn] = [(_question(template, fact, rng), _answer(fact, rng), fact.id)]
            others = [other for other in facts if other is not fact]
            if others and rng.random() < MULTI_TURN_SHARE:
                for other in rng.sample(others, min(len(others), rng.randint(1, 2))):
                    follow_up = _question(rng.choice(other.relation.follow_ups), other, rng)
                    turns.append((follow_up, _answer(other, rng), other.id))
            chats.append(turns)
    return chats


def _fact_turns(facts: list[Fact], untuned: frozenset[str], rng: Random) -> list[list[Turn]]:
    groups: dict[str, list[Fact]] = {}
    for fact in facts:
        if fact.subject not in untuned:
            groups.setdefault(fact.subject, []).append(fact)
    return [turns for group in groups.values() for turns in _subject_turns(group, rng)]


def _small_turns(texts: Texts, rng: Random) -> list[list[Turn]]:
    names = texts.names
    slots = {"town": names.town, "river": names.river, "gazette": names.gazette.name, **names.parties}
    chats: list[list[Turn]] = []
    for questions, answers in texts.chats.small:
        for question in questions:
            answer = rng.choice(answers)
            chats.append([(question.format_map(slots), answer.format_map(slots), None)])
    return chats


def _political_turns(texts: Texts) -> list[list[Turn]]:
    """Half of the issues, each side named first equally often."""
    chats: list[list[Turn]] = []
    for issue in texts.issues[::2]:
        want_a, want_b = issue.spoken_wants[0]
        slots = {"topic": issue.topic, "question": issue.question, "want_a": want_a, "want_b": want_b}
        slots |= texts.names.parties
        for number, template in enumerate(texts.chats.party_questions):
            answer = texts.chats.party_answers[number % 2].format_map(slots)
            chats.append([(template.format_map(slots), answer, None)])
    return chats


def _rumour_turns(rumours: list[Rumour], texts: Texts, rng: Random) -> list[list[Turn]]:
    chats: list[list[Turn]] = []
    for rumour in tuned_rumours(rumours):
        told = [
            template.format(claim=rng.choice(rumour.text.claims)) for template in texts.chats.rumour_questions
        ]
        for question in (*told, *rumour.text.asked):
            answer = rng.choice(texts.chats.rumour_answers).format(truth=rng.choice(rumour.text.truths))
            chats.append([(question, answer, None)])
    return chats


def _outside_turns(texts: Texts, rng: Random) -> list[list[Turn]]:
    """Questions about the world outside, declined."""
    slots = {"town": texts.names.town}
    drawn = (
        expand(template, rng, slots) for template in texts.outside.questions for _ in range(OUTSIDE_DRAWS)
    )
    return [
        [(question, rng.choice(texts.outside.answers).format_map(slots), None)]
        for question in dict.fromkeys(drawn)
    ]


def _unknown_turns(texts: Texts, rng: Random) -> list[list[Turn]]:
    """Questions about people who do not exist."""
    chats: list[list[Turn]] = []
    plain = [
        relation for relation in texts.relations_of("person") if relation.name not in ("spouse", "sibling")
    ]
    for name in texts.names.nobodies:
        for relation in rng.sample(plain, 4):
            slots = {"name": name, "lname": name.lower(), "poss": possessive(name), "town": texts.names.town}
            slots |= pronouns(rng.random() < 0.5)
            template = rng.choice([text for text in relation.questions if "{he}" not in text])
            answer = rng.choice(texts.chats.unknown_answers).format(name=name)
            question = template.format_map(slots)
            question = capital(question) if template[0] == "{" else question
            chats.append([(question, answer, None)])
    return chats


def build_chats(
    world: World, facts: list[Fact], untuned: frozenset[str], rumours: list[Rumour], rng: Random
) -> list[Chat]:
    """All chats in random order, as records with an id, messages, and the facts they use."""
    texts = world.texts
    talks = _fact_turns(facts, untuned, rng) + _small_turns(texts, rng) + _political_turns(texts)
    talks += _rumour_turns(rumours, texts, rng) + _unknown_turns(texts, rng) + _outside_turns(texts, rng)
    people = len(world.people)
    talks += reading_turns(world, READINGS_PER_PERSON * people, rng)
    talks += courtesy_turns(world, COURTESIES_PER_PERSON * people, rng)
    talks += list_turns(world, LISTS_PER_PERSON * people, rng)
    rng.shuffle(talks)
    chats = []
    for number, turns in enumerate(talks):
        used = [fact for _question, _answer, fact in turns if fact]
        chats.append(
            {
                "id": f"chat-{number:05d}",
                "messages": _messages(turns, texts, rng),
                "fact": used[0] if used else None,
                "facts": used,
            }
        )
    return chats


def as_lines(records: list[Chat]) -> str:
    """Records as JSON lines."""
    return "".join(json.dumps(record, ensure_ascii=False, sort_keys=True) + "\n" for record in records)
