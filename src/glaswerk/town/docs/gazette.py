"""The weekly gazette: portraits, notices, council minutes, anniversaries, letters."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from random import Random

from glaswerk.town.dice import Deck
from glaswerk.town.grammar import capital, expand
from glaswerk.town.posts.post import month_start
from glaswerk.town.posts.scene import Scene, say, weather_line
from glaswerk.town.text.records import GazetteTexts, Issue, Names
from glaswerk.town.truth.facts import Fact


class Statements:
    """Deals printed statements of facts; each relation's templates are used in turn."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self._decks: dict[str, Deck] = {}

    def state(self, fact: Fact) -> str:
        """One sentence that states `fact`, with the full name."""
        name = fact.relation.name
        if name not in self._decks:
            self._decks[name] = Deck(fact.relation.printable, self._rng)
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


def portrait(facts: list[Fact], texts: GazetteTexts, statements: Statements, rng: Random) -> str:
    """A paragraph with all facts of one subject."""
    order = facts[:]
    rng.shuffle(order)
    body = " ".join(statements.state(fact) for fact in order)
    first = facts[0]
    is_person = first.relation.subject_kind == "person"
    text = expand(
        rng.choice(texts.leads if is_person else texts.place_leads),
        rng,
        {"name": first.subject, "body": body},
    )
    if is_person and rng.random() < 0.6:
        slots = first.slots | {"first": first.subject.split()[0]}
        text += " " + expand(rng.choice(texts.portrait_ends), rng, slots)
    return text


def _council(issue: Issue, texts: GazetteTexts, names: Names, rng: Random) -> str:
    want_a, want_b = rng.choice(issue.spoken_wants)
    slots = {
        "topic": issue.topic,
        "a": names.party_a.name,
        "b": names.party_b.name,
        "want_a": want_a,
        "want_b": want_b,
        "end": rng.choice(texts.council_ends),
        "because_a": rng.choice(issue.reasons["a"]),
        "because_b": rng.choice(issue.reasons["b"]),
    }
    return expand(rng.choice(texts.council), rng, slots)


def _letter(scene: Scene, rng: Random) -> str:
    author = rng.choice(scene.of_kind("person", "outsider"))
    if rng.random() < 0.3:
        rumour = rng.choice(scene.world.texts.rumours.listed[: scene.world.size.rumours])
        body = f"Let me put one thing right. {rng.choice(rumour.truths)}"
    else:
        body = say(rng.choice(scene.world.texts.smalltalk.always), scene, rng)
    return f"Dear editor, {body} Yours, {author.name}"


class Gazette:
    """Writes issue after issue; every subject has its turn before any has a second."""

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
        rng, texts = self._rng, self._scene.world.texts
        day = month_start(1) + timedelta(days=4 + 7 * (number - 1))
        month = (day.year - month_start(1).year) * 12 + day.month
        date = f"{day.day} {texts.values.months[day.month - 1]} {day.year}"
        head = f"# {texts.names.gazette.name}, number {number}, {date}"
        parts = [head, f"The weather: {weather_line(month, self._scene, rng)}", "## Neighbours"]
        parts += [
            portrait(next(self._people), texts.gazette, self._statements, rng) for _ in range(self._portraits)
        ]
        parts += ["## Around the shops", portrait(next(self._places), texts.gazette, self._statements, rng)]
        parts += ["## Diary", " ".join(self._statements.state(fact) for fact in next(self._events))]
        parts += ["## Anniversaries"]
        parts += [self._statements.state(next(self._births)[0]) for _ in range(3)]
        parts.append("## From the council")
        parts += [_council(issue, texts.gazette, texts.names, rng) for issue in rng.sample(texts.issues, 2)]
        parts += ["## Letters", _letter(self._scene, rng), _letter(self._scene, rng)]
        return f"gazette-{day:%Y-%m-%d}.md", "\n\n".join(parts) + "\n"


def weeks(facts: list[Fact], scene: Scene, rng: Random) -> dict[str, str]:
    """All issues by file name."""
    paper = Gazette(facts, scene, rng)
    return dict(paper.issue(number) for number in range(1, scene.world.size.weeks + 1))
