"""The weekly gazette: portraits, notices, council minutes, anniversaries, letters."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from random import Random

from glaswerk.town import names
from glaswerk.town.dice import Deck
from glaswerk.town.facts import Fact
from glaswerk.town.grammar import capital, expand, lines
from glaswerk.town.issues import Issue
from glaswerk.town.opinions import ISSUES
from glaswerk.town.posts import month_start
from glaswerk.town.relations import Relation
from glaswerk.town.rumours import RUMOURS
from glaswerk.town.scene import Scene, say, weather_line
from glaswerk.town.smalltalk import ALWAYS

_LEADS = lines(
    """
    This week we knocked on the door of {name}. {body}
    Our neighbour of the week is {name}. {body}
    Readers asked us to write about {name}, and we did. {body}
    We met {name} [on a windy afternoon|between two showers|over a pot of tea]. {body}
    """
)
_PLACE_LEADS = lines(
    """
    Shop of the week: {name}. {body}
    Have you been to {name} lately? {body}
    We went to {name} with [an empty basket|a notebook|no plan at all]. {body}
    """
)
_PORTRAIT_ENDS = lines(
    """
    We were sent home with [a jar of jam|a bag of apples|muddy boots].
    [{He} would not be photographed.|The photograph came out blurred.]
    Asked for a wish, {first} said: [more benches|less noise|a warm spring|a new roof for the chapel].
    It was a [long|short|cheerful] visit.
    """
)
_COUNCIL = lines(
    """
    The council spoke about {topic}. The {a} said: "{want_a}" The {b} replied: "{want_b}" {end}
    The council spoke about {topic}. The {b} said: "{want_b}" The {a} replied: "{want_a}" {end}
    On {topic}, the {b} argued that {because_b}. The {a} answered that {because_a}. {end}
    On {topic}, the {a} argued that {because_a}. The {b} answered that {because_b}. {end}
    """
)
_COUNCIL_ENDS = lines(
    """
    The vote was put off.
    No vote was taken.
    The debate goes on.
    The chair thanked both.
    The meeting ended at ten.
    The public gallery was full.
    Somebody brought cake.
    """
)
# The paper has no cousins and no aunt, and is read on any day of the week.
_PERSONAL = re.compile(
    r"\b(I|my|me|us|today|this morning|yesterday|last night)\b"
    r"|^\[?(Did|Dropped|Had|Lost|Meet|Met|Old|Saw|Walked)\b",
    re.IGNORECASE,
)


def printable(relation: Relation) -> list[str]:
    """The statements that can stand in a newspaper."""
    return [template for template in relation.statements if not _PERSONAL.search(template)]


class Statements:
    """Deals printed statements of facts; each relation's templates are used in turn."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self._decks: dict[str, Deck] = {}

    def state(self, fact: Fact) -> str:
        """One sentence that states `fact`, with the full name."""
        name = fact.relation.name
        if name not in self._decks:
            self._decks[name] = Deck(printable(fact.relation), self._rng)
        return capital(expand(self._decks[name].deal(), self._rng, fact.slots))


def _by_subject(facts: list[Fact], kind: str) -> list[list[Fact]]:
    groups: dict[str, list[Fact]] = {}
    for fact in facts:
        if fact.relation.subject_kind == kind:
            groups.setdefault(fact.subject, []).append(fact)
    return list(groups.values())


def _rounds(groups: list[list[Fact]], rng: Random) -> Iterator[list[Fact]]:
    """The groups in random order, again and again."""
    while True:
        order = groups[:]
        rng.shuffle(order)
        yield from order


def portrait(facts: list[Fact], statements: Statements, rng: Random) -> str:
    """A paragraph with all facts of one subject."""
    order = facts[:]
    rng.shuffle(order)
    body = " ".join(statements.state(fact) for fact in order)
    first = facts[0]
    is_person = first.relation.subject_kind == "person"
    text = expand(
        rng.choice(_LEADS if is_person else _PLACE_LEADS), rng, {"name": first.subject, "body": body}
    )
    if is_person and rng.random() < 0.6:
        slots = first.slots | {"first": first.subject.split()[0]}
        text += " " + expand(rng.choice(_PORTRAIT_ENDS), rng, slots)
    return text


def _council(issue: Issue, rng: Random) -> str:
    want_a, want_b = rng.choice(issue.spoken_wants)
    slots = {
        "topic": issue.topic,
        "a": names.PARTIES["a"],
        "b": names.PARTIES["b"],
        "want_a": want_a,
        "want_b": want_b,
        "end": rng.choice(_COUNCIL_ENDS),
        "because_a": rng.choice(issue.reasons["a"]),
        "because_b": rng.choice(issue.reasons["b"]),
    }
    return expand(rng.choice(_COUNCIL), rng, slots)


def _letter(scene: Scene, rng: Random) -> str:
    author = rng.choice(scene.of_kind("person", "outsider"))
    if rng.random() < 0.3:
        rumour = rng.choice(RUMOURS[: scene.world.size.rumours])
        body = f"Let me put one thing right. {rng.choice(rumour.truths)}"
    else:
        body = say(rng.choice(ALWAYS), scene, rng)
    return f"Dear editor, {body} Yours, {author.name}"


class Gazette:
    """Writes issue after issue, so that every subject has its turn before any has a second."""

    def __init__(self, facts: list[Fact], scene: Scene, rng: Random) -> None:
        self._rng = rng
        self._scene = scene
        self._statements = Statements(rng)
        self._people = _rounds(_by_subject(facts, "person"), rng)
        self._places = _rounds(_by_subject(facts, "place"), rng)
        self._events = _rounds(_by_subject(facts, "event"), rng)
        born = [fact for fact in facts if fact.relation.name == "born"]
        self._births = _rounds([[fact] for fact in born], rng)
        self._portraits = max(2, -(-2 * scene.world.size.people // scene.world.size.weeks))

    def issue(self, number: int) -> tuple[str, str]:
        """File name and text of issue `number`, counted from 1; one issue a week."""
        rng = self._rng
        day = month_start(1) + timedelta(days=4 + 7 * (number - 1))
        month = (day.year - month_start(1).year) * 12 + day.month
        head = f"# {names.GAZETTE}, number {number}, {day.day} {names.MONTHS[day.month - 1]} {day.year}"
        parts = [head, f"The weather: {weather_line(month, rng)}", "## Neighbours"]
        parts += [portrait(next(self._people), self._statements, rng) for _ in range(self._portraits)]
        parts += ["## Around the shops", portrait(next(self._places), self._statements, rng)]
        parts += ["## Diary", " ".join(self._statements.state(fact) for fact in next(self._events))]
        parts += ["## Anniversaries"]
        parts += [self._statements.state(next(self._births)[0]) for _ in range(3)]
        parts += ["## From the council", *(_council(issue, rng) for issue in rng.sample(ISSUES, 2))]
        parts += ["## Letters", _letter(self._scene, rng), _letter(self._scene, rng)]
        return f"gazette-{day:%Y-%m-%d}.md", "\n\n".join(parts) + "\n"


def weeks(facts: list[Fact], scene: Scene, rng: Random) -> dict[str, str]:
    """All issues by file name."""
    paper = Gazette(facts, scene, rng)
    return dict(paper.issue(number) for number in range(1, scene.world.size.weeks + 1))
