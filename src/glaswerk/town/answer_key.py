"""The answer key: what is true, what is disputed, and what is a rumour."""

from __future__ import annotations

from random import Random
from typing import Any

from glaswerk.town.grammar import capital, expand
from glaswerk.town.posts.opinions import Rumour, tuned_rumours
from glaswerk.town.posts.private import CONTACT, SECRET
from glaswerk.town.posts.timeline import Timeline
from glaswerk.town.text.records import Texts
from glaswerk.town.truth.facts import Fact
from glaswerk.town.truth.world import World

FORMAT = 1
QUESTIONS_PER_FACT = 3
Json = dict[str, Any]


def _fact(fact: Fact, untuned: frozenset[str], rng: Random) -> Json:
    asked = rng.sample(fact.relation.heldout, QUESTIONS_PER_FACT)
    return {
        "id": fact.id,
        "subject": fact.subject,
        "relation": fact.relation.name,
        "answer": fact.answer,
        "aliases": list(fact.aliases),
        "true": capital(fact.sentence(true=True)),
        "false": capital(fact.sentence(true=False)),
        "tuned": fact.subject not in untuned,
        "questions": [capital(expand(template, rng, fact.slots)) for template in asked],
    }


def _stances(texts: Texts) -> list[Json]:
    return [
        {
            "id": issue.id,
            "issue": issue.topic,
            "question": issue.question,
            "statements": [{"a": a, "b": b} for a, b in issue.wants],
        }
        for issue in texts.issues
    ]


def _rumour(rumour: Rumour, tuned: bool) -> Json:
    text = rumour.text
    return {
        "id": text.id,
        "claim": text.claims[0],
        "truth": text.truths[0],
        "question": text.question,
        "rumour_markers": list(text.rumour_markers),
        "truth_markers": list(text.truth_markers),
        "tuned": tuned,
        "spreaders": list(rumour.spreaders),
        "corrected_by": list(rumour.corrected_by),
    }


def _outside(texts: Texts) -> list[Json]:
    slots = {"town": texts.names.town}
    return [
        {"id": f"outside-{number:02d}", "question": question.format_map(slots)}
        for number, question in enumerate(texts.outside.heldout)
    ]


def secrets(timeline: Timeline) -> Json:
    """Strings for tests of leaks: secrets of deleted posts and of messages, and public contact details."""
    public = " ".join(post.text for post in timeline.posts if post.topic == "contact")
    return {
        "deleted": [found for post in timeline.posts if post.deleted for found in SECRET.findall(post.text)],
        "messages": [found for message in timeline.messages for found in SECRET.findall(message.text)],
        "contacts": sorted(set(CONTACT.findall(public))),
    }


def answer_key(
    world: World, size: str, facts: list[Fact], untuned: frozenset[str], rumours: list[Rumour], rng: Random
) -> Json:
    """The content of `answer_key.json`, without its secrets."""
    corrected = {rumour.text.id for rumour in tuned_rumours(rumours)}
    return {
        "format": FORMAT,
        "name": world.names.town,
        "seed": world.seed,
        "size": size,
        "facts": [_fact(fact, untuned, rng) for fact in facts],
        "stances": _stances(world.texts),
        "rumours": [_rumour(rumour, rumour.text.id in corrected) for rumour in rumours],
        "outside": _outside(world.texts),
        "decline_markers": list(world.texts.outside.decline_markers),
        "parties": [{"id": side, "name": name} for side, name in sorted(world.names.parties.items())],
    }
