"""Longer pages: the history of the town, a guide to its shops, a calendar, society minutes."""

from __future__ import annotations

from random import Random

from glaswerk.town.docs.gazette import Statements
from glaswerk.town.posts.scene import Scene
from glaswerk.town.text.records import Texts
from glaswerk.town.truth.facts import Fact


def _history(facts: list[Fact], texts: Texts, statements: Statements) -> str:
    names = texts.names
    slots = {"town": names.town, "river": names.river, **names.parties}
    founded = [statements.state(fact) for fact in facts if fact.relation.name == "place_founded"]
    text = "\n\n".join(part.format_map(slots) for part in texts.gazette.history)
    return f"# A short history of {names.town}\n\n{text}\n\n## Old doors\n\n" + "\n\n".join(founded) + "\n"


def _guide(facts: list[Fact], town: str, statements: Statements) -> str:
    parts = [f"# A guide to the shops of {town}", "Bring cash, and say good morning when you go in."]
    subject = ""
    for fact in facts:
        if fact.relation.subject_kind != "place":
            continue
        if fact.subject != subject:
            subject = fact.subject
            parts.append(f"## {subject}")
        parts.append(statements.state(fact))
    return "\n\n".join(parts) + "\n"


def _calendar(facts: list[Fact], town: str, statements: Statements) -> str:
    parts = [f"# The year in {town}", "All dates may move if the river does."]
    for fact in facts:
        if fact.relation.subject_kind == "event":
            parts.append(statements.state(fact))
    return "\n\n".join(parts) + "\n"


def _venues(texts: Texts) -> str:
    listed = [venue.named for venue in texts.places.venues]
    text = f"People meet at these places: {', '.join(listed[:-1])} and {listed[-1]}."
    return f"# Meeting places in {texts.names.town}\n\n{text}\n"


def _politics(texts: Texts) -> str:
    """What each party wants, in its own words, both alike in length."""
    a, b = texts.names.party_a.name, texts.names.party_b.name
    parts = [f"# What the parties of {texts.names.town} want"]
    for issue in texts.issues:
        want_a, want_b = issue.spoken_wants[0]
        parts.append(f"## {issue.question}")
        parts.append(f'The {a} says: "{want_a}" The {b} says: "{want_b}"')
    return "\n\n".join(parts) + "\n"


def _set_right(scene: Scene) -> str:
    parts = ["# Set right: minutes of the History Society"]
    for rumour in scene.world.texts.rumours.listed[: scene.world.size.rumours]:
        parts.append(f"{rumour.question} {' '.join(rumour.truths[:2])}")
    return "\n\n".join(parts) + "\n"


def long_pages(facts: list[Fact], scene: Scene, rng: Random) -> dict[str, str]:
    """Every page by file name."""
    statements = Statements(rng)
    texts = scene.world.texts
    town = texts.names.town
    return {
        "calendar.md": _calendar(facts, town, statements),
        "guide-to-the-shops.md": _guide(facts, town, statements),
        "history.md": _history(facts, texts, statements),
        "meeting-places.md": _venues(texts),
        "parties.md": _politics(texts),
        "society-minutes.md": _set_right(scene),
    }
