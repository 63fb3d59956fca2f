"""Dialogues with calls: of the server's own tools, about nobody in the town, the same from the same seed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from glaswerk.core.errors import GlaswerkError
from glaswerk.lab import Lab
from glaswerk.retrieve import Grounds
from glaswerk.tools.arguments import fault
from glaswerk.tools.calculator import calculator, computed
from glaswerk.tools.search import search
from glaswerk.town import write_town
from glaswerk.town.chats.calls import CALCULATOR, SEARCH, build_calls, held_out
from glaswerk.town.dice import dice
from glaswerk.town.text import load_texts
from glaswerk.town.truth.sizes import town_size
from glaswerk.town.truth.world import World, build_world

Row = dict[str, Any]


def nothing(_: str) -> Grounds:
    raise GlaswerkError("no content")


@pytest.fixture(scope="module")
def world() -> World:
    return build_world(7, town_size("tiny"), load_texts(None))


@pytest.fixture(scope="module")
def rows(world: World) -> list[Row]:
    return build_calls(world, 300, dice(7, "calls"))


def calls(row: Row) -> list[Row]:
    return [call["function"] for turn in row["messages"] for call in turn.get("tool_calls", ())]


def test_the_functions_are_those_of_the_server() -> None:
    assert search(nothing).function() == SEARCH
    assert calculator().function() == CALCULATOR
    assert json.dumps(calculator().function()) == json.dumps(CALCULATOR)


def test_every_call_is_of_an_offered_tool_with_arguments_that_fit(rows: list[Row]) -> None:
    for row in rows:
        offered = {one["function"]["name"]: one["function"] for one in row["tools"]}
        for call in calls(row):
            assert fault(json.loads(call["arguments"]), offered[call["name"]]["parameters"]) == ""


def test_about_a_fifth_are_sums_with_true_results_and_as_many_call_nothing(rows: list[Row]) -> None:
    kinds = [[call["name"] for call in calls(row)] for row in rows]
    assert kinds.count(["calculator"]) == 60
    assert kinds.count(["search"]) == 174
    assert kinds.count([]) == 66
    for row in rows:
        for call in calls(row):
            if call["name"] == "calculator":
                gave, said = row["messages"][2]["content"], row["messages"][3]["content"]
                assert computed(json.loads(call["arguments"])["expression"]) == gave
                assert said.endswith(f" is {gave}.")


def test_what_is_found_is_in_the_passages_and_of_nobody_in_the_town(world: World, rows: list[Row]) -> None:
    people = {person.name for person in world.people}
    for row in rows:
        text = json.dumps(row["messages"], ensure_ascii=False)
        assert not any(name in text for name in people)
        if [call["name"] for call in calls(row)] == ["search"]:
            assert row["messages"][2]["content"].count("source: ") in (1, 2, 3)


def test_held_out_questions_are_in_no_dialogue(world: World, rows: list[Row]) -> None:
    asked = held_out(world, 100, dice(7, "calls held out"))
    said = {turn["content"] for row in rows for turn in row["messages"]}
    assert len(asked) == 100
    assert not said & {one["question"] for one in asked}
    assert {one["tool"] for one in asked} == {"calculator", ""}


def test_they_are_an_option_that_leaves_all_else_as_it_is_and_can_be_added(tmp_path: Path) -> None:
    write_town(tmp_path / "plain", size="tiny")
    counts = write_town(tmp_path / "calls", size="tiny", calls=40)
    assert counts["calls"] == 40
    assert not (tmp_path / "plain" / "calls.jsonl").exists()
    for file in ("chats.jsonl", "answer_key.json"):
        assert (tmp_path / "plain" / file).read_bytes() == (tmp_path / "calls" / file).read_bytes()
    from glaswerk.data.source import add_chats

    lab = Lab.init(tmp_path / "lab", "x")
    added = add_chats(lab, [tmp_path / "calls" / "calls.jsonl"], name="calls", licence="CC0-1.0")
    assert added.stats["documents"] == 40
    lab.ledger.close()


@pytest.mark.parametrize("count", [-1, 100_001])
def test_a_number_of_calls_out_of_range_is_refused_and_nothing_written(tmp_path: Path, count: int) -> None:
    with pytest.raises(GlaswerkError, match=r"expected calls between 0 and 100,000"):
        write_town(tmp_path / "town", size="tiny", calls=count)
    assert not (tmp_path / "town").exists()
