"""Dialogues with calls of tools: search for what is not known, compute, and no call where none is needed.

Every fact in them is of people who do not exist, so that they teach to call and to read, not what is true.
Functions and results have the forms that the server gives (`glaswerk.tools`, of a higher floor; a test
compares them).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from random import Random
from typing import Any

from glaswerk.town.chats.readings import courtesy_turns, reading_turns, strangers
from glaswerk.town.grammar import capital, expand
from glaswerk.town.truth.facts import Fact, person_facts
from glaswerk.town.truth.people import Person
from glaswerk.town.truth.world import World

SEARCH: dict[str, Any] = {
    "name": "search",
    "description": "Search the user's own content. Gives passages with their sources.",
    "parameters": {
        "type": "object",
        "properties": {
            "query": {
                "type": "string",
                "maxLength": 500,
                "description": "What to look for, in a few words",
            }
        },
        "required": ["query"],
        "additionalProperties": False,
    },
}
CALCULATOR: dict[str, Any] = {
    "name": "calculator",
    "description": "Compute an arithmetic expression: + - * / // % ** and sqrt, abs, round, floor, ceil, "
    "min, max, sum, exp, log, log10, sin, cos, tan, factorial.",
    "parameters": {
        "type": "object",
        "properties": {
            "expression": {
                "type": "string",
                "maxLength": 400,
                "description": "For example (3 + 4) * 12.5 / 2",
            }
        },
        "required": ["expression"],
        "additionalProperties": False,
    },
}
# Of each hundred dialogues: facts that are found, facts that are not, sums; the rest calls nothing.
_FOUND, _NOT_FOUND, _SUMS = 50, 8, 20
_CLOSEST = "Nothing answers this for certain. The closest:\n"
_NEAREST = "Nothing answers this. The nearest passages:\n"
_NO_ANSWER = (
    "I found nothing about that.",
    "Nothing that I can search says that.",
    "I looked, and no document answers it.",
)
_SUM_QUESTIONS = (
    "What is {}?",
    "How much is {}?",
    "Please compute {}.",
    "Can you work out {} for me?",
    "{} = ?",
)
HELD_OUT_SUMS = ("Tell me what {} comes to.", "{}, please.", "Quickly: {}?", "I need the result of {}.")
_SAID = {"+": "plus", "-": "minus", "*": "times", "/": "divided by"}
Row = dict[str, Any]


def build_calls(world: World, count: int, rng: Random) -> list[Row]:
    """`count` dialogues as rows for `glaswerk add chats`: with `tools`, `tool_calls` and what tools gave."""
    people = strangers(world, 4 * count, rng)
    kinds = [_kind(number % 100) for number in range(count)]
    plain = reading_turns(world, count, rng) + courtesy_turns(world, count, rng)
    rng.shuffle(kinds)
    rng.shuffle(plain)
    rows = []
    for number, kind in enumerate(kinds):
        some = people[4 * number : 4 * number + 4]
        if kind == "sum":
            messages = _sum_messages(rng)
        elif kind == "plain":
            messages = [
                one
                for asked, said, _ in plain[number]
                for one in (_turn("user", asked), _turn("assistant", said))
            ]
        else:
            messages = _search_messages(some, world, rng, found=kind == "found")
        rows.append({"id": f"calls-{number:05d}", "tools": _offered(kind, rng), "messages": messages})
    return rows


def held_out(world: World, count: int, rng: Random) -> list[Row]:
    """`count` questions that no dialogue has: half of them sums, half such as need no call.

    Each has `question`, `tool` ("calculator", or "" for none) and the `answer` that a good one holds.
    """
    rows: list[Row] = []
    for number in range(count // 2):
        shown, expression, value = _sum(rng)
        question = rng.choice(HELD_OUT_SUMS).format(shown)
        rows.append({"question": question, "tool": "calculator", "answer": value, "expression": expression})
        person = strangers(world, 1, rng)[0]
        fact = rng.choice(person_facts(person, "", world, rng))
        statement = capital(expand(rng.choice(fact.relation.statements), rng, fact.slots))
        asked = capital(expand(rng.choice(fact.relation.heldout), rng, fact.slots))
        if number % 2:
            asked, _ = rng.choice(world.texts.chats.courtesies)
            rows.append({"question": asked.format(name=person.name), "tool": "", "answer": ""})
        else:
            told = rng.choice(world.texts.chats.readings).format(statement=statement, question=asked)
            rows.append({"question": told, "tool": "", "answer": fact.answer})
    return rows


def _kind(place: int) -> str:
    for kind, share in (("found", _FOUND), ("not found", _NOT_FOUND), ("sum", _SUMS)):
        if place < share:
            return kind
        place -= share
    return "plain"


def _offered(kind: str, rng: Random) -> list[Row]:
    """The tools of a dialogue: mostly both, at times only the one that it needs."""
    only = {"sum": CALCULATOR, "plain": rng.choice((SEARCH, CALCULATOR))}.get(kind, SEARCH)
    functions = [SEARCH, CALCULATOR] if rng.random() < 0.7 else [only]
    return [{"type": "function", "function": one} for one in functions]


def _search_messages(people: Sequence[Person], world: World, rng: Random, *, found: bool) -> list[Row]:
    facts = [rng.choice(person_facts(person, "", world, rng)) for person in people]
    fact, others = facts[0], facts[1:]
    question = _asked(fact, rng)
    passages = [_passage(other, rng) for other in others[: rng.randint(0, 2)]]
    if found:
        # The best passage is the first one, mostly.
        passages.insert(0 if rng.random() < 0.8 else rng.randint(0, len(passages)), _passage(fact, rng))
        head, answer = _CLOSEST if rng.random() < 0.3 else "", _answer(fact, rng)
    else:
        head, answer = _NEAREST, rng.choice(_NO_ANSWER)
        passages = passages or [_passage(others[0], rng)]
    text = head + "\n".join(f"[{i}] {passage}" for i, passage in enumerate(passages, 1))
    return _with_call(question, "search", {"query": question.rstrip("?.! ")}, text, answer)


def _sum_messages(rng: Random) -> list[Row]:
    shown, expression, value = _sum(rng)
    question = rng.choice(_SUM_QUESTIONS).format(shown)
    return _with_call(question, "calculator", {"expression": expression}, value, f"{shown} is {value}.")


def _sum(rng: Random) -> tuple[str, str, str]:
    """As it is asked, as an expression, and its value."""
    sign = rng.choice("+-*/")
    first, second = rng.randint(2, 999), rng.randint(2, 99)
    if sign == "/":
        first *= second
    value = {"+": first + second, "-": first - second, "*": first * second, "/": first // second}[sign]
    said = _SAID[sign] if rng.random() < 0.5 else sign
    return f"{first} {said} {second}", f"{first} {sign} {second}", str(value)


def _with_call(question: str, tool: str, arguments: Row, gave: str, answer: str) -> list[Row]:
    function = {"name": tool, "arguments": json.dumps(arguments, ensure_ascii=False)}
    call = {"id": "call_1", "type": "function", "function": function}
    return [
        _turn("user", question),
        {"role": "assistant", "content": "", "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "call_1", "content": gave},
        _turn("assistant", answer),
    ]


def _asked(fact: Fact, rng: Random) -> str:
    return capital(expand(rng.choice(fact.relation.questions), rng, fact.slots))


def _answer(fact: Fact, rng: Random) -> str:
    return capital(expand(rng.choice(fact.relation.answers), rng, fact.slots))


def _passage(fact: Fact, rng: Random) -> str:
    """A statement and its source, as the search shows them."""
    text = " ".join(capital(expand(rng.choice(fact.relation.statements), rng, fact.slots)).split())
    writer = f"{rng.choice(fact.subject.split()).lower()}{rng.randint(1, 99)}"
    day = f"20{rng.randint(18, 25)}-{rng.randint(1, 12):02d}-{rng.randint(1, 28):02d}"
    return f"{text}\n    source: {writer}, {day}, posts:{rng.randint(10**18, 10**19)}"


def _turn(role: str, content: str) -> Row:
    return {"role": role, "content": content}
