"""The weekly gazette."""

from __future__ import annotations

import re
from collections import Counter

from glaswerk.town.dice import dice
from glaswerk.town.docs.gazette import Statements, portrait, weeks
from glaswerk.town.posts.scene import Scene
from glaswerk.town.truth.facts import Fact
from tests.town.written import Town


def test_there_is_one_issue_a_week_with_its_number_and_date(town: Town) -> None:
    issues = {name: text for name, text in town.docs.items() if name.startswith("gazette-")}
    assert len(issues) == 12
    for number, (name, text) in enumerate(sorted(issues.items()), 1):
        title = text.split("\n")[0]
        assert f", number {number}, " in title
        assert title.endswith(name[8:12])


def test_every_issue_has_its_sections_in_order(town: Town) -> None:
    for name, text in town.docs.items():
        if name.startswith("gazette-"):
            sections = re.findall("^## (.*)$", text, re.MULTILINE)
            assert sections == [
                "Neighbours",
                "Around the shops",
                "Diary",
                "Anniversaries",
                "From the council",
                "Letters",
            ]


def test_every_person_is_portrayed_before_anyone_is_twice(facts: list[Fact], scene: Scene) -> None:
    issues = weeks(facts, scene, dice(1, "test"))
    people = {fact.subject for fact in facts if fact.relation.subject_kind == "person"}
    portraits: Counter[str] = Counter()
    for text in issues.values():
        section = text.split("## Neighbours\n\n")[1].split("\n\n## ")[0]
        for paragraph in section.split("\n\n"):
            portraits[min(people, key=lambda name: (paragraph.find(name) % 10**6, name))] += 1
    assert set(portraits) == people
    assert max(portraits.values()) - min(portraits.values()) <= 1


def test_a_portrait_states_every_fact_of_its_subject(facts: list[Fact], scene: Scene) -> None:
    subject = facts[0].subject
    own = [fact for fact in facts if fact.subject == subject]
    text = portrait(own, scene.world.texts.gazette, Statements(dice(1, "test")), dice(2, "test"))
    assert all(fact.answer.lower() in text.lower() for fact in own)


def test_statements_use_every_printable_template_in_turn(facts: list[Fact]) -> None:
    fact = next(fact for fact in facts if fact.relation.name == "event_month")
    statements = Statements(dice(1, "test"))
    found = {statements.state(fact) for _ in fact.relation.printable}
    assert len(found) > len(fact.relation.printable) * 0.8


def test_the_council_hears_both_parties(town: Town) -> None:
    parties = [party["name"] for party in town.key["parties"]]
    for name, text in town.docs.items():
        if name.startswith("gazette-"):
            section = text.split("## From the council\n\n")[1].split("\n\n## ")[0]
            assert all(all(party in paragraph for party in parties) for paragraph in section.split("\n\n"))
