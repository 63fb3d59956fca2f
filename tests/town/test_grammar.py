"""The text grammar: branches, placeholders, tidying, and what is wrong with a template."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glaswerk.town.grammar import (
    always_holds,
    capital,
    choose_branches,
    expand,
    plain_words,
    slug,
    template_problem,
    tidy,
    with_article,
)

words = st.text(st.characters(categories=["L"]), min_size=1, max_size=8)


def test_every_branch_is_picked_sooner_or_later() -> None:
    rng = Random(1)
    assert {choose_branches("[a|b|c]", rng) for _ in range(100)} == {"a", "b", "c"}


def test_nested_branches_are_resolved_innermost_first() -> None:
    rng = Random(2)
    found = {choose_branches("x[[1|2]|3]y", rng) for _ in range(100)}
    assert found == {"x1y", "x2y", "x3y"}


def test_a_template_without_brackets_draws_nothing() -> None:
    rng = Random(3)
    before = rng.getstate()
    assert choose_branches("no choice here", rng) == "no choice here"
    assert rng.getstate() == before


@given(st.lists(words, min_size=1, max_size=5), words, words)
def test_one_branch_takes_the_place_of_the_brackets(branches: list[str], before: str, after: str) -> None:
    template = f"{before}[{'|'.join(branches)}]{after}"
    assert choose_branches(template, Random(0)) in {before + branch + after for branch in branches}


@pytest.mark.parametrize(
    ("text", "tidied"),
    [
        ("two  spaces", "two spaces"),
        ("a , b", "a, b"),
        ("Ada Grubb, the baker,, waved", "Ada Grubb, the baker, waved"),
        ("Ask Ada Grubb, the baker,.", "Ask Ada Grubb, the baker."),
        ("Really?. Yes", "Really? Yes"),
        ("wait...", "wait..."),
        ("  ends  ", "ends"),
        ("line\nbreak", "line break"),
    ],
)
def test_tidy_repairs_where_optional_parts_met(text: str, tidied: str) -> None:
    assert tidy(text) == tidied


@given(st.text(st.sampled_from("aB ,.!?\n\t"), max_size=30))
def test_tidy_text_has_single_spaces_and_none_at_the_ends(text: str) -> None:
    found = tidy(text)
    assert found == " ".join(found.split())


def test_placeholders_are_filled_after_the_branches_are_picked() -> None:
    assert expand("[Hello|Hello] {name} .", Random(0), {"name": "[not|picked]"}) == "Hello [not|picked]."


def test_a_value_in_braces_is_not_filled_in_again() -> None:
    assert expand("{name}", Random(0), {"name": "{town}", "town": "Ostlebury"}) == "{town}"


@pytest.mark.parametrize(("text", "capitalised"), [("", ""), ("a", "A"), ("öl", "Öl"), ("3 men", "3 men")])
def test_capital_touches_the_first_character_only(text: str, capitalised: str) -> None:
    assert capital(text) == capitalised


def test_articles_follow_the_sound() -> None:
    nouns = ["baker", "electrician", "one-eyed cat", "owl"]
    assert [with_article(noun).split()[0] for noun in nouns] == ["a", "an", "a", "an"]


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("Ada Grubb", "ada-grubb"),
        ("The Copper Kettle!", "the-copper-kettle"),
        ("José Müller", "jose-muller"),
        ("Łódź", "odz"),
        ("ﬁne", "fine"),
        ("Анна", ""),
        ("--", ""),
    ],
)
def test_a_slug_has_letters_digits_and_single_hyphens(text: str, made: str) -> None:
    assert slug(text) == made


@given(st.text(max_size=40))
def test_a_slug_of_a_slug_is_the_same(text: str) -> None:
    assert slug(slug(text)) == slug(text)


def test_plain_words_make_two_phrasings_comparable() -> None:
    assert plain_words("Who's Ada?  Tell me!") == plain_words("who's ada tell me")


@pytest.mark.parametrize(
    "template",
    [
        "plain",
        "{name} lives on {v}.",
        "[a|b] and [|c]",
        "[a|[b|c]]",
        "[single]",
    ],
)
def test_good_templates_have_no_problem(template: str) -> None:
    assert template_problem(template, ("name", "v")) == ""


@pytest.mark.parametrize(
    ("template", "problem"),
    [
        ("[a|b", "'[' without ']'"),
        ("a|b]", "'|' only inside brackets"),
        ("a]", "']' without '['"),
        ("[[a]", "'[' without ']'"),
        ("a | b", "'|' only inside brackets"),
        ("{nmae}", "found {nmae}"),
        ("{}", "another brace"),
        ("{name", "another brace"),
        ("name}", "another brace"),
        ("{{name}}", "another brace"),
        ("{0}", "another brace"),
        ("{name.__class__}", "another brace"),
        ("{name!r}", "another brace"),
        ("{name:>999999999}", "another brace"),
        ("{name[0]}", "another brace"),
    ],
)
def test_a_bad_template_is_described(template: str, problem: str) -> None:
    assert problem in template_problem(template, ("name",))


@pytest.mark.parametrize("mark", "[|]")
def test_plain_text_may_hold_no_brackets(mark: str) -> None:
    assert f"found {mark!r}" in template_problem(f"a{mark}b", (), branches=False)


@given(st.text(st.sampled_from("[]|{}a_. "), max_size=20))
def test_a_template_without_a_problem_always_expands(template: str) -> None:
    if template_problem(template, ("a",)) == "":
        expanded = expand(template, Random(0), {"a": "x"})
        assert not set("[]{}|") & set(expanded)


@pytest.mark.parametrize(
    ("template", "held"),
    [
        ("{v}", True),
        ("[{v}|{a_v}]", True),
        ("[{v}|nothing]", False),
        ("[{v}|nothing] {a_v}", True),
        ("[a|[{v}|{a_v}]]", False),
        ("[{v}|[{v}|{a_v}]]", True),
        ("{vv}", False),
        ("v", False),
    ],
)
def test_a_placeholder_is_held_only_if_no_branch_leaves_it_out(template: str, held: bool) -> None:
    assert always_holds(template, ("v", "a_v")) is held
