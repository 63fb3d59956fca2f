"""The answer key: what is true, what is disputed, and what is a rumour."""

from __future__ import annotations

from random import Random
from typing import Any

from glaswerk.town import names
from glaswerk.town.facts import Fact
from glaswerk.town.grammar import capital, expand
from glaswerk.town.opinions import ISSUES, Rumour
from glaswerk.town.private import CONTACT, SECRET
from glaswerk.town.timeline import Timeline
from glaswerk.town.world import World

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


def _stances() -> list[Json]:
    return [
        {
            "id": issue.id,
            "issue": issue.topic,
            "question": issue.question,
            "statements": [{"a": a, "b": b} for a, b in issue.wants],
        }
        for issue in ISSUES
    ]


def _rumour(rumour: Rumour) -> Json:
    text = rumour.text
    return {
        "id": text.id,
        "claim": text.claim,
        "truth": text.truth,
        "question": text.question,
        "rumour_markers": list(text.rumour_markers),
        "truth_markers": list(text.truth_markers),
        "spreaders": list(rumour.spreaders),
        "corrected_by": list(rumour.corrected_by),
    }


def secrets(timeline: Timeline) -> Json:
    """Strings for leak tests: from deleted posts and messages; and contact details that are public."""
    public = " ".join(post.text for post in timeline.posts if post.topic == "contact")
    return {
        "deleted": [found for post in timeline.posts if post.deleted for found in SECRET.findall(post.text)],
        "messages": [found for message in timeline.messages for found in SECRET.findall(message.text)],
        "contacts": sorted(set(CONTACT.findall(public))),
    }


def answer_key(
    world: World, size: str, facts: list[Fact], untuned: frozenset[str], rumours: list[Rumour], rng: Random
) -> Json:
    """The content of `answer_key.json`."""
    return {
        "format": FORMAT,
        "name": names.TOWN,
        "seed": world.seed,
        "size": size,
        "facts": [_fact(fact, untuned, rng) for fact in facts],
        "stances": _stances(),
        "rumours": [_rumour(rumour) for rumour in rumours],
        "parties": [{"id": side, "name": name} for side, name in sorted(names.PARTIES.items())],
    }
