"""Files edited at random: the loader says what is wrong, or they make an answer key."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from glaswerk.core.errors import GlaswerkError
from glaswerk.town.answer_key import answer_key
from glaswerk.town.dice import dice
from glaswerk.town.text import check_size, load_texts
from glaswerk.town.text.files import FILE_NAMES, SHIPPED
from glaswerk.town.truth.facts import build_facts, untuned_subjects
from glaswerk.town.truth.sizes import SIZES
from glaswerk.town.truth.world import build_world

LINES = ("", "x", "{name}", "[a|b]", "'''", "Ünïcode öß", "a | b", "x = 1", "[[voice]]", "# c", "😀 {v} {N}")
edits = st.tuples(
    st.sampled_from(("cut", "insert", "break", "swap")), st.integers(0, 400), st.integers(0, 60)
)


def edited(lines: list[str], kind: str, at: int, number: int) -> list[str]:
    """The lines after one edit at a line that exists."""
    at %= len(lines)
    if kind == "cut":
        return lines[:at] + lines[at + 1 + number % 12 :] or [""]
    if kind == "insert":
        return [*lines[:at], LINES[number % len(LINES)], *lines[at:]]
    if kind == "break":
        mark = "[]{}|'\"=#é\\ "[number % 12]
        return [*lines[:at], lines[at][:number] + mark + lines[at][number:], *lines[at + 1 :]]
    other = (at + number) % len(lines)
    swapped = list(lines)
    swapped[at], swapped[other] = lines[other], lines[at]
    return swapped


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(FILE_NAMES), st.lists(edits, min_size=1, max_size=3))
def test_a_random_edit_is_refused_with_a_hint_or_gives_an_answer_key(
    name: str, changes: list[tuple[str, int, int]]
) -> None:
    lines = (SHIPPED / name).read_text(encoding="utf-8").split("\n")
    for change in changes:
        lines = edited(lines, *change)
    size = SIZES["tiny"]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("\n".join(lines), encoding="utf-8")
        try:
            texts = load_texts(Path(folder))
            check_size(
                texts, people=size.people, places=size.places, events=size.events, rumours=size.rumours
            )
        except GlaswerkError as error:
            refused = error
        else:
            refused = None
    if refused is not None:
        assert refused.hint
        assert "expected" in refused.message
        return
    world = build_world(1, size, texts)
    facts = build_facts(world)
    key = answer_key(world, "tiny", facts, untuned_subjects(facts, 1), [], dice(1, "key"))
    assert len(key["facts"]) == len(facts)
