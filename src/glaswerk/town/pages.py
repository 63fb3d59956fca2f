"""Longer pages: the history of the town, a guide to its shops, a calendar, society minutes."""

from __future__ import annotations

from random import Random

from glaswerk.town import names
from glaswerk.town.facts import Fact
from glaswerk.town.gazette import Statements
from glaswerk.town.opinions import ISSUES
from glaswerk.town.places import VENUES
from glaswerk.town.rumours import RUMOURS
from glaswerk.town.scene import Scene

_HISTORY = """
{town} lies on the river {river}, where the road from the hills meets the old ford. Nobody knows who came
first. The oldest wall in town is part of the chapel, and the oldest joke in town is about that wall.

For three hundred years people here lived off wool. The old mill spun it, boats carried it away from the Old
Quay, and the bells rang when the price was good. Then the railway came, and with it the tourists.

The flood of 2007 came from nine days of rain. The water stood at the second step of the chapel, and the mark
is still on the wall. The town rowed its bread home for a week and has been proud of it ever since.

Today {town} has two parties, one river, one bridge and more opinions than houses. The {a} and the {b} sit on
the council and disagree about almost everything, apart from the swans.
"""


def _history(facts: list[Fact], statements: Statements) -> str:
    paragraphs = [" ".join(part.split()) for part in _HISTORY.strip().split("\n\n")]
    slots = {"town": names.TOWN, "river": names.RIVER, **{side: names.PARTIES[side] for side in "ab"}}
    founded = [statements.state(fact) for fact in facts if fact.relation.name == "place_founded"]
    text = "\n\n".join(part.format_map(slots) for part in paragraphs)
    return f"# A short history of {names.TOWN}\n\n{text}\n\n## Old doors\n\n" + "\n\n".join(founded) + "\n"


def _guide(facts: list[Fact], statements: Statements) -> str:
    parts = [f"# A guide to the shops of {names.TOWN}", "Bring cash, and say good morning when you go in."]
    subject = ""
    for fact in facts:
        if fact.relation.subject_kind != "place":
            continue
        if fact.subject != subject:
            subject = fact.subject
            parts.append(f"## {subject}")
        parts.append(statements.state(fact))
    return "\n\n".join(parts) + "\n"


def _calendar(facts: list[Fact], statements: Statements) -> str:
    parts = [f"# The year in {names.TOWN}", "All dates may move if the river does."]
    for fact in facts:
        if fact.relation.subject_kind == "event":
            parts.append(statements.state(fact))
    return "\n\n".join(parts) + "\n"


def _venues() -> str:
    listed = [venue.named for venue in VENUES]
    text = f"People meet at these places: {', '.join(listed[:-1])} and {listed[-1]}."
    return f"# Meeting places in {names.TOWN}\n\n{text}\n"


def _politics() -> str:
    """What each party wants, in its own words, both alike in length."""
    parts = [f"# What the parties of {names.TOWN} want"]
    for issue in ISSUES:
        want_a, want_b = issue.spoken_wants[0]
        parts.append(f"## {issue.question}")
        parts.append(f'The {names.PARTIES["a"]} says: "{want_a}" The {names.PARTIES["b"]} says: "{want_b}"')
    return "\n\n".join(parts) + "\n"


def _set_right(scene: Scene) -> str:
    parts = ["# Set right: minutes of the History Society"]
    for rumour in RUMOURS[: scene.world.size.rumours]:
        parts.append(f"{rumour.question} {' '.join(rumour.truths[:2])}")
    return "\n\n".join(parts) + "\n"


def long_pages(facts: list[Fact], scene: Scene, rng: Random) -> dict[str, str]:
    """Every page by file name."""
    statements = Statements(rng)
    return {
        "calendar.md": _calendar(facts, statements),
        "guide-to-the-shops.md": _guide(facts, statements),
        "history.md": _history(facts, statements),
        "meeting-places.md": _venues(),
        "parties.md": _politics(),
        "society-minutes.md": _set_right(scene),
    }
