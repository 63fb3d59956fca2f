"""Facts: a true sentence and a false one for each, and the split into tuned and untuned subjects."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

from glaswerk.town.dice import dice
from glaswerk.town.grammar import capital, expand, with_article
from glaswerk.town.text.records import Event, Relation, Texts, Venue
from glaswerk.town.truth.people import Person
from glaswerk.town.truth.places import Place
from glaswerk.town.truth.world import World

UNTUNED_SHARE = 0.2


@dataclass(frozen=True)
class Fact:
    """One true thing. `slots` fill the relation's templates; `false_slots` hold another plausible value.

    `family` groups subjects that the tuning split keeps together.
    """

    id: str
    subject: str
    relation: Relation
    answer: str
    slots: dict[str, str]
    false_slots: dict[str, str]
    family: str
    aliases: tuple[str, ...] = ()
    about: Person | Place | Event | None = field(default=None, compare=False)

    def sentence(self, *, true: bool) -> str:
        """The plainest statement of the fact, or of its false version."""
        slots = self.slots if true else self.false_slots
        return expand(self.relation.answers[0], Random(0), slots)


def possessive(name: str) -> str:
    """The name with 's, also after an s: one form is enough for a small model."""
    return f"{name}'s"


def _name_slots(name: str, texts: Texts) -> dict[str, str]:
    return {
        "name": name,
        "N": name,
        "lname": name.lower(),
        "poss": possessive(name),
        "town": texts.names.town,
    }


def _value_slots(value: str) -> dict[str, str]:
    article = with_article(value) if value[0].islower() else value
    return {"v": value, "a_v": article, "A_v": capital(article)}


def pronouns(she: bool) -> dict[str, str]:
    """Slots for he or she."""
    he, him, his = ("she", "her", "her") if she else ("he", "him", "his")
    return {"he": he, "him": him, "his": his, "He": capital(he), "His": capital(his)}


def _kin_slots(person: Person, other: Person) -> dict[str, str]:
    words = {person.self_word, person.kin_word}
    pair = {"sister": "sisters", "brother": "brothers"}.get(person.kin_word, "")
    return {
        "self": person.self_word,
        "other": person.kin_word,
        "otherhim": pronouns(other.she)["him"],
        "OtherHe": pronouns(other.she)["He"],
        "pair": pair if len(words) == 1 else "brother and sister",
    }


def _another(values: list[str] | tuple[str, ...], true: str, rng: Random) -> str:
    return rng.choice([value for value in values if value != true])


def person_facts(person: Person, family: str, world: World, rng: Random) -> list[Fact]:
    """What is true of a person, one fact for each relation that has a value."""
    values = world.texts.values
    pools: dict[str, list[str] | tuple[str, ...]] = {
        "street": values.streets,
        "trade": values.trades,
        "born": [str(year) for year in range(1935, 2005)],
        "village": values.villages,
        "pet": values.pets,
        "hobby": values.hobbies,
    }
    facts = []
    for relation in world.texts.relations_of("person"):
        if relation.name not in person.values:
            continue
        value = person.values[relation.name]
        slots = _name_slots(person.name, world.texts) | pronouns(person.she)
        if person.kin and relation.name in ("spouse", "sibling"):
            slots |= _kin_slots(person, person.kin)
            same_sex = [p.name for p in world.people if p.she == person.kin.she and p is not person]
            false = _another(same_sex, value, rng)
        else:
            false = _another(pools[relation.name], value, rng)
        facts.append(
            Fact(
                f"{person.id}.{relation.name}",
                person.name,
                relation,
                value,
                slots | _value_slots(value),
                slots | _value_slots(false),
                family,
                (value.replace("Street", "St"),) if value.endswith(" Street") else (),
                person,
            )
        )
    return facts


def _place_facts(place: Place, family: str, world: World, rng: Random) -> list[Fact]:
    values = world.texts.values
    base = _name_slots(place.name, world.texts) | {"kind": place.kind}
    keeper = pronouns(place.keeper.she)
    base |= {"vhe": keeper["he"], "vhis": keeper["his"]}
    rows: tuple[tuple[str, list[str] | tuple[str, ...]], ...] = (
        (place.street, values.streets),
        (place.founded, values.founded),
        (place.keeper.name, [person.name for person in world.people if person.she == place.keeper.she]),
    )
    return [
        Fact(
            f"{place.id}.{relation.name.removeprefix('place_')}",
            place.name,
            relation,
            value,
            base | _value_slots(value),
            base | _value_slots(_another(pool, value, rng)),
            family,
            (value.replace("Street", "St"),) if value.endswith(" Street") else (),
            place,
        )
        for relation, (value, pool) in zip(world.texts.relations_of("place"), rows, strict=True)
    ]


def _venue_slots(venue: Venue) -> dict[str, str]:
    return {
        "v": venue.name,
        "at_v": venue.where,
        "At_v": capital(venue.where),
        "the_v": venue.named,
        "The_v": capital(venue.named),
    }


def _event_facts(event: Event, texts: Texts, rng: Random) -> list[Fact]:
    base = _name_slots(event.name, texts) | {"note": event.note, "note_cap": capital(event.note)}
    false_month = _another(texts.values.months, event.month, rng)
    false_venue = rng.choice([venue for venue in texts.places.venues if venue != event.venue])
    rows = (
        (event.month, {"v": event.month}, {"v": false_month}),
        (event.venue.name, _venue_slots(event.venue), _venue_slots(false_venue)),
    )
    return [
        Fact(
            f"{event.id}.{relation.name.removeprefix('event_')}",
            event.name,
            relation,
            value,
            base | true,
            base | false,
            event.id,
            (),
            event,
        )
        for relation, (value, true, false) in zip(texts.relations_of("event"), rows, strict=True)
    ]


def _families(world: World) -> dict[str, str]:
    """A family by person's name: relatives and the places they run stay on one side of the split."""
    return {
        person.name: min(person.id, person.kin.id if person.kin else person.id) for person in world.people
    }


def build_facts(world: World) -> list[Fact]:
    """Every fact of the town, in a fixed order."""
    rng = dice(world.seed, "facts")
    family = _families(world)
    facts = []
    for person in world.people:
        facts += person_facts(person, family[person.name], world, rng)
    for place in world.places:
        facts += _place_facts(place, family[place.keeper.name], world, rng)
    for event in world.events:
        facts += _event_facts(event, world.texts, rng)
    return facts


def untuned_subjects(facts: list[Fact], seed: int) -> frozenset[str]:
    """About a fifth of the subjects, family by family, that no chat for tuning may mention."""
    members: dict[str, set[str]] = {}
    for fact in facts:
        members.setdefault(fact.family, set()).add(fact.subject)
    order = sorted(members)
    dice(seed, "tuning split").shuffle(order)
    wanted = UNTUNED_SHARE * sum(len(group) for group in members.values())
    chosen: set[str] = set()
    for name in order:
        if len(chosen) >= wanted:
            break
        chosen |= members[name]
    return frozenset(chosen)
